"""What a practice shop logged and traced, written into real servers: the same questions must find the same there."""

from __future__ import annotations

from opsconsole.clock import SystemClock
from opsconsole.practice.elasticsearch import documents
from opsconsole.practice.jaeger.spans import traces_data
from opsconsole.practice.scenarios import scenario_named
from opsconsole.practice.shop.shop import Shop
from servers.elasticsearch import Elasticsearch
from servers.jaeger import Jaeger
from servers.loading import load_lines, load_spans

HISTORY = 1800.0
"""Seconds up to now that are copied."""


def copy_practice_shop(
    scenario: str, elasticsearch: Elasticsearch, jaeger: Jaeger, *, index: str, seed: int = 7
) -> None:
    """Write the last HISTORY seconds of a shop in trouble by `scenario` into both; nothing is added later."""
    clock = SystemClock()
    shop = Shop(scenario_named(scenario), seed, clock.now(), clock)
    end = shop.now()
    lines = shop.logs(end - HISTORY, end)
    load_lines(elasticsearch, ((line.id, documents.source(line)) for line in lines), index=index)
    # Jaeger finds the newest first by the time it was sent, as it would be in life.
    oldest_first = sorted(shop.traces(end - HISTORY, end), key=lambda trace: trace.start)
    load_spans(jaeger, traces_data(oldest_first)["resourceSpans"])
