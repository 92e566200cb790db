"""What Prometheus holds: names and labels, no samples."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from opsconsole.clock import Clock
from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.panels.template import promql_string
from opsconsole.sources.prometheus.bridge import QueryBridge

RECENT = 3600.0
"""Seconds back in which a series must have had a sample to count."""

LISTED_SERIES, LISTED_BYTES = 20_000, 4 * 1_048_576
"""What one listing may hold. Servers since 2.50 heed the first; the second ends an answer that goes on."""

LISTING_PAUSE = 3600.0
"""Seconds in which a server that had too much to list is asked through its index instead."""

DEFAULT_SCRAPE_INTERVAL = 15.0
"""Seconds; what most installations use, for servers that don't tell."""

_USUAL_LONGEST = 60.0
"""Seconds; Prometheus' default. Targets scraped less often don't widen everybody's rate window."""

_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}


class PrometheusInventory:
    """Answers discovery over a `QueryBridge`."""

    def __init__(self, bridge: QueryBridge, clock: Clock) -> None:
        """`clock` bounds how far back is looked."""
        self._bridge = bridge
        self._clock = clock
        self._no_listing_before = 0.0

    async def listing(self, metrics: frozenset[str]) -> Mapping[str, Mapping[str, frozenset[str]]] | None:
        """Labels and values by metric in one answer; None when there are too many series for one.

        Of histograms only the last bucket is listed, which every one of them has.
        """
        if self._clock.monotonic() < self._no_listing_before:
            return None
        buckets = {name for name in metrics if name.endswith("_bucket")}
        matches = [_selector(metrics - buckets), _selector(buckets, ',le="+Inf"')]
        params = {"match[]": matches, "limit": str(LISTED_SERIES)}
        end = datetime.fromtimestamp(self._clock.now(), UTC)
        start = end - timedelta(seconds=RECENT)
        try:
            listed, _ = await self._bridge.ask(
                lambda client: _listed(client.get_series(start, end, params=params)), LISTED_BYTES
            )
        except SourceError as error:
            if error.kind not in (ErrorKind.TOO_LARGE, ErrorKind.TIMEOUT, ErrorKind.NOT_FOUND, ErrorKind.UNSUPPORTED):
                raise
            listed = None
        if listed is None:
            self._no_listing_before = self._clock.monotonic() + LISTING_PAUSE
        return listed

    async def metric_names(self) -> frozenset[str]:
        """Names of all metrics with recent samples; of those that targets describe, where names can't be listed."""
        params = self._recently()
        try:
            names, _ = await self._bridge.ask(lambda client: client.get_label_values("__name__", params))
        except SourceError as error:
            if error.kind is not ErrorKind.NOT_FOUND:
                raise
            described, _ = await self._bridge.ask(lambda client: client.get_metric_metadata(""))
            names = [entry["metric_name"] for entry in described]
        return _strings(names)

    async def label_names(self, metric: str) -> frozenset[str]:
        """Labels on any recent series of `metric`."""
        params = self._recently(metric)
        names, _ = await self._bridge.ask(lambda client: client.get_label_names(params))
        return _strings(names)

    async def label_values(self, label: str, metric: str) -> frozenset[str]:
        """Values of `label` on the recent series of `metric`."""
        params = self._recently(metric)
        values, _ = await self._bridge.ask(lambda client: client.get_label_values(label, params))
        return _strings(values)

    async def scrape_intervals(self) -> tuple[float, float]:
        """Seconds between samples: of the most often scraped target, and of the least often scraped usual one."""
        try:
            found, _ = await self._bridge.ask(_scrape_intervals)
        except SourceError as error:
            # Stores that answer queries for many servers have no targets of their own.
            if error.kind not in (ErrorKind.NOT_FOUND, ErrorKind.UNSUPPORTED, ErrorKind.FORBIDDEN, ErrorKind.MALFORMED):
                raise
            found = []
        if not found:
            return DEFAULT_SCRAPE_INTERVAL, DEFAULT_SCRAPE_INTERVAL
        return min(found), max((each for each in found if each <= _USUAL_LONGEST), default=min(found))

    def _recently(self, metric: str | None = None) -> dict[str, Any]:
        now = self._clock.now()
        params: dict[str, Any] = {"start": f"{now - RECENT:.0f}", "end": f"{now:.0f}"}
        if metric is not None:
            params["match[]"] = f"{{__name__={promql_string(metric)}}}"
        return params


def _strings(found: Any) -> frozenset[str]:
    return frozenset(each for each in found or () if isinstance(each, str))


def _selector(metrics: Iterable[str], more: str = "") -> str:
    return f"{{__name__=~{promql_string('|'.join(sorted(metrics)))}{more}}}"


def _listed(series: list[dict[str, str]]) -> dict[str, dict[str, frozenset[str]]] | None:
    if len(series) >= LISTED_SERIES:
        return None
    found: dict[str, dict[str, set[str]]] = {}
    for labels in series:
        known = found.setdefault(labels["__name__"], {})
        for name, value in labels.items():
            known.setdefault(name, set()).add(value)
    return {metric: {name: frozenset(values) for name, values in labels.items()} for metric, labels in found.items()}


def _scrape_intervals(client: Any) -> list[float]:
    targets = client.get_targets(state="active")["activeTargets"] or ()
    texts = {target.get("scrapeInterval", "") for target in targets}
    return [seconds for text in texts if (seconds := duration_seconds(text)) > 0]


def duration_seconds(text: str) -> float:
    """Seconds in a duration of Prometheus such as `1m30s` or `500ms`; 0 when it is none."""
    rest, total = text, 0.0
    while rest:
        number = rest[: len(rest) - len(rest.lstrip("0123456789"))]
        rest = rest[len(number) :]
        unit = "ms" if rest.startswith("ms") else rest[:1]
        if not number or unit not in _SECONDS:
            return 0.0
        total += int(number) * _SECONDS[unit]
        rest = rest[len(unit) :]
    return total
