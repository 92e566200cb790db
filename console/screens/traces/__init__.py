"""Views of traces over the panes."""
