"""Spans in OTLP JSON (opentelemetry-proto, trace.proto), as Jaeger's v3 API returns them."""

from __future__ import annotations

from typing import Any

import msgspec

from opsconsole.domain.text import SafeText
from opsconsole.domain.trace import Span, SpanEvent, SpanLink
from opsconsole.safe_text import safe_text
from opsconsole.sources.jaeger.identifiers import span_id, trace_id
from opsconsole.sources.jaeger.losses import left_out, lost_before, timeless
from opsconsole.sources.lenient_json import decode_loosely, json_text
from opsconsole.sources.moments import valid_moment

_KINDS = ("internal", "internal", "server", "client", "producer", "consumer")
_ERROR_CODES = (2, "2", "STATUS_CODE_ERROR")

ATTRIBUTES_KEPT = 128
"""Attributes of a span or an event; OpenTelemetry's own default limit."""

EVENTS_KEPT = 128

LINKS_KEPT = 128

WARNINGS_KEPT = 16

WARNINGS = "@jaeger@warnings"
"""The attribute in which Jaeger's v3 API hands on its own remarks about a span (its `jptrace` package)."""


class KeyValue(msgspec.Struct, frozen=True):
    """An attribute; `value` is OTLP's AnyValue."""

    key: str = ""
    value: Any = None


class Resource(msgspec.Struct, frozen=True):
    """Who made the spans."""

    attributes: list[KeyValue] = []


class Event(msgspec.Struct, frozen=True, rename="camel"):
    """Something inside a span."""

    time_unix_nano: int | str = 0
    name: str = ""
    attributes: list[KeyValue] = []


class Link(msgspec.Struct, frozen=True, rename="camel"):
    """Another span."""

    trace_id: str = ""
    span_id: str = ""
    attributes: list[KeyValue] = []


class Status(msgspec.Struct, frozen=True):
    """`code` is a number or the enum's name."""

    code: int | str = 0
    message: str = ""


class OtlpSpan(msgspec.Struct, frozen=True, rename="camel"):
    """One span; 64-bit numbers are strings in JSON, but not everywhere."""

    trace_id: str
    span_id: str
    parent_span_id: str = ""
    name: str = ""
    kind: int | str = 0
    start_time_unix_nano: int | str = 0
    end_time_unix_nano: int | str = 0
    attributes: list[KeyValue] = []
    dropped_attributes_count: int = 0
    events: list[Event] = []
    dropped_events_count: int = 0
    links: list[Link] = []
    dropped_links_count: int = 0
    status: Status = Status()


class ScopeSpans(msgspec.Struct, frozen=True):
    """Spans of one instrumentation, each still as it came."""

    spans: list[msgspec.Raw] = []


class ResourceSpans(msgspec.Struct, frozen=True, rename="camel"):
    """Spans of one resource."""

    resource: Resource = Resource()
    scope_spans: list[ScopeSpans] = []


class TracesData(msgspec.Struct, frozen=True, rename="camel"):
    """The spans of all traces found, in one list."""

    resource_spans: list[ResourceSpans] = []


class TracesAnswer(msgspec.Struct, frozen=True):
    """The body of `/api/v3/traces`."""

    result: TracesData


_SPANS = msgspec.json.Decoder(OtlpSpan)


def spans_of(data: TracesData) -> tuple[tuple[Span, ...], int]:
    """All spans, and how many could not be read."""
    spans: list[Span] = []
    broken = 0
    for group in data.resource_spans:
        resource = attributes_of(group.resource.attributes)
        for scope in group.scope_spans:
            for raw in scope.spans:
                span = _span(raw, resource)
                if span is None:
                    broken += 1
                else:
                    spans.append(span)
    return tuple(spans), broken


def attributes_of(pairs: list[KeyValue]) -> dict[SafeText, SafeText]:
    """Attributes as text, at most `ATTRIBUTES_KEPT`."""
    return {safe_text(pair.key, 256): shown(pair.value) for pair in pairs[:ATTRIBUTES_KEPT]}


def shown(value: Any) -> SafeText:
    """An AnyValue as people read it: plain scalars as they are, arrays and maps as JSON."""
    plain = _plain(value)
    return safe_text(plain if isinstance(plain, str) else json_text(plain))


def _plain(value: Any, depth: int = 8) -> Any:
    if not isinstance(value, dict) or len(value) != 1 or depth == 0:
        return value
    ((kind, inner),) = value.items()
    if kind == "arrayValue" and isinstance(inner, dict):
        return [_plain(item, depth - 1) for item in _listed(inner)]
    if kind == "kvlistValue" and isinstance(inner, dict):
        pairs = (item for item in _listed(inner) if isinstance(item, dict))
        return {str(pair.get("key")): _plain(pair.get("value"), depth - 1) for pair in pairs}
    return inner


def _listed(holder: dict[str, Any]) -> list[Any]:
    values = holder.get("values")
    return values if isinstance(values, list) else []


def _span(raw: msgspec.Raw, resource: dict[SafeText, SafeText]) -> Span | None:
    wire = _decoded(raw)
    if wire is None:
        return None
    start, end = nanoseconds(wire.start_time_unix_nano), nanoseconds(wire.end_time_unix_nano)
    if start is None:
        return None
    parent = span_id(wire.parent_span_id) if wire.parent_span_id.strip("0") else None
    own = [pair for pair in wire.attributes if pair.key != WARNINGS]
    return Span(
        trace_id=trace_id(wire.trace_id),
        span_id=span_id(wire.span_id),
        parent_id=parent,
        service=resource.get(SafeText("service.name"), SafeText("unknown")),
        operation=safe_text(wire.name, 512),
        start=start,
        duration=max(0.0, end - start) if end is not None else 0.0,
        error=wire.status.code in _ERROR_CODES,
        kind=_kind(wire.kind),
        status_message=safe_text(wire.status.message),
        attributes={**resource, **attributes_of(own)},
        events=tuple(_event(item, start) for item in wire.events[:EVENTS_KEPT]),
        pod=resource.get(SafeText("k8s.pod.name"), SafeText("")),
        namespace=resource.get(SafeText("k8s.namespace.name"), SafeText("")),
        links=tuple(_link(item) for item in wire.links[:LINKS_KEPT]),
        warnings=(*_warnings(wire), *_losses(wire, len(own))),
    )


def _warnings(wire: OtlpSpan) -> tuple[SafeText, ...]:
    for pair in wire.attributes:
        if pair.key == WARNINGS:
            told = _plain(pair.value)
            return distinct(told if isinstance(told, list) else [told])
    return ()


def distinct(warnings: list[Any]) -> tuple[SafeText, ...]:
    """Each warning once: Jaeger says some of them once for each reading."""
    return tuple(dict.fromkeys(safe_text(words) for words in warnings[:WARNINGS_KEPT]))


def _losses(wire: OtlpSpan, attributes: int) -> tuple[SafeText, ...]:
    return (
        *lost_before("attributes", wire.dropped_attributes_count),
        *lost_before("events", wire.dropped_events_count),
        *lost_before("links", wire.dropped_links_count),
        *left_out("attributes", attributes - ATTRIBUTES_KEPT),
        *left_out("events", len(wire.events) - EVENTS_KEPT),
        *left_out("links", len(wire.links) - LINKS_KEPT),
        *timeless(sum(nanoseconds(item.time_unix_nano) is None for item in wire.events[:EVENTS_KEPT])),
    )


def _decoded(raw: msgspec.Raw) -> OtlpSpan | None:
    try:
        return _SPANS.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    try:
        return msgspec.convert(decode_loosely(bytes(raw)), OtlpSpan, strict=False)
    except (msgspec.ValidationError, RecursionError):
        return None


def _event(item: Event, start: float) -> SpanEvent:
    moment = nanoseconds(item.time_unix_nano)
    return SpanEvent(start if moment is None else moment, safe_text(item.name, 512), attributes_of(item.attributes))


def _link(item: Link) -> SpanLink:
    return SpanLink(trace_id(item.trace_id), span_id(item.span_id), attributes_of(item.attributes))


def _kind(raw: int | str) -> SafeText:
    if isinstance(raw, int):
        return SafeText(_KINDS[raw] if 0 <= raw < len(_KINDS) else "internal")
    name = raw.removeprefix("SPAN_KIND_").lower()
    return SafeText(name if name in _KINDS else "internal")


def nanoseconds(raw: int | str) -> float | None:
    """Unix seconds of unix nanoseconds in either spelling, or None when that is no date."""
    if isinstance(raw, str):
        if not (raw.isascii() and raw.isdecimal() and len(raw) < 21):
            return None
        raw = int(raw)
    return valid_moment(raw / 1e9) if abs(raw) < 10**20 else None
