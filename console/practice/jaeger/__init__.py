"""Jaeger's query service's HTTP API over the shop."""
