"""Sources that answer from memory: what a test puts in is what the console is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import msgspec

from opsconsole.domain.alert import Alert
from opsconsole.domain.cluster_object import Kind, ObjectRef
from opsconsole.domain.container_log import LogBatch, LogRequest
from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.domain.log_query import FieldValue, LogSearch
from opsconsole.domain.log_record import LogBucket, LogLevel, LogPage, LogRecord, TailBatch
from opsconsole.domain.node import NodeList
from opsconsole.domain.pod import Change, ChangeKind, ChangeList, PodList
from opsconsole.domain.pod_description import DescribedCondition, DescribedContainer, DescribedEvent, PodDescription
from opsconsole.domain.probe_counters import ProbeCounters
from opsconsole.domain.selection import Selection
from opsconsole.domain.series import Panel, PanelList, PanelReading, Series, Severity, Threshold, Unit
from opsconsole.domain.snapshot import WHOLE, Reading, SourceName
from opsconsole.domain.text import SafeText
from opsconsole.domain.time_range import TimeRange
from opsconsole.domain.topology import Topology
from opsconsole.domain.trace import Trace, TraceList
from opsconsole.domain.trace_query import TraceSearch
from opsconsole.domain.workload import WorkloadList
from opsconsole.sources.protocols import Health, Sources, Watched
from widget_samples import ALERTS, LOGS, NOW, PODS, TRACES

PANELS = (
    Panel("requests", SafeText("requests/s"), "q", Unit.PER_SECOND),
    Panel("errors", SafeText("errors"), "q", Unit.RATIO, thresholds=(Threshold(0.05, Severity.CRITICAL),)),
    Panel("goroutines", SafeText("goroutines"), "q", thresholds=(Threshold(1000.0),)),
)
VALUES = {"requests": 412.0, "errors": 0.081, "goroutines": 42.0}
CHANGES = ChangeList(
    (Change(NOW - 360, ChangeKind.DEPLOY, SafeText("shop"), SafeText("checkout"), SafeText("deploy checkout v1.9.0")),)
)
DESCRIPTION = PodDescription(
    ObjectRef(Kind.POD, SafeText("shop"), SafeText("checkout-7d9f8b6c5-abcde")),
    SafeText("Running"),
    events=(DescribedEvent(True, SafeText("Unhealthy"), SafeText("Liveness probe failed: 500"), 2, NOW - 60, NOW - 2),),
    conditions=(DescribedCondition(SafeText("Ready"), SafeText("False"), SafeText("ContainersNotReady")),),
    containers=(DescribedContainer(SafeText("app"), SafeText("container"), SafeText("shop/checkout:v1.9.0")),),
    owners=(SafeText("ReplicaSet checkout-7d9f8b6c5"), SafeText("Deployment checkout")),
)
MANIFEST = (SafeText("apiVersion: v1"), SafeText("kind: Pod"))


class StillReader:
    """Pages of a `StillSource`: first its page, then its older ones."""

    def __init__(self, source: StillSource, search: LogSearch) -> None:
        self._source = source
        self._search = search
        self._pages = [source.log_page, *source.older_pages]

    async def older(self, limit: int) -> Reading[LogPage]:
        self._source._heard("older", (self._search, limit))
        page = self._pages.pop(0) if self._pages else LogPage((), 0)
        return Reading(msgspec.structs.replace(page, exhausted=not self._pages))

    async def close(self) -> None:
        self._source.asked.append(("close reader", self._search))


class StillSource:
    """One backend of every kind at once. `failing` holds the error each kind of source raises."""

    def __init__(self, name: SourceName) -> None:
        self.name = name
        self.failing: SourceError | None = None
        self.asked: list[tuple[str, object]] = []
        self.instant_values: tuple[float, ...] = ()
        self.completeness = WHOLE
        self.alert_list: tuple[Alert, ...] = ALERTS
        self.log_page: LogPage = LOGS
        self.older_pages: tuple[LogPage, ...] = ()
        self.tail_batches: tuple[TailBatch, ...] = ()
        self.browser_link: SafeText | None = None
        self.topology = Topology(())
        self.trace_list: TraceList = TRACES
        self.pod_list: PodList = PODS
        self.change_list: ChangeList = CHANGES
        self.workload_list = WorkloadList(())
        self.node_list = NodeList(())
        self.description: PodDescription = DESCRIPTION
        self.manifest_lines: tuple[SafeText, ...] = MANIFEST
        self.log_batches: dict[SafeText, tuple[LogBatch, ...]] = {}
        self.panel_list: tuple[Panel, ...] = PANELS
        self.labels: dict[SafeText, SafeText] = {SafeText("pod"): SafeText("checkout-7d9f8b6c5-abcde")}

    def _heard(self, question: str, about: object = None) -> None:
        self.asked.append((question, about))
        if self.failing is not None:
            raise self.failing

    async def health(self) -> Health:
        self._heard("health")
        return Health(self.name, SafeText("memory"))

    async def close(self) -> None:
        self.asked.append(("close", None))

    async def panels(self, configured: tuple[Panel, ...], selection: Selection) -> Reading[PanelList]:
        self._heard("panels", selection)
        return Reading(PanelList((*self.panel_list, *configured)))

    async def read_panel(
        self, panel: Panel, selection: Selection, span: TimeRange, columns: int
    ) -> Reading[PanelReading]:
        self._heard("panel", (panel.id, selection, span))
        step = span.step(columns)
        times = tuple(span.start + step * number for number in range(int(span.span / step) + 1))
        values = tuple(VALUES.get(panel.id, 1.0) for _ in times)
        series = Series(self.labels, times, values, next(iter(self.labels.values())))
        return Reading(PanelReading(panel, (series,), step, SafeText("q")))

    async def services(self) -> Reading[tuple[SafeText, ...]]:
        self._heard("services")
        return Reading((SafeText("checkout"), SafeText("orders"), SafeText("payments")))

    async def instant(self, query: str, at: float) -> Reading[tuple[Series, ...]]:
        self._heard("instant", (query, at))
        return Reading(tuple(Series({}, (at,), (value,)) for value in self.instant_values), self.completeness)

    async def rule_alerts(self) -> Reading[tuple[Alert, ...]]:
        self._heard("rule alerts")
        return Reading(())

    async def alerts(self) -> Reading[tuple[Alert, ...]]:
        self._heard("alerts")
        return Reading(self.alert_list)

    async def newest(self, search: LogSearch, limit: int) -> Reading[LogPage]:
        self._heard("logs", (search, limit))
        return Reading(self.log_page)

    async def histogram(self, search: LogSearch, columns: int) -> Reading[LogPage]:
        self._heard("histogram", (search, columns))
        bucket = LogBucket(search.span.start, {LogLevel.INFO: 10, LogLevel.ERROR: 4})
        return Reading(LogPage((), self.log_page.total, buckets=(bucket,), bucket_width=60.0))

    def reader(self, search: LogSearch) -> StillReader:
        return StillReader(self, search)

    async def tail(self, search: LogSearch, after: float) -> AsyncGenerator[TailBatch, None]:
        self.asked.append(("tail", (search, after)))
        for batch in self.tail_batches:
            yield batch
        await asyncio.Event().wait()

    async def around(self, record: LogRecord, selection: Selection, lines: int) -> Reading[LogPage]:
        self._heard("around", (record, selection, lines))
        return Reading(self.log_page)

    async def values(self, search: LogSearch, field: SafeText, limit: int) -> Reading[tuple[FieldValue, ...]]:
        self._heard("values", (search, field, limit))
        return Reading((FieldValue(SafeText("checkout"), 7),))

    def link(self, search: LogSearch) -> SafeText | None:
        del search
        return self.browser_link

    async def search(self, search: TraceSearch, limit: int) -> Reading[TraceList]:
        self._heard("traces", (search, limit))
        return Reading(self.trace_list)

    async def operations(self, service: SafeText) -> Reading[tuple[SafeText, ...]]:
        self._heard("operations", service)
        spans = (span for trace in self.trace_list.traces for span in trace.spans)
        return Reading(tuple(sorted({span.operation for span in spans if span.service == service})))

    async def dependencies(self, span: TimeRange) -> Reading[Topology]:
        self._heard("dependencies", span)
        return Reading(self.topology)

    async def trace(self, trace_id: SafeText) -> Reading[Trace]:
        self._heard("trace", trace_id)
        for trace in self.trace_list.traces:
            if trace.trace_id == trace_id:
                return Reading(trace)
        raise SourceError(ErrorKind.NOT_FOUND, self.name.value)

    async def pods(self, selection: Selection) -> Reading[PodList]:
        self._heard("pods", selection)
        return Reading(self.pod_list)

    def watch(self) -> None:
        self.asked.append(("watch", None))

    async def changed(self, what: Watched, seen: int) -> int:  # noqa: ARG002  - it stands still
        return await asyncio.get_running_loop().create_future()

    async def workloads(self, selection: Selection) -> Reading[WorkloadList]:
        self._heard("workloads", selection)
        return Reading(self.workload_list)

    async def nodes(self) -> Reading[NodeList]:
        self._heard("nodes")
        return Reading(self.node_list)

    async def probe_counters(self, about: object, _more: object) -> Reading[ProbeCounters]:
        self._heard("probe counters", about)
        return Reading(ProbeCounters(note=SafeText("nobody counts here")))

    async def changes(self, selection: Selection) -> Reading[ChangeList]:
        self._heard("changes", selection)
        return Reading(self.change_list)

    async def describe(self, ref: ObjectRef) -> Reading[PodDescription]:
        self._heard("describe", ref)
        return Reading(self.description)

    async def manifest(self, ref: ObjectRef, *, whole: bool = False) -> Reading[tuple[SafeText, ...]]:
        self._heard("manifest", (ref, whole))
        return Reading(self.manifest_lines)

    async def log_lines(self, asked: LogRequest) -> AsyncGenerator[LogBatch, None]:
        self.asked.append(("log lines", asked))
        for batch in self.log_batches.get(asked.container, ()):
            yield batch


class Backends(msgspec.Struct):
    """The five of them, by name."""

    metrics: StillSource
    alerts: StillSource
    logs: StillSource
    traces: StillSource
    workloads: StillSource

    def sources(self, *without: str) -> Sources:
        """As the console takes them, less those not configured."""
        return Sources(**{name: None if name in without else getattr(self, name) for name in self.__struct_fields__})


def backends() -> Backends:
    """Five healthy backends of the shop in trouble."""
    return Backends(
        StillSource(SourceName.PROMETHEUS),
        StillSource(SourceName.ALERTMANAGER),
        StillSource(SourceName.ELASTICSEARCH),
        StillSource(SourceName.JAEGER),
        StillSource(SourceName.KUBERNETES),
    )
