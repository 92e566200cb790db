"""The traces pane: requests that failed, then the newest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import msgspec
from textual.content import Content

from opsconsole.domain.text import SafeText
from opsconsole.domain.trace import Trace, TraceList
from opsconsole.widgets.feed_list import FeedList
from opsconsole.widgets.names import span_text
from opsconsole.widgets.problem_note import clock_text
from opsconsole.widgets.rows import Row, RowView, pad, width_of

_DURATION_CELLS = 7


def profile(trace: Trace, columns: int, levels: SafeText) -> SafeText:
    """How many spans were open over the trace's time, as `columns` signs of `levels`.

    A column's height is its highest count as a share of the whole trace's highest.
    """
    start, duration = trace.start, trace.duration
    if columns <= 0 or not duration > 0:
        return SafeText(levels[-1] * max(0, columns))
    edges: list[int] = [0] * (columns + 1)
    for span in trace.spans:
        first = min(columns - 1, max(0, int((span.start - start) / duration * columns)))
        last = min(columns - 1, max(first, int((span.start + span.duration - start) / duration * columns - 1e-9)))
        edges[first] += 1
        edges[last + 1] -= 1
    counts, open_spans = [], 0
    for edge in edges[:-1]:
        open_spans += edge
        counts.append(open_spans)
    highest = max(counts)
    return SafeText("".join(levels[max(0, round(count / highest * len(levels)) - 1)] for count in counts))


class TraceRow(msgspec.Struct, frozen=True):
    """One trace; its figures are worked out once. `name_cells` is the longest operation of the list."""

    key: str
    trace: Trace
    duration: float
    start: float
    errors: int
    operation: SafeText
    services: tuple[SafeText, ...]
    name_cells: int

    @property
    def height(self) -> int:
        """One line."""
        return 1

    def lines(self, view: RowView) -> tuple[Content, ...]:
        """`812 ms ✘ POST /pay  gateway▸checkout▸orders▸db  ▂████▁  14:11:03`."""
        glyphs, width = view.glyphs, view.width
        duration = pad(span_text(self.duration, glyphs.micro), _DURATION_CELLS, glyphs.cut, right=True)
        sign = glyphs.error if self.errors else " "
        head = f"{duration} {sign} "
        bar = 10 if width >= 72 else 0
        bar = 16 if width >= 110 else bar
        tail: list[tuple[str, str]] = []
        if bar:
            # Red bars in every row would shout down the figures; sign and duration tell the error.
            tail += [(f" {profile(self.trace, bar, glyphs.levels)}", "$muted" if self.errors else "$series-1")]
        if width >= 56:
            tail += [(f" {clock_text(self.start, view.zone)}", "$muted")]
        room = max(1, width - width_of(head) - sum(width_of(text) for text, _ in tail))
        path = SafeText(glyphs.path.join(self.services))
        cells = min(self.name_cells, max(12, room * 2 // 5), room)
        name = pad(self.operation, cells, glyphs.cut)
        rest = pad(SafeText(f" {path}"), room - cells, glyphs.cut)
        return (
            Content.assemble(
                (head, "$level-error bold" if self.errors else ""), (name, "bold"), (rest, "$muted"), *tail
            ),
        )


class TraceListView(FeedList[TraceList, Trace]):
    """Traces, those with errors first, then the newest."""

    SOURCE: ClassVar[str] = "jaeger"

    @property
    def count_text(self) -> SafeText:
        """How many traces and how many failed: `20+ traces, 3 failed`."""
        if self._value is None:
            return SafeText("")
        traces = self._value.traces
        failed = sum(trace.error_count > 0 for trace in traces)
        more = "+" if self._value.limited else ""
        return SafeText(f"{len(traces)}{more} traces, {failed} failed")

    def empty(self) -> tuple[SafeText, ...]:
        """No request was traced."""
        return (
            SafeText("no traces in this range"),
            SafeText("a longer range or another service may have some; sampling may leave them out"),
        )

    def build(self, value: TraceList) -> Sequence[tuple[Row, Trace]]:
        """One row a trace that has spans."""
        traces = [trace for trace in value.traces if trace.spans]
        cells = max((width_of(trace.root.operation) for trace in traces), default=0)
        rows = [self._row(trace, cells) for trace in traces]
        rows.sort(key=lambda row: (row.errors == 0, -row.start))
        return tuple((row, row.trace) for row in rows)

    def _row(self, trace: Trace, name_cells: int) -> TraceRow:
        return TraceRow(
            trace.trace_id,
            trace,
            trace.duration,
            trace.start,
            trace.error_count,
            trace.root.operation,
            trace.services,
            name_cells,
        )
