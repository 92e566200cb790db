"""Prometheus's HTTP API and rule engine over the shop."""

from opsconsole.practice.prometheus.application import application
from opsconsole.practice.prometheus.rule_engine import RuleEngine

__all__ = ["RuleEngine", "application"]
