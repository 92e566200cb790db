"""Runbooks on the screen: those that fit, and the walk beside the panes."""
