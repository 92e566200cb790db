"""The practice cluster: a shop that breaks, served over the real wire formats."""
