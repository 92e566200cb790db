"""What to look at next after a row was chosen: pure functions from one scope to another."""

from __future__ import annotations

from collections import Counter

import msgspec

from opsconsole.domain.alert import Alert, AlertState
from opsconsole.domain.log_query import LogQuery
from opsconsole.domain.log_record import LogRecord
from opsconsole.domain.pod import Pod
from opsconsole.domain.scope import Scope
from opsconsole.domain.selection import Selection
from opsconsole.domain.text import SafeText
from opsconsole.domain.time_range import LONGEST_WINDOW, TimeWindow
from opsconsole.domain.trace import Span, Trace
from opsconsole.domain.trace_query import TraceQuery

_LEAD = 0.25
"""Share of the window kept visible before the moment followed, so that its cause can be seen."""


def service_of(alert: Alert) -> SafeText | None:
    """The service an alert speaks of, by the label names in use."""
    return alert.service


def showing(window: TimeWindow, moment: float, now: float) -> TimeWindow:
    """`window`, moved or widened just enough to show `moment` with a lead before it."""
    span = window.resolve(now)
    if span.start <= moment - _LEAD * min(span.span, 600.0) and moment <= span.end:
        return window
    if window.live and now - moment < LONGEST_WINDOW * (1 - _LEAD):
        return TimeWindow(min(LONGEST_WINDOW, max(window.duration, (now - moment) / (1 - _LEAD))))
    end = moment + window.duration / 2
    return TimeWindow(window.duration, None if end >= now else end)


def asked_anew(scope: Scope) -> Scope:
    """`scope` without the words, filters and pattern of the question before; the level and the origin stay.

    They belong to what was looked at then, and would hide what is looked at now.
    """
    return msgspec.structs.replace(scope, logs=LogQuery(level=scope.logs.level), traces=TraceQuery())


def at_moment(scope: Scope, moment: float, now: float) -> Scope:
    """`scope` with the cursor on `moment` (unix seconds), the range moved just enough to show it."""
    return msgspec.structs.replace(scope, window=showing(scope.window, moment, now), cursor=moment)


def follow_alert(scope: Scope, alert: Alert, now: float) -> Scope:
    """The alert's service, with the cursor on the moment it began."""
    namespace = alert.namespace or scope.selection.namespace
    selection = Selection(scope.selection.cluster, namespace, service_of(alert), alert=alert.fingerprint)
    return at_moment(asked_anew(_on(scope, selection)), alert.started_at, now)


def follow_log(scope: Scope, record: LogRecord, now: float) -> Scope:
    """The line's service, moment and, when it names one, trace."""
    selection = msgspec.structs.replace(
        scope.selection,
        service=record.service or scope.selection.service,
        trace=record.trace_id or None,
    )
    followed = asked_anew(_on(scope, selection))
    return followed if record.time is None else at_moment(followed, record.time, now)


def follow_trace(scope: Scope, trace: Trace, now: float) -> Scope:
    """The trace's own log lines and moment; the service stays when it took part."""
    services = trace.services
    failing = next((span.service for span in reversed(trace.spans) if span.error), trace.root.service)
    service = scope.selection.service if scope.selection.service in services else failing
    selection = msgspec.structs.replace(scope.selection, service=service, pod=None, trace=trace.trace_id)
    return at_moment(asked_anew(_on(scope, selection)), trace.start, now)


def follow_trace_id(scope: Scope, trace_id: SafeText, moment: float | None, now: float) -> Scope:
    """The trace of that id, of which nothing else is known yet, and the moment it was named at."""
    selection = msgspec.structs.replace(scope.selection, trace=trace_id, pod=None)
    followed = asked_anew(_on(scope, selection))
    return followed if moment is None else at_moment(followed, moment, now)


def follow_span(scope: Scope, span: Span, now: float) -> Scope:
    """The service that made the span, at its start, within its trace."""
    selection = msgspec.structs.replace(
        scope.selection,
        namespace=span.namespace or scope.selection.namespace,
        service=span.service,
        pod=None,
        trace=span.trace_id,
    )
    return at_moment(asked_anew(_on(scope, selection)), span.start, now)


def follow_pod(scope: Scope, pod: Pod) -> Scope:
    """One pod of one service; the time stays as it is."""
    selection = msgspec.structs.replace(
        scope.selection, namespace=pod.namespace, service=pod.service or None, pod=pod.name, trace=None
    )
    return asked_anew(_on(scope, selection))


def among_pods(scope: Scope, service: SafeText | None, namespace: SafeText | None) -> Scope:
    """All pods of `service`, so that one of them stands among its like; the time stays as it is."""
    selection = msgspec.structs.replace(
        scope.selection, namespace=namespace or scope.selection.namespace, service=service, pod=None
    )
    return _on(scope, selection)


def without_trace(scope: Scope) -> Scope:
    """What of the selection is about all requests, not about one."""
    return _on(scope, msgspec.structs.replace(scope.selection, trace=None))


def _on(scope: Scope, selection: Selection) -> Scope:
    return msgspec.structs.replace(scope, selection=selection)


def widened(scope: Scope) -> Scope:
    """One step out: the trace, else the pod, else the service is let go."""
    selection = scope.selection
    if selection.trace is not None:
        wider = msgspec.structs.replace(selection, trace=None)
    elif selection.pod is not None:
        wider = msgspec.structs.replace(selection, pod=None)
    else:
        wider = msgspec.structs.replace(selection, service=None, alert=None)
    return msgspec.structs.replace(scope, selection=wider)


def most_urgent(alerts: tuple[Alert, ...]) -> Alert | None:
    """The alert to show when nobody chose: the worst firing one, of the service that most alerts name.

    Callers of a broken service raise alerts of the same severity at the same time; the broken one
    raises more kinds of them. Of equals the first to fire is nearest the cause, and stays the one.
    """
    firing = [alert for alert in alerts if alert.state is AlertState.FIRING and service_of(alert)]
    kinds = Counter(service for service, _ in {(service_of(alert), alert.name) for alert in firing})
    return min(
        firing, key=lambda alert: (alert.severity.rank, -kinds[service_of(alert)], alert.started_at), default=None
    )
