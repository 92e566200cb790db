"""Incidents drawn: the timeline, the list, the clock of the header."""
