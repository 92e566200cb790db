"""One span's bar: where it ran, what of it was on the critical path, and what happened in it."""

from __future__ import annotations

from itertools import groupby

from textual.content import Content

from opsconsole.domain.trace_shape import SpanNode
from opsconsole.widgets.glyphs import Glyphs
from opsconsole.widgets.waterfall.axis import Axis

_EXCEPTION = "exception"
"""The name of the event by which OpenTelemetry's conventions record an exception."""

Part = tuple[str, str]
"""A sign and its style."""


def bar(node: SpanNode, axis: Axis, colour: str, glyphs: Glyphs) -> Content:
    """`axis.cells` cells: a line while the span ran, solid and bold on the critical path, a mark for each event.

    A span outside the window is an arrow at the side where it lies.
    """
    cells: list[Part] = [(" ", "")] * axis.cells
    span = node.span
    stretch = axis.stretch((span.start, span.start + span.duration))
    if stretch is None:
        before = span.start < axis.window.start
        cells[0 if before else -1] = (glyphs.earlier if before else glyphs.later, "$muted")
        return _content(cells)
    for cell in range(*stretch):
        cells[cell] = (glyphs.span_line, colour)
    for section in node.critical:
        if (solid := axis.stretch(section)) is not None:
            for cell in range(max(solid[0], stretch[0]), min(solid[1], stretch[1])):
                cells[cell] = (glyphs.bar, f"{colour} bold")
    for event in span.events:
        cell = axis.cell(event.time)
        if 0 <= cell < axis.cells:
            cells[cell] = (glyphs.event, "$level-error bold" if event.name == _EXCEPTION else "$text bold")
    return _content(cells)


def _content(cells: list[Part]) -> Content:
    runs = ((style, "".join(sign for sign, _ in run)) for style, run in groupby(cells, key=lambda cell: cell[1]))
    return Content.assemble(*((text, style) for style, text in runs))
