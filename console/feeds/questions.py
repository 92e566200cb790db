"""Turns a topic and a scope into the call that answers it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import msgspec

from opsconsole.clock import Clock
from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.domain.log_query import LogSearch
from opsconsole.domain.scope import Scope
from opsconsole.domain.series import Panel
from opsconsole.domain.snapshot import Reading, SourceName
from opsconsole.domain.text import SafeText
from opsconsole.domain.time_range import TimeRange
from opsconsole.domain.trace import TraceList
from opsconsole.domain.trace_query import TraceSearch
from opsconsole.feeds.feed import Changed
from opsconsole.feeds.topic import Topic, TopicKind
from opsconsole.sources.protocols import MetricSource, Sources, TraceSource, Watched

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
    TopicKind.PROBES: SourceName.KUBERNETES,
    TopicKind.CHANGES: SourceName.KUBERNETES,
    TopicKind.WORKLOADS: SourceName.KUBERNETES,
    TopicKind.NODES: SourceName.KUBERNETES,
    TopicKind.LOGS: SourceName.ELASTICSEARCH,
    TopicKind.LOG_HISTOGRAM: SourceName.ELASTICSEARCH,
    TopicKind.TRACES: SourceName.JAEGER,
}
OF_THE_WINDOW = frozenset({TopicKind.PANEL, TopicKind.LOGS, TopicKind.LOG_HISTOGRAM, TopicKind.TRACES})
"""Topics whose answer depends on the time window; the others always speak of now."""
_OF_LINES = frozenset({TopicKind.LOGS, TopicKind.LOG_HISTOGRAM})
"""Topics that one of two sources answers: the log store, or Kubernetes for what containers write."""
DISCOVERY = frozenset({TopicKind.PANELS, TopicKind.SERVICES})
"""Topics that find out what there is; asked seldom."""
WATCHED = {
    TopicKind.PODS: Watched.PODS,
    TopicKind.CHANGES: Watched.CHANGES,
    TopicKind.WORKLOADS: Watched.WORKLOADS,
    TopicKind.NODES: Watched.NODES,
}
"""Topics whose source keeps the answer by watching, and by what it says that it has changed."""
HEARD_WITHIN = 75.0
"""Seconds after which a watched answer is old: a watch is silent for up to a minute when nothing happens."""
PROBE_INTERVAL = 5.0
"""Seconds between two looks at the probes' counters: half of the usual period of a probe."""
UNJUDGED = DISCOVERY | {TopicKind.PROBES}
"""Topics that say nothing about how fresh their source is; that nobody counts probes is told with each probe."""


def span_at_cursor(scope: Scope, now: float) -> TimeRange:
    """The span up to a little after the cursor: the newest lines and traces of that moment, not of now.

    A selected trace is wanted whole, however long it took.
    """
    span = scope.window.resolve(now)
    if scope.cursor is None or scope.selection.trace is not None:
        return span
    return TimeRange(span.start, min(span.end, scope.cursor + max(_AFTER_CURSOR, span.span / 60)))


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
            case kind if SOURCE_OF[kind] is SourceName.KUBERNETES:
                return self._of_workloads(kind)
            case TopicKind.LOGS | TopicKind.LOG_HISTOGRAM:
                return self._of_logs(topic.kind)
            case TopicKind.TRACES:
                return self._of_traces(self.sources.traces) if self.sources.traces else None
            case _:
                return self._of_metrics(self.sources.metrics, topic.kind, panel) if self.sources.metrics else None

    def source_of(self, topic: Topic) -> SourceName:
        """Whose freshness the answer about `topic` tells."""
        logs = self.sources.lines(self.scope.log_origin) if topic.kind in _OF_LINES else None
        return SOURCE_OF[topic.kind] if logs is None else logs.name

    def changed(self, topic: Topic) -> Changed | None:
        """What says that the answer about `topic` has changed, None where it has to be asked again and again."""
        what, workloads = WATCHED.get(topic.kind), self.sources.workloads
        return partial(workloads.changed, what) if what is not None and workloads is not None else None

    def _of_workloads(self, kind: TopicKind) -> Question | None:
        workloads = self.sources.workloads
        if workloads is None:
            return None
        selection = self.scope.selection
        if kind is TopicKind.PODS:
            return lambda: workloads.pods(selection)
        if kind is TopicKind.PROBES:
            return lambda: workloads.probe_counters(selection, self.sources.metrics)
        if kind is TopicKind.WORKLOADS:
            return lambda: workloads.workloads(selection)
        if kind is TopicKind.NODES:
            return workloads.nodes
        # What broke a service may have been done to another one.
        everywhere = msgspec.structs.replace(selection, service=None, pod=None)
        return lambda: workloads.changes(everywhere)

    def _of_logs(self, kind: TopicKind) -> Question | None:
        logs = self.sources.lines(self.scope.log_origin)
        if logs is None:
            return None
        if kind is TopicKind.LOGS:
            return lambda: logs.newest(self.log_search(), LOG_LINES)
        return lambda: logs.histogram(LogSearch(self.scope.selection, self._span(), self.scope.logs), self.columns)

    def log_search(self) -> LogSearch:
        """The search whose newest lines are asked for: up to a little after the cursor, where there is one."""
        return LogSearch(self.scope.selection, span_at_cursor(self.scope, self.clock.now()), self.scope.logs)

    def _of_traces(self, traces: TraceSource) -> Question:
        selection = self.scope.selection
        if selection.trace is not None:
            return lambda: self._one_trace(traces, selection.trace or SafeText(""))
        return lambda: traces.search(
            TraceSearch(selection, span_at_cursor(self.scope, self.clock.now()), self.scope.traces), TRACE_LIMIT
        )

    @staticmethod
    async def _one_trace(traces: TraceSource, trace_id: SafeText) -> Reading[TraceList]:
        try:
            reading = await traces.trace(trace_id)
        except SourceError as error:
            if error.kind is ErrorKind.NOT_FOUND:
                return Reading(TraceList(()))  # that there is none is an answer
            raise
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

    def _span(self) -> TimeRange:
        return self.scope.window.resolve(self.clock.now())
