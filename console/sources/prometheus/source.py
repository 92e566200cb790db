"""Prometheus as the console's source of metrics and of the rules' alerts."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec

from opsconsole.clock import Clock
from opsconsole.domain.alert import Alert
from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.domain.probe_counters import ProbeCounters
from opsconsole.domain.selection import Selection
from opsconsole.domain.series import Exemplar, Panel, PanelList, PanelReading, Series
from opsconsole.domain.snapshot import Completeness, Reading, SourceName
from opsconsole.domain.text import SafeText
from opsconsole.domain.time_range import TimeRange
from opsconsole.panels.discovery import Catalogue, discover
from opsconsole.panels.template import Variables, rate_interval, render
from opsconsole.safe_text import safe_text
from opsconsole.sources.prometheus.bridge import QueryBridge
from opsconsole.sources.prometheus.envelope import EXPLAINED_STATUSES, Envelope, opened
from opsconsole.sources.prometheus.inventory import PrometheusInventory
from opsconsole.sources.prometheus.matrix import exemplars, foremost, matrix, vector
from opsconsole.sources.prometheus.probe_counters import counter_query, counters_of
from opsconsole.sources.prometheus.rules import RuleAlerts, RuleGroups, alert, alerts_of_rules
from opsconsole.sources.protocols import Health
from opsconsole.sources.wire import Answer, Wire

T = TypeVar("T")

CATALOGUE_AGE = 55.0
"""Seconds a found catalogue serves; just under the feeds' interval for discovery, so that each round looks anew."""

EMPTY_CATALOGUE_AGE = 5.0
"""The same for a catalogue without panels: a server that has just started."""


class _Found(msgspec.Struct, frozen=True):
    """What discovery found, and when (monotonic seconds)."""

    catalogue: Catalogue
    finest: float
    coarsest: float
    at: float


class PrometheusSource:
    """Metrics over `wire`: queries by `prometheus-api-client`, the rest of the API directly."""

    name = SourceName.PROMETHEUS

    def __init__(self, wire: Wire, clock: Clock) -> None:
        """Nothing is sent before the first question."""
        self._wire = wire
        self._clock = clock
        self._bridge = QueryBridge(wire)
        self._inventory = PrometheusInventory(self._bridge, clock)
        self._found: _Found | None = None
        self._finding = asyncio.Lock()
        self._has_exemplars = True

    async def health(self) -> Health:
        """Version and latency by the build information, which also proves that it is Prometheus' API.

        The identity is the store's name where it has one (Mimir's `application`), else how long it keeps samples.
        """
        missing: tuple[SafeText, ...] = ()
        build: dict[str, Any] = {}
        try:
            answer = await self._get("/api/v1/status/buildinfo")
            build = _mapping(opened(answer).data)
        except SourceError as error:
            if error.kind is not ErrorKind.NOT_FOUND:
                raise
            # Stores that speak the query API need not have it; a query proves them, too.
            answer = await self._get("/api/v1/query", query="1")
            opened(answer)
            missing = (SafeText("its version"),)
        return Health(
            self.name,
            safe_text(self._wire.url),
            version=safe_text(str(build.get("version", "")), 100),
            identity=safe_text(str(build.get("application") or await self._retention()), 100),
            latency=answer.latency,
            clock_skew=answer.clock_skew,
            missing=missing,
        )

    async def panels(self, configured: tuple[Panel, ...], selection: Selection) -> Reading[PanelList]:
        """Default panels with series of the selected service, then `configured`, and what was looked for in vain."""
        catalogue = (await self._discovered()).catalogue
        return Reading(PanelList((*catalogue.panels(selection.service), *configured), catalogue.missing))

    async def services(self) -> Reading[tuple[SafeText, ...]]:
        """Names of the services with a default panel of their own, sorted."""
        return Reading((await self._discovered()).catalogue.services)

    async def read_panel(
        self, panel: Panel, selection: Selection, span: TimeRange, columns: int
    ) -> Reading[PanelReading]:
        """The panel's series over `span` at a step from the ladder, both ends on multiples of it.

        A panel that asks for more than the server computes raises BAD_QUERY or TIMEOUT in the
        server's words; its warnings become the completeness' notes.
        """
        found = await self._discovered()
        step = span.step(columns, floor=found.finest)
        aligned = span.aligned(step)
        window = rate_interval(step, found.coarsest)
        query = render(panel.query, Variables(selection.service, selection.namespace, selection.pod, step, window))
        params = {
            "start": f"{aligned.start:.3f}",
            "end": f"{aligned.end:.3f}",
            "step": f"{step:g}",
            "timeout": f"{max(1, int(self._wire.timeout))}s",
        }
        start, end = (datetime.fromtimestamp(moment, UTC) for moment in (aligned.start, aligned.end))
        answer = self._bridge.ask(
            lambda client: matrix(
                client.custom_query_range(query, start, end, f"{step:g}", params=params), panel.legend
            )
        )
        (drawn, warnings), kept = await asyncio.gather(answer, self._exemplars(query, aligned))
        reading = PanelReading(panel, drawn.series, step, safe_text(query, 100_000), kept)
        return Reading(reading, Completeness(notes=(*warnings, *drawn.notes)))

    async def instant(self, query: str, at: float) -> Reading[tuple[Series, ...]]:
        """The answer of one instant query; the server's warnings become the completeness' notes."""
        params = {"time": f"{at:.3f}", "timeout": f"{max(1, int(self._wire.timeout))}s"}
        found, warnings = await self._bridge.ask(lambda client: vector(client.custom_query(query, params=params)))
        return Reading(found.series, Completeness(notes=(*warnings, *found.notes)))

    async def rule_alerts(self) -> Reading[tuple[Alert, ...]]:
        """Pending and firing alerts of all rules; a rule that can't be evaluated is a note."""
        try:
            envelope = opened(await self._get("/api/v1/rules", type="alert"))
            alerts, notes = alerts_of_rules(self._converted(envelope, RuleGroups))
        except SourceError as error:
            if error.kind is not ErrorKind.NOT_FOUND:
                raise
            envelope = opened(await self._get("/api/v1/alerts"))
            raised = self._converted(envelope, RuleAlerts).alerts or ()
            alerts, notes = tuple(alert(each) for each in raised if each.state in ("firing", "pending")), ()
        ordered = tuple(sorted(alerts, key=lambda each: each.order))
        return Reading(ordered, Completeness(notes=(*envelope.notes, *notes)))

    async def probe_counters(self, pod_uids: tuple[SafeText, ...], span: float) -> Reading[ProbeCounters]:
        """Readings of `prober_probe_total` in the last `span` seconds for these pods; none where it is not scraped."""
        query = counter_query(pod_uids, span)
        if not query:
            return Reading(ProbeCounters())
        counters, warnings = await self._bridge.ask(lambda client: counters_of(client.custom_query(query)))
        return Reading(counters, Completeness(notes=warnings))

    async def close(self) -> None:
        """Give back connections and worker threads."""
        self._bridge.close()
        await self._wire.close()

    async def _retention(self) -> str:
        """How long samples are kept, in words; nothing where the server does not tell."""
        try:
            runtime = _mapping(opened(await self._get("/api/v1/status/runtimeinfo")).data)
        except SourceError:
            return ""
        return f"keeps {kept}" if (kept := runtime.get("storageRetention")) else ""

    async def _discovered(self) -> _Found:
        async with self._finding:
            found = self._found
            if found is not None:
                age = CATALOGUE_AGE if found.catalogue.found else EMPTY_CATALOGUE_AGE
                if self._clock.monotonic() - found.at < age:
                    return found
            catalogue, (finest, coarsest) = await asyncio.gather(
                discover(self._inventory), self._inventory.scrape_intervals()
            )
            self._found = _Found(catalogue, finest, coarsest, self._clock.monotonic())
            return self._found

    async def _exemplars(self, query: str, span: TimeRange) -> tuple[Exemplar, ...]:
        """Exemplars of a query over histogram buckets; none where the server keeps none."""
        if not self._has_exemplars or "_bucket" not in query:
            return ()
        form = {"query": query, "start": f"{span.start:.3f}", "end": f"{span.end:.3f}"}
        try:
            answer = await self._wire.request("POST", "/api/v1/query_exemplars", form=form, accept=EXPLAINED_STATUSES)
            return foremost(exemplars(opened(answer).data or []), span)
        except (KeyError, TypeError, ValueError, AttributeError):
            return ()
        except SourceError as error:
            if error.kind in (ErrorKind.NOT_FOUND, ErrorKind.UNSUPPORTED):
                self._has_exemplars = False
            return ()

    async def _get(self, path: str, **params: str) -> Answer:
        return await self._wire.request("GET", path, params=params, accept=EXPLAINED_STATUSES)

    def _converted(self, envelope: Envelope, kind: type[T]) -> T:
        try:
            return msgspec.convert(envelope.data, kind)
        except (msgspec.ValidationError, RecursionError) as error:
            raise SourceError(ErrorKind.MALFORMED, self._wire.source, safe_text(error, 200)) from error


def _mapping(data: Any) -> dict[str, Any]:
    return data if isinstance(data, dict) else {}
