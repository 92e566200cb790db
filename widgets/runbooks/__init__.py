"""Runbooks: the steps of a walk, and a runbook as it is offered."""
