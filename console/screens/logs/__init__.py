"""The parts of the logs pane: what is asked, what is read on, and the views over it."""
