"""Prometheus's HTTP API and rule engine over the shop."""
