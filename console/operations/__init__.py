"""Everything that can change a cluster: plan, check, confirm, record, send, verify."""
