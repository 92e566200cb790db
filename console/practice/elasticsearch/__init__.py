"""Elasticsearch's HTTP API over the shop."""

from __future__ import annotations

from opsconsole.practice.elasticsearch.application import application

__all__ = ["application"]
