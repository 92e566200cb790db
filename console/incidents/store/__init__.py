"""Incidents on this machine: one SQLite file in the user's state folder, which several consoles may share."""
