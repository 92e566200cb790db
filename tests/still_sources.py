"""Sources that answer from memory: what a test puts in is what the console is told."""

from __future__ import annotations

import msgspec

from opsconsole.domain.alert import Alert
from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.domain.log_record import LogBucket, LogLevel, LogPage
from opsconsole.domain.pod import Change, ChangeKind, ChangeList, PodList
from opsconsole.domain.scope import Selection
from opsconsole.domain.series import Panel, PanelList, PanelReading, Series, Severity, Threshold, Unit
from opsconsole.domain.snapshot import Reading, SourceName
from opsconsole.domain.text import SafeText
from opsconsole.domain.time_range import TimeRange
from opsconsole.domain.trace import Trace, TraceList
from opsconsole.sources.protocols import Health, Sources
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


class StillSource:
    """One backend of every kind at once. `failing` holds the error each kind of source raises."""

    def __init__(self, name: SourceName) -> None:
        self.name = name
        self.failing: SourceError | None = None
        self.asked: list[tuple[str, object]] = []
        self.alert_list: tuple[Alert, ...] = ALERTS
        self.log_page: LogPage = LOGS
        self.trace_list: TraceList = TRACES
        self.pod_list: PodList = PODS
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

    async def rule_alerts(self) -> Reading[tuple[Alert, ...]]:
        self._heard("rule alerts")
        return Reading(())

    async def alerts(self) -> Reading[tuple[Alert, ...]]:
        self._heard("alerts")
        return Reading(self.alert_list)

    async def newest(self, selection: Selection, span: TimeRange, limit: int) -> Reading[LogPage]:
        self._heard("logs", (selection, span, limit))
        return Reading(self.log_page)

    async def histogram(self, selection: Selection, span: TimeRange, columns: int) -> Reading[LogPage]:
        self._heard("histogram", (selection, span, columns))
        bucket = LogBucket(span.start, {LogLevel.INFO: 10, LogLevel.ERROR: 4})
        return Reading(LogPage((), self.log_page.total, buckets=(bucket,), bucket_width=60.0))

    async def recent(self, selection: Selection, span: TimeRange, limit: int) -> Reading[TraceList]:
        self._heard("traces", (selection, span, limit))
        return Reading(self.trace_list)

    async def trace(self, trace_id: SafeText) -> Reading[Trace]:
        self._heard("trace", trace_id)
        for trace in self.trace_list.traces:
            if trace.trace_id == trace_id:
                return Reading(trace)
        raise SourceError(ErrorKind.NOT_FOUND, self.name.value)

    async def pods(self, selection: Selection) -> Reading[PodList]:
        self._heard("pods", selection)
        return Reading(self.pod_list)

    async def changes(self, selection: Selection) -> Reading[ChangeList]:
        self._heard("changes", selection)
        return Reading(CHANGES)


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
