"""Screens put panes, widgets and feeds together."""
