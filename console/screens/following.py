"""What to look at next after a row was chosen: pure functions from one scope to another."""

from __future__ import annotations

from collections import Counter

import msgspec

from opsconsole.domain.alert import Alert, AlertState
from opsconsole.domain.log_record import LogRecord
from opsconsole.domain.pod import Pod
from opsconsole.domain.scope import Scope, Selection
from opsconsole.domain.text import SafeText
from opsconsole.domain.time_range import LONGEST_WINDOW, TimeWindow
from opsconsole.domain.trace import Trace

SERVICE_LABELS = ("service", "service_name", "app_kubernetes_io_name", "app", "job", "deployment")
NAMESPACE_LABELS = ("namespace", "kubernetes_namespace", "k8s_namespace_name")

_LEAD = 0.25
"""Share of the window kept visible before the moment followed, so that its cause can be seen."""


def first_label(labels: dict[SafeText, SafeText], names: tuple[str, ...]) -> SafeText | None:
    """The value of the first of `names` that `labels` holds."""
    return next((labels[SafeText(name)] for name in names if labels.get(SafeText(name))), None)


def service_of(alert: Alert) -> SafeText | None:
    """The service an alert speaks of, by the label names in use."""
    return first_label(alert.labels, SERVICE_LABELS)


def showing(window: TimeWindow, moment: float, now: float) -> TimeWindow:
    """`window`, moved or widened just enough to show `moment` with a lead before it."""
    span = window.resolve(now)
    if span.start <= moment - _LEAD * min(span.span, 600.0) and moment <= span.end:
        return window
    if window.live and now - moment < LONGEST_WINDOW * (1 - _LEAD):
        return TimeWindow(min(LONGEST_WINDOW, max(window.duration, (now - moment) / (1 - _LEAD))))
    end = moment + window.duration / 2
    return TimeWindow(window.duration, None if end >= now else end)


def follow_alert(scope: Scope, alert: Alert, now: float) -> Scope:
    """The alert's service, with the cursor on the moment it began."""
    service = service_of(alert)
    namespace = first_label(alert.labels, NAMESPACE_LABELS) or scope.selection.namespace
    selection = Selection(scope.selection.cluster, namespace, service, alert=alert.fingerprint)
    return Scope(selection, showing(scope.window, alert.started_at, now), alert.started_at)


def follow_log(scope: Scope, record: LogRecord, now: float) -> Scope:
    """The line's service, moment and, when it names one, trace."""
    selection = msgspec.structs.replace(
        scope.selection,
        service=record.service or scope.selection.service,
        trace=record.trace_id or None,
    )
    if record.time is None:
        return Scope(selection, scope.window, scope.cursor)
    return Scope(selection, showing(scope.window, record.time, now), record.time)


def follow_trace(scope: Scope, trace: Trace, now: float) -> Scope:
    """The trace's own log lines and moment; the service stays when it took part."""
    services = trace.services
    failing = next((span.service for span in reversed(trace.spans) if span.error), trace.root.service)
    service = scope.selection.service if scope.selection.service in services else failing
    selection = msgspec.structs.replace(scope.selection, service=service, pod=None, trace=trace.trace_id)
    return Scope(selection, showing(scope.window, trace.start, now), trace.start)


def follow_pod(scope: Scope, pod: Pod) -> Scope:
    """One pod of one service; the time stays as it is."""
    selection = msgspec.structs.replace(
        scope.selection, namespace=pod.namespace, service=pod.service or None, pod=pod.name, trace=None
    )
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
