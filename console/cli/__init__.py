"""Commands and flags; importing this package imports nothing slow."""
