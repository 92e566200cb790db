"""Turns a topic and a scope into the call that answers it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from opsconsole.clock import Clock
from opsconsole.domain.scope import Scope
from opsconsole.domain.series import Panel
from opsconsole.domain.snapshot import Reading, SourceName
from opsconsole.domain.text import SafeText
from opsconsole.domain.time_range import TimeRange
from opsconsole.domain.trace import TraceList
from opsconsole.feeds.topic import Topic, TopicKind
from opsconsole.sources.protocols import LogSource, MetricSource, Sources, TraceSource

LOG_LINES = 300
"""Lines asked for at a time; 500 decode on the event loop in 4 ms, 10,000 stall it for 0.1 s."""
TRACE_LIMIT = 40
_AFTER_CURSOR = 30.0
"""Seconds after the time cursor that still belong to its moment; at least a sixtieth of the window."""

Question = Callable[[], Awaitable[Reading[Any]]]

SOURCE_OF = {
    TopicKind.ALERTS: SourceName.ALERTMANAGER,
    TopicKind.RULE_ALERTS: SourceName.PROMETHEUS,
    TopicKind.PANELS: SourceName.PROMETHEUS,
    TopicKind.PANEL: SourceName.PROMETHEUS,
    TopicKind.SERVICES: SourceName.PROMETHEUS,
    TopicKind.PODS: SourceName.KUBERNETES,
    TopicKind.CHANGES: SourceName.KUBERNETES,
    TopicKind.LOGS: SourceName.ELASTICSEARCH,
    TopicKind.LOG_HISTOGRAM: SourceName.ELASTICSEARCH,
    TopicKind.TRACES: SourceName.JAEGER,
}
OF_THE_WINDOW = frozenset({TopicKind.PANEL, TopicKind.LOGS, TopicKind.LOG_HISTOGRAM, TopicKind.TRACES})
"""Topics whose answer depends on the time window; the others always speak of now."""
DISCOVERY = frozenset({TopicKind.PANELS, TopicKind.SERVICES})
"""Topics that find out what there is; asked seldom."""


class Asker(msgspec.Struct, frozen=True):
    """Everything a question needs; `columns` is the number of samples across a chart."""

    sources: Sources
    scope: Scope
    clock: Clock
    columns: int
    configured_panels: tuple[Panel, ...] = ()

    def question(self, topic: Topic, panel: Panel | None = None) -> Question | None:
        """The call for `topic`, None when its source is not configured. `panel` goes with kind PANEL."""
        match topic.kind:
            case TopicKind.ALERTS:
                return self.sources.alerts.alerts if self.sources.alerts else None
            case TopicKind.PODS | TopicKind.CHANGES:
                return self._of_workloads(topic.kind)
            case TopicKind.LOGS | TopicKind.LOG_HISTOGRAM:
                return self._of_logs(self.sources.logs, topic.kind) if self.sources.logs else None
            case TopicKind.TRACES:
                return self._of_traces(self.sources.traces) if self.sources.traces else None
            case _:
                return self._of_metrics(self.sources.metrics, topic.kind, panel) if self.sources.metrics else None

    def _of_workloads(self, kind: TopicKind) -> Question | None:
        workloads = self.sources.workloads
        if workloads is None:
            return None
        selection = self.scope.selection
        if kind is TopicKind.PODS:
            return lambda: workloads.pods(selection)
        # What broke a service may have been done to another one.
        everywhere = msgspec.structs.replace(selection, service=None, pod=None)
        return lambda: workloads.changes(everywhere)

    def _of_logs(self, logs: LogSource, kind: TopicKind) -> Question:
        selection = self.scope.selection
        if kind is TopicKind.LOGS:
            return lambda: logs.newest(selection, self._span_at_cursor(), LOG_LINES)
        return lambda: logs.histogram(selection, self._span(), self.columns)

    def _of_traces(self, traces: TraceSource) -> Question:
        selection = self.scope.selection
        if selection.trace is not None:
            return lambda: self._one_trace(traces, selection.trace or SafeText(""))
        return lambda: traces.recent(selection, self._span_at_cursor(), TRACE_LIMIT)

    @staticmethod
    async def _one_trace(traces: TraceSource, trace_id: SafeText) -> Reading[TraceList]:
        reading = await traces.trace(trace_id)
        return Reading(TraceList((reading.value,)), reading.completeness)

    def _of_metrics(self, metrics: MetricSource, kind: TopicKind, panel: Panel | None) -> Question | None:
        selection = self.scope.selection
        if kind is TopicKind.PANEL and panel is not None:
            return lambda: metrics.read_panel(panel, selection, self._span(), self.columns)
        if kind is TopicKind.PANELS:
            return lambda: metrics.panels(self.configured_panels, selection)
        if kind is TopicKind.RULE_ALERTS:
            return metrics.rule_alerts
        return metrics.services if kind is TopicKind.SERVICES else None

    def _span_at_cursor(self) -> TimeRange:
        """The span up to a little after the cursor: the newest lines and traces of that moment, not of now.

        A selected trace is wanted whole, however long it took.
        """
        span = self._span()
        if self.scope.cursor is None or self.scope.selection.trace is not None:
            return span
        return TimeRange(span.start, min(span.end, self.scope.cursor + max(_AFTER_CURSOR, span.span / 60)))

    def _span(self) -> TimeRange:
        return self.scope.window.resolve(self.clock.now())
