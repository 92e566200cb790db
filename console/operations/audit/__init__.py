"""The audit log: what was ordered and what became of it, recorded before anything is sent."""
