"""Jaeger's query service over the shop."""

from __future__ import annotations

from opsconsole.practice.jaeger.application import application

__all__ = ["application"]
