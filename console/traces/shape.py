"""Puts a trace's tree, times and path together."""

from __future__ import annotations

from collections.abc import Sequence

from opsconsole.domain.text import SafeText
from opsconsole.domain.trace import Span, Trace
from opsconsole.domain.trace_shape import Section, ServiceShare, SpanNode, TraceShape
from opsconsole.traces.times import critical_sections, outside, own_time, unwaited
from opsconsole.traces.tree import Tree, tree_of


def shape_of(trace: Trace) -> TraceShape:
    """What the spans of `trace` say together; a trace without spans has no nodes."""
    spans = trace.spans
    if not spans:
        return TraceShape(trace, (), 0.0, 0.0, (), 0, 0, 0.0)
    tree = tree_of(spans)
    waited = [not unwaited(span) for span in spans]
    own = [
        own_time(span, (spans[child] for child in tree.children[place] if waited[child]))
        for place, span in enumerate(spans)
    ]
    critical = critical_sections(main_root(spans, tree), spans, tree.children, waited)
    start = min(span.start for span in spans)
    return TraceShape(
        trace,
        tuple(_nodes(spans, tree, own, critical, waited)),
        start,
        max(span.start + span.duration for span in spans) - start,
        _shares(spans, tree, own),
        sum(span.parent_id is None for span in spans),
        len({spans[place].parent_id for place in tree.missing}),
        sum(end - begun for sections in critical.values() for begun, end in sections),
    )


def main_root(spans: Sequence[Span], tree: Tree) -> int:
    """The place of the span that stands for the request: the first without a parent, else the first at the top."""
    tops = [place for place in tree.order if tree.parents[place] is None]
    return next((place for place in tops if spans[place].parent_id is None), tops[0])


def _nodes(
    spans: Sequence[Span], tree: Tree, own: list[float], critical: dict[int, list[Section]], waited: list[bool]
) -> list[SpanNode]:
    """In the tree's order."""
    index_of = {place: index for index, place in enumerate(tree.order)}
    below, errors, last = _counted(spans, tree)
    nodes = []
    for place, depth in zip(tree.order, tree.depths, strict=True):
        span, parent = spans[place], tree.parents[place]
        early, late = outside(span, spans[parent]) if parent is not None and waited[place] else (0.0, 0.0)
        nodes.append(
            SpanNode(
                span,
                depth,
                None if parent is None else index_of[parent],
                place in last,
                below[place],
                errors[place],
                own[place],
                tuple(critical.get(place, ())),
                early,
                late,
                not waited[place],
                place in tree.missing,
                place in tree.looped,
            )
        )
    return nodes


def _counted(spans: Sequence[Span], tree: Tree) -> tuple[list[int], list[int], set[int]]:
    """Spans and errors below each span, and which spans are the last among their siblings."""
    below, errors = [0] * len(spans), [0] * len(spans)
    for place in reversed(tree.order):
        parent = tree.parents[place]
        if parent is not None:
            below[parent] += 1 + below[place]
            errors[parent] += spans[place].error + errors[place]
    tops = [place for place in tree.order if tree.parents[place] is None]
    return below, errors, {tops[-1], *(children[-1] for children in tree.children if children)}


def _shares(spans: Sequence[Span], tree: Tree, own: list[float]) -> tuple[ServiceShare, ...]:
    found: dict[SafeText, list[float]] = {}
    for place in tree.order:
        span = spans[place]
        share = found.setdefault(span.service, [0, 0, 0.0])
        share[0] += 1
        share[1] += span.error
        share[2] += own[place]
    return tuple(ServiceShare(service, int(many), int(errors), own) for service, (many, errors, own) in found.items())
