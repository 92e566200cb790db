"""Traces put together from spans, and held against what was asked for: servers differ in what they heed."""

from __future__ import annotations

from collections.abc import Iterable

from opsconsole.domain.text import SafeText
from opsconsole.domain.trace import Span, Trace
from opsconsole.domain.trace_query import TraceQuery

_ROUNDING = 1e-6
"""Seconds by which a duration may differ: stores keep microseconds."""


def grouped(found: Iterable[tuple[Span, ...]]) -> tuple[Trace, ...]:
    """Spans grouped by trace; a span that came twice counts once. Zipkin's two ends of a call share an id."""
    by_trace: dict[SafeText, dict[tuple[SafeText, SafeText, SafeText], Span]] = {}
    for spans in found:
        for span in spans:
            by_trace.setdefault(span.trace_id, {}).setdefault((span.span_id, span.service, span.kind), span)
    return tuple(
        Trace(trace_id, tuple(sorted(kept.values(), key=lambda span: span.start)))
        for trace_id, kept in by_trace.items()
    )


def in_bounds(trace: Trace, service: SafeText | None, query: TraceQuery) -> bool:
    """Whether a span of `service` has the operation and the duration asked for.

    Jaeger bounds the duration of that span; stores that bound the whole trace's are believed too.
    """
    if query.operation is None and query.shortest is None and query.longest is None:
        return True
    spans = [
        span
        for span in trace.spans
        if (service is None or span.service == service)
        and (query.operation is None or span.operation == query.operation)
    ]
    return any(_lasted(span.duration, query) for span in spans) or (bool(spans) and _lasted(trace.duration, query))


def has_attributes(trace: Trace, service: SafeText | None, query: TraceQuery) -> bool:
    """Whether one span of `service` has all attributes, its own, its resource's or those of one of its events."""
    if not query.attributes:
        return True
    return any(_has(span, query) for span in trace.spans if service is None or span.service == service)


def _lasted(duration: float, query: TraceQuery) -> bool:
    shortest = query.shortest or 0.0
    return duration >= shortest - _ROUNDING and (query.longest is None or duration <= query.longest + _ROUNDING)


def _has(span: Span, query: TraceQuery) -> bool:
    told: dict[SafeText, SafeText] = {SafeText("span.kind"): span.kind}
    if span.error:
        told |= {SafeText("error"): SafeText("true"), SafeText("otel.status_code"): SafeText("ERROR")}
    places = (told, span.attributes, *(event.attributes for event in span.events))
    return all(any(place.get(key) == value for place in places) for key, value in query.attributes)
