"""From what is under a pane's cursor to evidence."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import msgspec

from opsconsole.config.settings import ClusterSettings
from opsconsole.domain.alert import Alert
from opsconsole.domain.errors import SourceError
from opsconsole.domain.evidence import Pinned, TraceEvidence
from opsconsole.domain.log_query import LogSearch
from opsconsole.domain.log_record import LogLevel, LogPage, LogRecord
from opsconsole.domain.pod import Pod
from opsconsole.domain.series import Panel
from opsconsole.domain.snapshot import Snapshot
from opsconsole.domain.text import SafeText
from opsconsole.domain.trace import Trace
from opsconsole.feeds import topic as topics
from opsconsole.feeds.cluster_feeds import ClusterFeeds
from opsconsole.feeds.topic import Topic, panel_topic
from opsconsole.incidents.pinning import (
    LinesSeen,
    Standpoint,
    WebLinks,
    completeness_words,
    missing_words,
    pinned_alert,
    pinned_chart,
    pinned_lines,
    pinned_pod,
    pinned_trace,
)
from opsconsole.screens.following import service_of
from opsconsole.screens.jumps.rule_query import panel_of, rule_query
from opsconsole.screens.pane import PaneView
from opsconsole.screens.time_markers import markers_of
from opsconsole.sources.protocols import LogSource, TraceSource

PATIENCE = 3.0
"""Seconds that what is to be kept may take to be read; then what is at hand is kept, and says so."""

PATTERN_LINES = 20
"""Lines of a pattern that stand for it."""

FIRST_ERRORS = 10
"""Error lines that an incident is opened with."""


def standpoint(view: PaneView) -> Standpoint:
    """Selection, window and cursor of `view`."""
    return Standpoint(view.scope.selection, view.span, view.now, view.scope.cursor)


def web_links(cluster: ClusterSettings) -> WebLinks:
    """Where Prometheus and Jaeger have pages of their own: under the addresses at which they are asked."""
    prometheus, jaeger = cluster.prometheus, cluster.jaeger
    return WebLinks(prometheus.url if prometheus else "", jaeger.url if jaeger else "")


def _said_of(feeds: ClusterFeeds, topic: Topic) -> tuple[str, ...]:
    """That a value stands there only until the present question is answered."""
    return ("the answer to the question before; the present one was not answered yet",) if feeds.kept(topic) else ()


def chart_evidence(view: PaneView, panel: Panel | None) -> Pinned | None:
    """The chart of `panel` as it is drawn, with its markers."""
    if panel is None:
        return None
    topic = panel_topic(panel.id)
    markers = markers_of(view.feeds, view.scope.selection.service)
    chart = pinned_chart(view.feeds.snapshot(topic), standpoint(view), markers)
    if chart is None or not (said := _said_of(view.feeds, topic)):
        return chart
    words = "; ".join(part for part in (*said, chart.completeness) if part)
    return msgspec.structs.replace(chart, completeness=SafeText(words))


def alert_evidence(view: PaneView, alert: Alert | None) -> Pinned | None:
    """`alert` as the list has it."""
    return None if alert is None else pinned_alert(alert, view.feeds.snapshot(topics.ALERTS), standpoint(view))


def pod_evidence(view: PaneView, pod: Pod | None) -> Pinned | None:
    """`pod` as the list has it."""
    return None if pod is None else pinned_pod(pod, view.feeds.snapshot(topics.PODS), standpoint(view))


def lines_evidence(
    view: PaneView, records: Sequence[LogRecord], current: LogRecord | None, marked: Sequence[LogRecord] = ()
) -> Pinned | None:
    """The `marked` lines, else the `current` one with a few of `records` around it."""
    snapshot: Snapshot[LogPage] = view.feeds.snapshot(topics.LOGS)
    source, search = view.feeds.lines(), view.feeds.log_search()
    page = snapshot.value
    seen = LinesSeen(
        search,
        records,
        SafeText("elasticsearch" if source is None else source.name.value),
        current,
        marked,
        total=0 if page is None else page.total,
        total_is_exact=page is None or page.total_is_exact,
        words=(*_said_of(view.feeds, topics.LOGS), *completeness_words(snapshot)),
        link=(None if source is None else source.link(search)) or SafeText(""),
    )
    return pinned_lines(seen, view.now)


async def trace_evidence(
    source: TraceSource, trace: Trace, now: float, *, chosen: SafeText = SafeText("")
) -> TraceEvidence | None:
    """`trace` read whole; what a list tells of it when that fails, or takes longer than three seconds."""
    try:
        async with asyncio.timeout(PATIENCE):
            reading = await source.trace(trace.trace_id)
    except (SourceError, TimeoutError):
        return pinned_trace(trace, now, chosen=chosen, whole=False)
    whole = reading.value
    if len(whole.spans) < len(trace.spans):
        return pinned_trace(trace, now, chosen=chosen, completeness=reading.completeness)
    return pinned_trace(whole, now, chosen=chosen, completeness=reading.completeness)


async def pattern_evidence(source: LogSource, search: LogSearch, now: float) -> Pinned | None:
    """The newest twenty lines of the pattern that `search` asks for. Raises `SourceError`."""
    reading = await source.newest(search, PATTERN_LINES)
    page = reading.value
    newest = tuple(reversed(page.records))
    seen = LinesSeen(
        search,
        newest,
        SafeText(source.name.value),
        marked=newest,
        total=page.total,
        total_is_exact=page.total_is_exact,
        words=missing_words(reading.completeness),
        link=source.link(search) or SafeText(""),
    )
    return pinned_lines(seen, now)


def first_evidence(view: PaneView, alert: Alert | None) -> tuple[Pinned, ...]:
    """What an incident about `alert` is opened with: the alert, its chart when it fired, the newest error lines.

    Only from what the panes have at hand: a chart, or lines, of another service than the alert's are left out.
    """
    if alert is None:
        return tuple(one for one in (error_lines(view),) if one is not None)
    service = service_of(alert)
    found = [alert_evidence(view, alert)]
    if view.scope.selection.service in (service, None):
        at_firing = msgspec.structs.replace(view.scope, cursor=alert.started_at)
        fired = msgspec.structs.replace(view, scope=at_firing)
        if view.span.contains(alert.started_at):
            found.append(chart_evidence(fired, panel_of(rule_query(alert), view.feeds.panels())))
        found.append(error_lines(view, service))
    return tuple(one for one in found if one is not None)


def error_lines(view: PaneView, service: SafeText | None = None) -> Pinned | None:
    """The newest lines of level error or worse among those at hand, of `service` (None: of any)."""
    page = view.feeds.snapshot(topics.LOGS).value
    errors = [
        record
        for record in (page.records if page is not None else ())
        if record.level.rank >= LogLevel.ERROR.rank and service in (None, record.service)
    ]
    newest = tuple(reversed(errors[:FIRST_ERRORS]))
    return lines_evidence(view, newest, None, newest)
