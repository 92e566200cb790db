"""Which charts a service gets."""
