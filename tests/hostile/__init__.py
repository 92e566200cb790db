"""Hostile input, numbered by what it stands for; every test of it takes it from here."""
