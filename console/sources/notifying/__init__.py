"""Telling somebody of an incident over the network: webhooks and mail."""
