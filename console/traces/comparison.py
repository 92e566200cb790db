"""Puts two traces side by side: the same steps of two requests."""

from __future__ import annotations

from collections.abc import Iterable

from opsconsole.domain.text import SafeText
from opsconsole.domain.trace import Trace
from opsconsole.domain.trace_comparison import SpanPair, TraceComparison
from opsconsole.domain.trace_shape import TraceShape
from opsconsole.traces.shape import shape_of

Step = tuple[SafeText, SafeText, SafeText, int]
"""Service, operation, kind, and which of the like ones below the same parent, by start."""


def compare(left: Trace, right: Trace) -> TraceComparison:
    """The spans of both by their place in the tree.

    Two spans are the same step when service, operation and kind are the same, their parents are the same step, and
    as many like them began before below that parent. What is left of one service and kind, one on each side, is the
    same step under two names, such as a path with a number in it. Below a span that only one trace has all are that
    trace's own.
    """
    shapes = shape_of(left), shape_of(right)
    below = tuple(map(_below, shapes))
    pairs: list[SpanPair] = []
    stack: list[tuple[int, int | None, int | None]] = list(reversed(_steps(shapes, below, 0, -1, -1)))
    while stack:
        depth, one, other = stack.pop()
        nodes = tuple(None if at is None else shape.nodes[at] for shape, at in zip(shapes, (one, other), strict=True))
        pairs.append(SpanPair(depth, *nodes))
        stack.extend(reversed(_steps(shapes, below, depth + 1, one, other)))
    return TraceComparison(*shapes, tuple(pairs))


def _below(shape: TraceShape) -> dict[int, list[int]]:
    """The children of each node; of -1 the roots."""
    found: dict[int, list[int]] = {}
    for place, node in enumerate(shape.nodes):
        found.setdefault(-1 if node.parent is None else node.parent, []).append(place)
    return found


def _steps(
    shapes: tuple[TraceShape, ...],
    below: tuple[dict[int, list[int]], ...],
    depth: int,
    one: int | None,
    other: int | None,
) -> list[tuple[int, int | None, int | None]]:
    """What stands below `one` in the left tree and `other` in the right; None has nothing below."""
    lefts, rights = (
        _named(shape, found.get(at, ()) if at is not None else ())
        for shape, found, at in zip(shapes, below, (one, other), strict=True)
    )
    otherwise = _renamed(lefts, rights)
    steps = [(depth, place, rights.get(otherwise.get(step, step))) for step, place in lefts.items()]
    taken = {otherwise.get(step, step) for step in lefts}
    return [*steps, *((depth, None, place) for step, place in rights.items() if step not in taken)]


def _renamed(lefts: dict[Step, int], rights: dict[Step, int]) -> dict[Step, Step]:
    """Steps that only the left has, and the only one of their service and kind that only the right has."""
    found: dict[tuple[SafeText, SafeText], tuple[list[Step], list[Step]]] = {}
    for side, (steps, others) in enumerate(((lefts, rights), (rights, lefts))):
        for step in steps:
            if step not in others:
                found.setdefault((step[0], step[2]), ([], []))[side].append(step)
    return {one[0]: other[0] for one, other in found.values() if len(one) == len(other) == 1}


def _named(shape: TraceShape, places: Iterable[int]) -> dict[Step, int]:
    found: dict[Step, int] = {}
    seen: dict[tuple[SafeText, SafeText, SafeText], int] = {}
    for place in places:
        span = shape.nodes[place].span
        like = (span.service, span.operation, span.kind)
        seen[like] = seen.get(like, -1) + 1
        found[*like, seen[like]] = place
    return found
