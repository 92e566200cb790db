"""Spans in Jaeger's own JSON, which its older servers and compatible stores speak (`/api/traces`)."""

from __future__ import annotations

from typing import Any

import msgspec

from opsconsole.domain.text import SafeText
from opsconsole.domain.trace import FOLLOWS_FROM, REFERENCE_TYPE, Span, SpanEvent, SpanLink
from opsconsole.safe_text import safe_text
from opsconsole.sources.jaeger.identifiers import span_id, trace_id
from opsconsole.sources.jaeger.losses import left_out, timeless
from opsconsole.sources.jaeger.otlp import ATTRIBUTES_KEPT, EVENTS_KEPT, LINKS_KEPT, distinct, shown
from opsconsole.sources.lenient_json import decode_loosely
from opsconsole.sources.moments import valid_moment

_ERROR = SafeText("error")
_UNSET = (SafeText("false"), SafeText(""))


class Tag(msgspec.Struct, frozen=True):
    """A typed key and value."""

    key: str = ""
    value: Any = None


class Log(msgspec.Struct, frozen=True):
    """An event; `timestamp` in microseconds."""

    timestamp: float = 0
    fields: list[Tag] = []


class Reference(msgspec.Struct, frozen=True):
    """A link to another span."""

    kind: str = msgspec.field(name="refType", default="CHILD_OF")
    trace: str = msgspec.field(name="traceID", default="")
    span: str = msgspec.field(name="spanID", default="")


class LegacySpan(msgspec.Struct, frozen=True, rename="camel"):
    """One span; times in microseconds."""

    span: str = msgspec.field(name="spanID")
    trace: str = msgspec.field(name="traceID", default="")
    parent: str = msgspec.field(name="parentSpanID", default="")
    operation_name: str = ""
    references: list[Reference] = []
    start_time: float = 0
    duration: float = 0
    tags: list[Tag] = []
    logs: list[Log] | None = None
    process: str = msgspec.field(name="processID", default="")
    warnings: list[str] | None = None


class Process(msgspec.Struct, frozen=True, rename="camel"):
    """Who made the spans."""

    service_name: str = "unknown"
    tags: list[Tag] = []


class LegacyTrace(msgspec.Struct, frozen=True):
    """One trace with its processes; spans still as they came."""

    id: str = msgspec.field(name="traceID")
    spans: list[msgspec.Raw] = []
    processes: dict[str, Process] = {}


class LegacyAnswer(msgspec.Struct, frozen=True):
    """The body of `/api/traces`."""

    data: list[LegacyTrace] | None


class LegacyNames(msgspec.Struct, frozen=True):
    """The body of `/api/services` and of `/api/services/{service}/operations`."""

    data: list[str] | None


_SPANS = msgspec.json.Decoder(LegacySpan)


def spans_of(answer: LegacyAnswer) -> tuple[tuple[Span, ...], int]:
    """All spans, and how many could not be read."""
    spans: list[Span] = []
    broken = 0
    for trace in answer.data or ():
        processes = {
            key: (safe_text(process.service_name, 256), _tags(process.tags)) for key, process in trace.processes.items()
        }
        for raw in trace.spans:
            span = _span(raw, trace.id, processes)
            if span is None:
                broken += 1
            else:
                spans.append(span)
    return tuple(spans), broken


def _span(raw: msgspec.Raw, trace: str, processes: dict[str, tuple[SafeText, dict[SafeText, SafeText]]]) -> Span | None:
    wire = _decoded(raw)
    if wire is None or (start := valid_moment(wire.start_time / 1e6)) is None:
        return None
    service, resource = processes.get(wire.process, (SafeText("unknown"), {}))
    tags = _tags(wire.tags)
    own, parent = trace_id(wire.trace or trace), _parent(wire, trace)
    return Span(
        trace_id=own,
        span_id=span_id(wire.span),
        parent_id=parent,
        service=service,
        operation=safe_text(wire.operation_name, 512),
        start=start,
        duration=valid_moment(wire.duration / 1e6) or 0.0,
        error=tags.get(_ERROR, SafeText("")) not in _UNSET or tags.get(SafeText("otel.status_code")) == "ERROR",
        kind=tags.get(SafeText("span.kind"), SafeText("internal")),
        status_message=tags.get(SafeText("otel.status_description"), SafeText("")),
        attributes={**resource, **tags},
        events=tuple(_event(log, start) for log in (wire.logs or ())[:EVENTS_KEPT]),
        pod=resource.get(SafeText("k8s.pod.name"), SafeText("")),
        namespace=resource.get(SafeText("k8s.namespace.name"), SafeText("")),
        links=_links(wire, own, parent),
        warnings=(
            *distinct(wire.warnings or []),
            *left_out("attributes", len(wire.tags) - ATTRIBUTES_KEPT),
            *left_out("events", len(wire.logs or ()) - EVENTS_KEPT),
            *timeless(sum(valid_moment(log.timestamp / 1e6) is None for log in (wire.logs or ())[:EVENTS_KEPT])),
        ),
    )


def _decoded(raw: msgspec.Raw) -> LegacySpan | None:
    try:
        return _SPANS.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    try:
        return msgspec.convert(decode_loosely(bytes(raw)), LegacySpan, strict=False)
    except (msgspec.ValidationError, RecursionError):
        return None


def _parent(wire: LegacySpan, trace: str) -> SafeText | None:
    own = trace_id(wire.trace or trace)
    for kind in ("CHILD_OF", "FOLLOWS_FROM"):
        for reference in wire.references:
            if reference.kind == kind and trace_id(reference.trace or trace) == own:
                return span_id(reference.span)
    return span_id(wire.parent) if wire.parent.strip("0") else None


def _links(wire: LegacySpan, own: SafeText, parent: SafeText | None) -> tuple[SpanLink, ...]:
    """The references that do not say the parent alone. One that the span only follows is told, parent or not."""
    found = []
    for reference in wire.references[:LINKS_KEPT]:
        trace, span = trace_id(reference.trace or own), span_id(reference.span)
        if reference.kind == "FOLLOWS_FROM":
            found.append(SpanLink(trace, span, {REFERENCE_TYPE: FOLLOWS_FROM}))
        elif (trace, span) != (own, parent):
            found.append(SpanLink(trace, span))
    return tuple(found)


def _tags(tags: list[Tag]) -> dict[SafeText, SafeText]:
    return {safe_text(tag.key, 256): shown(tag.value) for tag in tags[:ATTRIBUTES_KEPT]}


def _event(log: Log, start: float) -> SpanEvent:
    fields = _tags(log.fields)
    name = fields.pop(SafeText("event"), None) or fields.get(SafeText("message"), SafeText("log"))
    moment = valid_moment(log.timestamp / 1e6)
    return SpanEvent(start if moment is None else moment, name, fields)
