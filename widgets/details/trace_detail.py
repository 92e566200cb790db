"""A trace shown whole: its waterfall."""

from __future__ import annotations

from datetime import tzinfo

from textual.content import Content

from opsconsole.domain.text import SafeText
from opsconsole.domain.trace import Span, Trace
from opsconsole.widgets.details.facts import BLANK, fact, heading
from opsconsole.widgets.glyphs import Glyphs
from opsconsole.widgets.names import span_text
from opsconsole.widgets.problem_note import clock_text
from opsconsole.widgets.rows import fit, pad, width_of

_DURATION_CELLS = 8
_DEEPEST_INDENT = 12


def trace_detail(trace: Trace, width: int, *, zone: tzinfo, glyphs: Glyphs) -> tuple[Content, ...]:
    """Lines of at most `width` cells where a span's row is concerned: `service operation | bar | duration`.

    Children stand below their parent, indented; errors say their message, events their offset
    from the trace's start.
    """
    if not trace.spans:
        return (heading(f"trace {trace.trace_id}"), fact("spans", "none in the store"))
    start = clock_text(trace.start, zone, "%Y-%m-%d %H:%M:%S.%f %Z")
    errors = trace.error_count
    lines = [
        heading(f"{trace.root.service} {trace.root.operation}"),
        fact("trace", trace.trace_id),
        fact("started", start),
        fact("took", span_text(trace.duration, glyphs.micro)),
        fact("spans", f"{len(trace.spans):,} in {len(trace.services)} services: {', '.join(trace.services)}"),
        fact("errors", f"{glyphs.error} {errors:,}" if errors else "none", "$level-error bold" if errors else ""),
        BLANK,
    ]
    waterfall = _Waterfall(trace, width, glyphs)
    for depth, span in trace.depth_first():
        lines.extend(waterfall.span_lines(depth, span))
    return tuple(lines)


class _Waterfall:
    """Columns of the waterfall: names, bars, durations."""

    def __init__(self, trace: Trace, width: int, glyphs: Glyphs) -> None:
        self._glyphs = glyphs
        self._start = trace.start
        self._duration = trace.duration
        self._name_cells = max(16, min(48, width * 2 // 5))
        self._bar_cells = max(4, width - self._name_cells - _DURATION_CELLS - 3)

    def span_lines(self, depth: int, span: Span) -> list[Content]:
        """The span's row, and below it its error and its events."""
        glyphs = self._glyphs
        indent = "  " * min(depth, _DEEPEST_INDENT) if self._name_cells >= 24 else " " * min(depth, 6)
        sign = glyphs.error if span.error else " "
        head = SafeText(f"{indent}{sign} ")
        service = fit(span.service, max(4, self._name_cells - width_of(head)), glyphs.cut)
        room = self._name_cells - width_of(head) - width_of(service) - 1
        operation = pad(span.operation, max(0, room), glyphs.cut)
        name = SafeText(f" {operation}" if room >= 3 else " " * max(0, room + 1))
        before, bar, after = self._bar(span)
        style = "$level-error" if span.error else "$series-1"
        row = Content.assemble(
            (head, "$level-error bold"),
            (service, "bold"),
            (name, ""),
            (f"{glyphs.trunk}{before}", "$muted"),
            (bar, style),
            (f"{after}{glyphs.trunk}", "$muted"),
            (pad(span_text(span.duration, glyphs.micro), _DURATION_CELLS, glyphs.cut, right=True), ""),
        )
        return [row, *self._notes(indent, span)]

    def _bar(self, span: Span) -> tuple[str, str, str]:
        """Blank, bar, blank of `_bar_cells` together; a bar has at least one cell."""
        cells = self._bar_cells
        share = cells / self._duration if self._duration > 0 else 0.0
        first = min(cells - 1, max(0, int((span.start - self._start) * share)))
        length = max(1, min(cells - first, round(span.duration * share)))
        return " " * first, self._glyphs.bar * length, " " * (cells - first - length)

    def _notes(self, indent: str, span: Span) -> list[Content]:
        notes = []
        if span.error and span.status_message:
            notes.append(Content.assemble(f"{indent}    ", (span.status_message, "$level-error")))
        for event in span.events:
            offset = span_text(event.time - self._start, self._glyphs.micro)
            told = " ".join(f"{name}={value}" for name, value in event.attributes.items())
            notes.append(
                Content.assemble(
                    (f"{indent}    {self._glyphs.marker} +{offset} ", "$muted"), event.name, (f" {told}", "$muted")
                )
            )
        return notes
