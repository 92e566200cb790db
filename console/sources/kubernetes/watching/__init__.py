"""Lists kept up to date by watching."""
