"""Alertmanager's API v2 over the rule engine."""

from opsconsole.practice.alertmanager.application import application

__all__ = ["application"]
