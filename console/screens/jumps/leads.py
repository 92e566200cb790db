"""Where alerts, charts, lines, traces, spans and pods lead: pure functions of the scope and what the cursor is on."""

from __future__ import annotations

from datetime import tzinfo

import msgspec

from opsconsole.actions import PaneName
from opsconsole.domain.alert import Alert
from opsconsole.domain.log_record import LogRecord
from opsconsole.domain.pod import Pod
from opsconsole.domain.scope import Scope
from opsconsole.domain.series import Exemplar, PanelReading
from opsconsole.domain.text import SafeText
from opsconsole.domain.trace import Span, Trace
from opsconsole.screens.following import (
    among_pods,
    asked_anew,
    follow_alert,
    follow_log,
    follow_pod,
    follow_span,
    follow_trace,
    follow_trace_id,
    service_of,
    without_trace,
)
from opsconsole.screens.jumps.jump import NOWHERE, Jump, Spot, blocked
from opsconsole.screens.jumps.rule_query import rule_query
from opsconsole.widgets.problem_note import clock_text

METRICS, LOGS, TRACES, POD = "see_metrics", "see_logs", "see_traces", "see_pod"
CHANGE, EXEMPLAR = "see_change", "see_exemplar"
"""Ids of the actions; the same key has the same target in every pane."""

_REACH = 1 / 30
"""Share of the range within which an exemplar belongs to the cursor's moment."""


class Here(msgspec.Struct, frozen=True):
    """Where a jump starts: the scope at `now` (unix seconds), and the zone that times are told in."""

    scope: Scope
    now: float
    zone: tzinfo

    def clock(self, moment: float | None) -> str:
        """` 14:03`, empty without a moment."""
        return "" if moment is None else f" {clock_text(moment, self.zone, '%H:%M')}"


def _to_metrics(title: str, here: Here, scope: Scope, spot: Spot = NOWHERE) -> Jump:
    words = SafeText(f"chart{here.clock(scope.cursor)}")
    return Jump(METRICS, SafeText(title), PaneName.METRICS, scope, words, spot)


def _to_logs(title: str, scope: Scope) -> Jump:
    return Jump(LOGS, SafeText(title), PaneName.LOGS, scope, SafeText("log"), Spot(moment=scope.cursor))


def _to_traces(title: str, scope: Scope) -> Jump:
    return Jump(TRACES, SafeText(title), PaneName.TRACES, scope, SafeText("traces"))


def _to_trace(action_id: str, title: str, scope: Scope, trace_id: SafeText, span: SafeText = SafeText("")) -> Jump:
    words = SafeText(f"trace {trace_id[:8]}")
    return Jump(action_id, SafeText(title), PaneName.TRACES, scope, words, Spot(trace_id, opened=True, span=span))


def _to_pod(title: str, scope: Scope, pod: SafeText) -> Jump:
    return Jump(POD, SafeText(title), PaneName.PODS, scope, SafeText("pod"), Spot(pod=pod))


def alert_leads(here: Here, alert: Alert) -> tuple[Jump, ...]:
    """An alert's metric when it fired, lines and traces of that moment, its pod."""
    service, pod = service_of(alert), alert.labels.get(SafeText("pod"), SafeText(""))
    at = here.clock(alert.started_at)
    scope = follow_alert(here.scope, alert, here.now)
    whose = f"of {service}" if service else "of all services"
    pods = f"pod {pod}" if pod else f"pods {whose}"
    return (
        _to_metrics(f"its metric at{at}, when it fired", here, scope, Spot(query=rule_query(alert))),
        _to_logs(f"log lines {whose} at{at}", scope),
        _to_traces(f"traces {whose} at{at}", scope),
        _to_pod(pods, among_pods(scope, service, alert.namespace), pod),
    )


def nearest_exemplar(reading: PanelReading | None, scope: Scope, now: float) -> Exemplar | None:
    """The exemplar with a trace nearest to the cursor, within a thirtieth of the range; without a cursor the newest."""
    named = [one for one in (reading.exemplars if reading is not None else ()) if one.trace_id]
    if scope.cursor is None:
        return max(named, key=lambda one: one.time, default=None)
    moment, reach = scope.cursor, scope.window.resolve(now).span * _REACH
    near = [one for one in named if abs(one.time - moment) <= reach]
    return min(near, key=lambda one: abs(one.time - moment), default=None)


def chart_leads(here: Here, reading: PanelReading | None, pod: SafeText) -> tuple[Jump, ...]:
    """Lines, traces and the exemplar's trace of the cursor's moment; `pod` is the one that the chart is worst for."""
    scope = without_trace(asked_anew(here.scope))
    service = scope.selection.pod or scope.selection.service
    whose = f"of {service}" if service else "of all services"
    when = f"at{here.clock(scope.cursor)}" if scope.cursor is not None else "now"
    exemplar = nearest_exemplar(reading, here.scope, here.now)
    if exemplar is not None and exemplar.trace_id:
        led = follow_trace_id(scope, exemplar.trace_id, exemplar.time, here.now)
        title = f"trace {exemplar.trace_id[:8]}, an exemplar of{here.clock(exemplar.time)}"
        example = _to_trace(EXEMPLAR, title, led, exemplar.trace_id)
    else:
        example = blocked(
            EXEMPLAR, "the trace of an exemplar", PaneName.TRACES, "this panel has no exemplar near this moment"
        )
    selection = scope.selection
    return (
        _to_logs(f"log lines {whose} {when}", scope),
        _to_traces(f"traces {whose} {when}", scope),
        example,
        _to_pod(
            f"pod {pod}, where this reads worst" if pod else f"pods {whose}",
            among_pods(scope, selection.service, selection.namespace),
            pod,
        ),
    )


def line_leads(here: Here, record: LogRecord) -> tuple[Jump, ...]:
    """A line's trace, else the traces of its moment; its pod and metrics. Its context is the Logs pane's own."""
    at = here.clock(record.time)
    followed = follow_log(here.scope, record, here.now)
    broad = without_trace(followed)
    if record.trace_id:
        trace = _to_trace(
            TRACES,
            f"its trace {record.trace_id[:8]}",
            follow_trace_id(followed, record.trace_id, record.time, here.now),
            record.trace_id,
            record.span_id,
        )
    else:
        whose = f"of {record.service}" if record.service else "of all services"
        trace = _to_traces(f"traces {whose}{' at' + at if at else ''}; this line names none", broad)
    if record.pod:
        pod = _to_pod(f"its pod {record.pod}", among_pods(broad, record.service or None, record.namespace), record.pod)
    else:
        pod = blocked(POD, "its pod", PaneName.PODS, "this line names no pod")
    if record.service:
        metrics = _to_metrics(f"metrics of {record.service}{' at' + at if at else ''}", here, broad)
    else:
        metrics = blocked(METRICS, "its metrics", PaneName.METRICS, "this line names no service")
    return (trace, pod, metrics)


def trace_leads(here: Here, trace: Trace) -> tuple[Jump, ...]:
    """A trace's log lines, the pod and the panels of the service that failed in it, or else began it."""
    failing = next((span for span in reversed(trace.spans) if span.error), trace.root)
    lines = follow_trace(here.scope, trace, here.now)
    return (
        _to_logs(f"log lines of trace {trace.trace_id[:8]}", lines),
        *_of_span(here, failing),
    )


def span_leads(here: Here, span: Span) -> tuple[Jump, ...]:
    """A span's log lines, its pod, its service's panels."""
    lines = follow_span(here.scope, span, here.now)
    return (_to_logs(f"log lines of {span.service} in this trace", lines), *_of_span(here, span))


def _of_span(here: Here, span: Span) -> tuple[Jump, ...]:
    broad = without_trace(follow_span(here.scope, span, here.now))
    metrics = _to_metrics(f"metrics of {span.service} at{here.clock(span.start)}", here, broad)
    if not span.pod:
        return (metrics, blocked(POD, "its pod", PaneName.PODS, f"no span of {span.service} here names its pod"))
    pod = _to_pod(f"pod {span.pod} of {span.service}", among_pods(broad, span.service, span.namespace), span.pod)
    return (metrics, pod)


def pod_leads(here: Here, pod: Pod) -> tuple[Jump, ...]:
    """A pod's log lines, metrics and traces; its description with the events is the Pods pane's own."""
    scope = follow_pod(here.scope, pod)
    when = f" at{here.clock(scope.cursor)}" if scope.cursor is not None else ""
    return (
        _to_logs(f"log lines of this pod{when}", scope),
        _to_metrics(f"metrics of this pod{when}", here, scope),
        _to_traces(f"traces through this pod{when}", scope),
    )
