"""Incidents on the screen: opening one, its own screen, the list of all."""
