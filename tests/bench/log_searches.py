"""What a search and a scroll through a million lines cost in the console, and what the server alone takes for them."""

from __future__ import annotations

import asyncio
import statistics
import time
from pathlib import Path
from typing import Any

import httpx

from bench.budgets import Figure, KeyPaint, key_figures
from bench.log_screen import PAGE_UP, configuration, cursor, open_logs, search
from bench.log_store import INDEX, Store
from bench.measure import SIZE, command
from bench.painted import Painted
from bench.terminal import Terminal
from opsconsole.clock import SystemClock
from opsconsole.config.settings import ElasticsearchSettings
from opsconsole.domain.log_query import LogQuery, LogSearch
from opsconsole.domain.selection import Selection
from opsconsole.domain.text import SafeText
from opsconsole.domain.time_range import TimeRange
from opsconsole.feeds.questions import LOG_LINES
from opsconsole.sources.elasticsearch.query import between, newest_body, restrict
from opsconsole.sources.elasticsearch.server import LogServer
from opsconsole.sources.wire import ELASTICSEARCH_READS, Wire

SEARCHES = (
    "timeout", "refused", "deadlock", "certificate", "declined", "panic",
    "quota", "authorised", "slow", "exhausted", "migration", "authenticated",
)  # fmt: skip
"""Words of which each is in the lines of one message alone: from one line in ten to one in ten thousand."""

SCROLLED = 10_000
REPEAT = 1 / 30
"""Seconds between two keys of one that is held down."""

_WARMING = "expires"
_ASKED_ALONE = 5


def log_figures(store: Store, elasticsearch: str, folder: Path) -> list[Figure]:
    """Searches and scrolling of one console on the whole million."""
    hours = int((time.time() - store.end) / 3600) + 25
    environment = configuration(folder, elasticsearch, INDEX)
    with Terminal([*command(), "--since", f"{hours}h"], SIZE, environment) as terminal:
        painted = open_logs(terminal, "INFO")
        search(terminal, painted, _WARMING)
        seen = [search(terminal, painted, words) for words in SEARCHES]
        alone = [server_time(elasticsearch, words, hours * 3600.0) for words in SEARCHES]
        over = [one.page - trip for one, (trip, _) in zip(seen, alone, strict=True)]
        spent = [max(0.0, seconds - one.starved) for seconds, one in zip(over, seen, strict=True)]
        return [
            Figure("1,000,000 lines: search to first row", "ms", [1000 * one.first for one in seen]),
            Figure("1,000,000 lines: search to first page", "ms", [1000 * one.page for one in seen]),
            Figure("1,000,000 lines: the server's answer alone", "ms", [1000 * trip for trip, _ in alone]),
            Figure("1,000,000 lines: what the server says it took", "ms", [1000 * took for _, took in alone]),
            Figure("1,000,000 lines: first page, server's answer off", "ms", [1000 * one for one in over]),
            Figure("1,000,000 lines: the same, waits for a processor off", "ms", [1000 * one for one in spent]),
            *_scrolling(terminal, painted),
            Figure("1,000,000 lines: resident memory", "MB", [terminal.resident_bytes / 1e6]),
        ]


def _scrolling(terminal: Terminal, painted: Painted) -> list[Figure]:
    """All lines again, then `PageUp` held down until `SCROLLED` lines are behind."""
    terminal.send(b"\x1b")
    search(terminal, painted, "GET")
    terminal.send(b"k")
    painted.settle(0.3)
    page = sum(bool(row.strip()) for row in painted.rows) - 4
    paints: list[KeyPaint] = []
    for _ in range(SCROLLED // page + 1):
        began = time.monotonic()
        seconds = painted.answer(PAGE_UP, cursor)
        paints += [] if seconds is None else [(seconds, painted.starved)]
        terminal.watch(max(0.0, began + REPEAT - time.monotonic()))
    return [
        *key_figures("scrolling back 10,000 lines: key to paint", paints),
        Figure("scrolling back: keys that had to wait for lines", "keys", [float(SCROLLED // page + 1 - len(paints))]),
    ]


def server_time(elasticsearch: str, words: str, since: float) -> tuple[float, float]:
    """Medians of the round trip of the console's own request by a plain client, and of the server's `took`; seconds."""
    body = asyncio.run(_body(elasticsearch, words, since))
    trips, took = [], []
    with httpx.Client(base_url=elasticsearch, trust_env=False, timeout=60.0) as client:
        for _ in range(_ASKED_ALONE):
            began = time.monotonic()
            answer = client.post(f"/{INDEX}/_search", json=body)
            trips.append(time.monotonic() - began)
            took.append(answer.raise_for_status().json()["took"] / 1000)
    return statistics.median(trips), statistics.median(took)


async def _body(elasticsearch: str, words: str, since: float) -> dict[str, Any]:
    """The request of the console for that search, made by the console's own code."""
    clock = SystemClock()
    wire = Wire("elasticsearch", ElasticsearchSettings(elasticsearch, index=INDEX), clock, ELASTICSEARCH_READS)
    server = LogServer(wire, INDEX, clock, {})
    try:
        span = TimeRange(clock.now() - since, clock.now())
        asked = LogSearch(Selection(SafeText("logs")), span, LogQuery(words=SafeText(words)))
        fields = await server.fields(asked)
        restriction = restrict(asked, fields)
        return newest_body(restriction.query(between(span)), fields, LOG_LINES, wire.timeout)
    finally:
        await server.close()
