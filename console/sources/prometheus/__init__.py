"""Prometheus, and what speaks its HTTP API."""

from opsconsole.sources.prometheus.source import PrometheusSource

__all__ = ["PrometheusSource"]
