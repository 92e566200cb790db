"""Drills: practising on a cluster that breaks, and what there is to learn from it afterwards."""
