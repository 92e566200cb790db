"""Incident records: the store, the timeline that writes itself, and what is made of it afterwards."""
