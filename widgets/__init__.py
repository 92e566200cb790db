"""Widgets that draw domain values and know nothing else."""
