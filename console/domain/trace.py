"""Distributed traces in OpenTelemetry's terms."""

from __future__ import annotations

import msgspec

from opsconsole.domain.text import SafeText

REFERENCE_TYPE = SafeText("opentracing.ref_type")
"""The attribute of a link that tells its type (OpenTelemetry's compatibility with OpenTracing)."""

FOLLOWS_FROM = SafeText("follows_from")
"""The type of a link to a span that did not wait for this one."""


class SpanEvent(msgspec.Struct, frozen=True):
    """Something that happened inside a span, unix seconds."""

    time: float
    name: SafeText
    attributes: dict[SafeText, SafeText]


class SpanLink(msgspec.Struct, frozen=True):
    """Another span this one has to do with, often of another trace."""

    trace_id: SafeText
    span_id: SafeText
    attributes: dict[SafeText, SafeText] = {}


class Span(msgspec.Struct, frozen=True):
    """One operation of one service. `start` is unix seconds, `duration` seconds.

    `warnings` are the store's own words about it, such as of a clock that was set right.
    """

    trace_id: SafeText
    span_id: SafeText
    parent_id: SafeText | None
    service: SafeText
    operation: SafeText
    start: float
    duration: float
    error: bool = False
    kind: SafeText = SafeText("internal")
    status_message: SafeText = SafeText("")
    attributes: dict[SafeText, SafeText] = {}
    events: tuple[SpanEvent, ...] = ()
    pod: SafeText = SafeText("")
    namespace: SafeText = SafeText("")
    links: tuple[SpanLink, ...] = ()
    warnings: tuple[SafeText, ...] = ()


class Trace(msgspec.Struct, frozen=True):
    """All spans of one request that the store has, by start time."""

    trace_id: SafeText
    spans: tuple[Span, ...]

    @property
    def root(self) -> Span:
        """The span without a parent in this trace, else the earliest."""
        known = {span.span_id for span in self.spans}
        for span in self.spans:
            if span.parent_id is None or span.parent_id not in known:
                return span
        return self.spans[0]

    @property
    def start(self) -> float:
        """Unix seconds of the earliest span."""
        return min(span.start for span in self.spans)

    @property
    def duration(self) -> float:
        """Seconds from the first start to the last end."""
        return max(span.start + span.duration for span in self.spans) - self.start

    @property
    def error_count(self) -> int:
        """Spans whose status is an error."""
        return sum(span.error for span in self.spans)

    @property
    def services(self) -> tuple[SafeText, ...]:
        """Services in the order the request reached them."""
        return tuple(dict.fromkeys(span.service for span in self.spans))

    def depth_first(self) -> tuple[tuple[int, Span], ...]:
        """Spans as (depth, span), children below their parent by start time; orphans at depth 0.

        Every span stands once, also where a broken store gives two the same id or makes them each other's parent.
        """
        known = {span.span_id for span in self.spans}
        children: dict[SafeText | None, list[int]] = {}
        for index, span in enumerate(self.spans):
            parent = span.parent_id if span.parent_id in known else None
            children.setdefault(parent, []).append(index)
        ordered: list[tuple[int, Span]] = []
        seen: set[int] = set()
        for top in (*children.get(None, ()), *range(len(self.spans))):
            stack = [(0, top)]
            while stack:
                depth, index = stack.pop()
                if index in seen:
                    continue
                seen.add(index)
                span = self.spans[index]
                ordered.append((depth, span))
                stack.extend((depth + 1, child) for child in reversed(children.get(span.span_id, [])))
        return tuple(ordered)


class TraceList(msgspec.Struct, frozen=True):
    """Traces of a scope; `limited` when the store was asked for no more than it returned."""

    traces: tuple[Trace, ...]
    limited: bool = False
