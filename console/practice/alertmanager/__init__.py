"""Alertmanager's API v2 over the rule engine."""
