"""One pod read whole: described, as YAML, and what its containers write."""
