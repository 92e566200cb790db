"""The API server's HTTP API over the shop."""

from __future__ import annotations

from opsconsole.practice.kubernetes.application import application

__all__ = ["application"]
