"""How probes fare, from counters, events and status."""
