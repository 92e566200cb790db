module opsconsole-tests/pause

go 1.24
