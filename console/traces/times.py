"""What a span's own time is, and which of its children it waits for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from opsconsole.domain.trace import FOLLOWS_FROM, REFERENCE_TYPE, Span
from opsconsole.domain.trace_shape import Section

CLOCK_GRAIN = 2e-6
"""Seconds by which times may differ without meaning: stores keep microseconds, and unix seconds in a float are
exact to a quarter of one."""


def unwaited(span: Span) -> bool:
    """Whether the parent does not wait for it: a consumer of messages, or one that only follows its parent."""
    if span.kind == "consumer":
        return True
    return any(
        link.span_id == span.parent_id
        and link.trace_id == span.trace_id
        and link.attributes.get(REFERENCE_TYPE) == FOLLOWS_FROM
        for link in span.links
    )


def outside(child: Span, parent: Span) -> tuple[float, float]:
    """Seconds by which `child` begins before `parent`, and ends after it; 0.0 where it does not."""
    early = parent.start - child.start
    late = child.start + child.duration - (parent.start + parent.duration)
    return (early if early > CLOCK_GRAIN else 0.0, late if late > CLOCK_GRAIN else 0.0)


def own_time(span: Span, children: Iterable[Span]) -> float:
    """Seconds of `span` in which none of `children` ran: its duration less the union of their intervals within it."""
    end = span.start + span.duration
    covered, reached = 0.0, span.start
    for start, stop in sorted((child.start, child.start + child.duration) for child in children):
        within = min(stop, end) - max(start, reached)
        if within > 0:
            covered += within
            reached = min(stop, end)
    return max(0.0, span.duration - covered)


def critical_sections(
    root: int, spans: Sequence[Span], children: Sequence[Sequence[int]], waited: Sequence[bool]
) -> dict[int, list[Section]]:
    """Which parts of which spans decided how long the span at `root` took; every moment of it belongs to one span.

    As Jaeger's UI finds it, and the CRISP paper before it (Zhang et al., USENIX ATC 2022): go back from the root's
    end. The time since its last finished child is the span's own; then that child is followed in the same way to its
    start, and the span again before that, with the child that had finished by then. Children are cut to their
    parent's time; those that the parent does not wait for, and those outside it, have no part in it.
    """
    found: dict[int, list[Section]] = {}
    first = spans[root]
    stack = [_Walk(root, first.start, first.start + first.duration, spans, children, waited)]
    while stack:
        walk = stack[-1]
        child = walk.last_finished()
        until = walk.start if child is None else child.end
        if walk.reached > until:
            found.setdefault(walk.place, []).append((until, walk.reached))
        if child is None:
            stack.pop()
            continue
        walk.reached = child.start
        stack.append(_Walk(child.place, child.start, child.end, spans, children, waited))
    for sections in found.values():
        sections.reverse()
    return found


class _Child:
    __slots__ = ("end", "place", "start")

    def __init__(self, place: int, start: float, end: float) -> None:
        self.place, self.start, self.end = place, start, end


class _Walk:
    """Where in a span the way back has come to, and the children it may still meet."""

    __slots__ = ("_waiting", "place", "reached", "start")

    def __init__(
        self,
        place: int,
        start: float,
        end: float,
        spans: Sequence[Span],
        children: Sequence[Sequence[int]],
        waited: Sequence[bool],
    ) -> None:
        self.place, self.start, self.reached = place, start, end
        within = []
        for child in children[place]:
            span = spans[child]
            first, last = max(span.start, start), min(span.start + span.duration, end)
            if waited[child] and first <= last:
                within.append(_Child(child, first, last))
        # The last to finish comes last, of those the one that ran longest.
        within.sort(key=lambda one: (one.end, -one.start))
        self._waiting = within

    def last_finished(self) -> _Child | None:
        """The child that finished last before the place reached; those still running there had no say."""
        while self._waiting:
            child = self._waiting.pop()
            if child.end <= self.reached:
                return child
        return None
