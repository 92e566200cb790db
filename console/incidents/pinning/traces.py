"""A trace with the span that was looked at."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from opsconsole.domain.evidence import TraceEvidence
from opsconsole.domain.snapshot import WHOLE, Completeness
from opsconsole.domain.text import SafeText
from opsconsole.domain.time_range import TimeRange
from opsconsole.domain.trace import Span, SpanEvent, Trace
from opsconsole.incidents.pinning.standpoint import joined, missing_words
from opsconsole.safe_text import safe_text

MOST_BYTES = 400_000
"""Of a trace as JSON."""

_MOST_ATTRIBUTES = 24
_MOST_EVENTS = 8
_LONGEST_VALUE = 200


def pinned_trace(
    trace: Trace, now: float, *, chosen: SafeText = SafeText(""), completeness: Completeness = WHOLE, whole: bool = True
) -> TraceEvidence | None:
    """`trace` with the span `chosen` (an id); None when it has no spans.

    `whole` is False where it could not be read whole. Of a very large one the root, what failed and what took
    longest are kept, each with its ancestors, and that is said.
    """
    if not trace.spans:
        return None
    said = [] if whole else ["only what a list of traces tells of it"]
    said.extend(missing_words(completeness))
    kept = trace
    if _size(trace) > MOST_BYTES:
        kept = Trace(trace.trace_id, tuple(map(_slim, trace.spans)))
        said.append("long attributes are cut")
    if _size(kept) > MOST_BYTES:
        kept = _fewer(kept, chosen)
        said.append(
            f"{len(kept.spans):,} of {len(trace.spans):,} spans: the root, what failed and what took longest, "
            "with their ancestors"
        )
    root, errors = trace.root, trace.error_count
    failed = f", {errors:,} error{'s' * (errors != 1)}" if errors else ""
    return TraceEvidence(
        title=safe_text(f"{root.service} {root.operation}, {_seconds(trace.duration)}{failed}", 120),
        span=TimeRange(trace.start, trace.start + trace.duration),
        at=trace.start,
        captured_at=now,
        source=SafeText("jaeger"),
        completeness=joined(said),
        trace=kept,
        chosen=chosen,
    )


def _seconds(seconds: float) -> str:
    return f"{seconds * 1e3:.3g} ms" if seconds < 0.9995 else f"{seconds:.3g} s"


def _size(value: Trace | Span) -> int:
    return len(msgspec.json.encode(value))


def _slim(span: Span) -> Span:
    return msgspec.structs.replace(
        span,
        attributes=_few(span.attributes),
        events=tuple(SpanEvent(one.time, one.name, _few(one.attributes)) for one in span.events[:_MOST_EVENTS]),
        links=span.links[:_MOST_EVENTS],
        warnings=tuple(safe_text(one, _LONGEST_VALUE) for one in span.warnings[:_MOST_EVENTS]),
        status_message=safe_text(span.status_message, _LONGEST_VALUE),
    )


def _few(attributes: dict[SafeText, SafeText]) -> dict[SafeText, SafeText]:
    kept = tuple(attributes.items())[:_MOST_ATTRIBUTES]
    return {name: safe_text(value, _LONGEST_VALUE) for name, value in kept}


def _fewer(trace: Trace, chosen: SafeText) -> Trace:
    """The most telling spans that fit, each with its ancestors, in the trace's order."""
    spans = trace.spans
    parents, sizes = _parents(spans), [_size(span) + 1 for span in spans]
    whole = _with_ancestors(sizes, parents)
    kept, room = set[int](), MOST_BYTES
    for place in _telling_first(spans, trace.root, chosen):
        if whole[place] > MOST_BYTES:
            continue  # not even with what is kept of it already
        wanted, needed = dict[int, None](), 0
        at: int | None = place
        while at is not None and at not in kept and at not in wanted and needed <= room:
            wanted[at] = None
            needed += sizes[at]
            at = parents[at]
        if needed <= room:
            kept.update(wanted)
            room -= needed
    return Trace(trace.trace_id, tuple(spans[place] for place in sorted(kept)))


def _telling_first(spans: Sequence[Span], root: Span, chosen: SafeText) -> list[int]:
    def rank(place: int) -> tuple[bool, bool, bool, float]:
        span = spans[place]
        return (span is not root, span.span_id != chosen, not span.error, -span.duration)

    return sorted(range(len(spans)), key=rank)


def _parents(spans: Sequence[Span]) -> list[int | None]:
    """The place of each span's parent; a store may make spans each other's parents."""
    places = {span.span_id: place for place, span in enumerate(spans)}
    return [None if span.parent_id is None else places.get(span.parent_id) for span in spans]


def _with_ancestors(sizes: Sequence[int], parents: Sequence[int | None]) -> dict[int, int]:
    """The size of each place with all places above it. Each is walked once: a hostile trace is a chain or a ring."""
    found = dict[int, int]()
    for start in range(len(sizes)):
        path = dict[int, int]()
        at: int | None = start
        while at is not None and at not in found and at not in path:
            path[at] = len(path)
            at = parents[at]
        walked = list(path)
        above = 0 if at is None else found.get(at, 0)
        if at in path:
            ring = walked[path[at] :]
            above = sum(sizes[one] for one in ring)
            found.update(dict.fromkeys(ring, above))
            del walked[path[at] :]
        for one in reversed(walked):
            above += sizes[one]
            found[one] = above
    return found
