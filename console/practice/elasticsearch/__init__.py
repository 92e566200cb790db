"""Elasticsearch's HTTP API over the shop."""
