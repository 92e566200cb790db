"""A drill in the console: its clock, its end, and how it went."""
