"""The line above a waterfall."""

from __future__ import annotations

from datetime import tzinfo

from textual.content import Content

from opsconsole.domain.text import SafeText
from opsconsole.domain.trace_shape import TraceShape
from opsconsole.widgets.glyphs import Glyphs
from opsconsole.widgets.problem_note import clock_text
from opsconsole.widgets.waterfall.axis import Window
from opsconsole.widgets.waterfall.times import precise


def request_of(shape: TraceShape) -> SafeText:
    """What was asked of whom: the first span without a parent, else the first of all."""
    root = next((node.span for node in shape.nodes if node.span.parent_id is None), shape.nodes[0].span)
    return SafeText(f"{root.service} {root.operation}")


def figures_of(shape: TraceShape, glyphs: Glyphs, zone: tzinfo) -> SafeText:
    """How long it took, how large it is, when it began, and its id."""
    spans, services = len(shape.nodes), len(shape.services)
    return SafeText(
        f"{precise(shape.duration, glyphs.micro)}, {spans:,} span{'s' * (spans != 1)} in {services} "
        f"service{'s' * (services != 1)}, {clock_text(shape.start, zone, '%H:%M:%S %Z')}, trace {shape.trace.trace_id}"
    )


def standing_of(shape: TraceShape, found: int | None, zoom: Window | None, glyphs: Glyphs) -> Content:
    """How many spans were `found` where some are looked for, what is zoomed into, and how many failed."""
    parts = []
    if found is not None:
        parts.append((f"{found:,} of {len(shape.nodes):,} spans  ", "bold"))
    if zoom is not None:
        begin, end = (precise(one - shape.start, glyphs.micro) for one in (zoom.start, zoom.end))
        parts.append((f"{begin} to {end}  ", "bold"))
    failed = f"{glyphs.error} {shape.errors:,} failed" if shape.errors else "none failed"
    return Content.assemble(*parts, (failed, "$level-error bold" if shape.errors else "$muted"))
