"""Walking through a runbook: one step at hand, each result in the record before the walk goes on."""
