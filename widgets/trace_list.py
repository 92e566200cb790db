"""The list of traces: requests that failed, then the slowest."""

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
from opsconsole.widgets.rows import Row, RowView, fit, pad, width_of

MARKS = (SafeText("A"), SafeText("B"))
"""What the two traces to be compared are called."""

NOTHING = (
    SafeText("no traces in this range"),
    SafeText("a longer range or another service may have some; sampling may leave them out"),
)

_DURATION_CELLS = 7
_ERROR_CELLS = 4


class Columns(msgspec.Struct, frozen=True):
    """Cells of the columns that give way; 0 leaves one out."""

    clock: int
    bar: int
    spans: int
    root: int
    services: int


def columns_of(width: int, root_cells: int) -> Columns:
    """The columns of a row of `width` cells where the longest root needs `root_cells`.

    What failed, how long it took and what was asked stay; services, span counts, bars and the time go in this order.
    """
    clock = 9 if width >= 52 else 0
    bar = 16 if width >= 110 else 8 if width >= 72 else 0
    spans = 6 if width >= 72 else 0
    room = max(1, width - 2 - _DURATION_CELLS - 1 - _ERROR_CELLS - clock - (bar + 1 if bar else 0) - spans)
    services = room - max(16, min(root_cells, room * 4 // 5)) - 1
    if services < 8:
        return Columns(clock, bar, spans, room, 0)
    return Columns(clock, bar, spans, room - services - 1, services)


class TraceRow(msgspec.Struct, frozen=True):
    """One trace; its figures are worked out once. `root_cells` and `longest` (seconds) are the list's greatest."""

    key: str
    trace: Trace
    duration: float
    start: float
    errors: int
    root: SafeText
    on_the_way: tuple[SafeText, ...]
    """Services beyond the root's own, in the order the request reached them."""
    root_cells: int
    longest: float
    mark: SafeText

    @property
    def height(self) -> int:
        """One line."""
        return 1

    def lines(self, view: RowView) -> tuple[Content, ...]:
        """`A 14:11:03  812 ms ━━━━━━━━ ✘3    5 gateway POST /pay ▸checkout▸orders▸db`."""
        glyphs = view.glyphs
        columns = columns_of(view.width, self.root_cells)
        service, _, operation = self.root.partition(" ")
        name = fit(self.root, columns.root, glyphs.cut)
        named = Content.assemble((service, "bold"), f" {operation}") if name == self.root else Content(name)
        errors = f"{glyphs.error}{self.errors:,}" if self.errors else ""
        loud = "$level-error bold" if self.errors else ""
        duration = pad(span_text(self.duration, glyphs.micro), _DURATION_CELLS, glyphs.cut, right=True)
        parts: list[tuple[str, str]] = [(self.mark or " ", "$primary bold"), (" ", "")]
        if columns.clock:
            parts.append((f"{clock_text(self.start, view.zone)} ", "$muted"))
        parts.append((f"{duration} ", loud))
        if columns.bar:
            parts.append(
                (f"{self._bar(columns.bar, glyphs.span_line)} ", "$level-error" if self.errors else "$series-1")
            )
        parts.append((f"{pad(SafeText(errors), _ERROR_CELLS - 1, glyphs.cut)} ", loud))
        if columns.spans:
            parts.append(
                (f"{pad(SafeText(f'{len(self.trace.spans):,}'), columns.spans - 1, glyphs.cut, right=True)} ", "$muted")
            )
        gap = " " * max(0, columns.root - named.cell_length)
        path = ""
        if columns.services:
            way = SafeText("".join(f"{glyphs.path}{service}" for service in self.on_the_way))
            path = f"{gap} {fit(way, columns.services, glyphs.cut)}"
        return (Content.assemble(*parts, named, (path, "$muted")),)

    def _bar(self, cells: int, line: SafeText) -> SafeText:
        share = self.duration / self.longest if self.longest > 0 else 0.0
        length = max(1, min(cells, round(share * cells)))
        return SafeText(line * length + " " * (cells - length))


class TraceListView(FeedList[TraceList, Trace]):
    """Traces, those with errors first, then the slowest. Up to two are marked for comparison."""

    SOURCE: ClassVar[str] = "jaeger"

    _marked: tuple[str, ...] = ()
    _nothing: tuple[SafeText, ...] = NOTHING

    @property
    def count_text(self) -> SafeText:
        """How many traces and how many of them failed: `40+ traces, 3 failed` where the store has more."""
        if self._value is None:
            return SafeText("")
        traces = self._value.traces
        failed = sum(trace.error_count > 0 for trace in traces)
        many = f"{len(traces):,}{'+' if self._value.limited else ''}"
        return SafeText(f"{many} trace{'s' * (many != '1')}, {failed:,} failed")

    @property
    def traces(self) -> tuple[Trace, ...]:
        """The listed traces, in the list's order."""
        return tuple(self._items.values())

    @property
    def marked(self) -> tuple[Trace, ...]:
        """Those marked and still listed, in the order they were marked."""
        return tuple(self._items[key] for key in self._marked if key in self._items)

    def toggle_mark(self) -> None:
        """Mark the trace under the cursor, or take its mark away; of three marks the oldest goes."""
        key = self.rows.cursor_key
        if key is not None:
            kept = tuple(one for one in self._marked if one != key and one in self._items)
            self._marked = kept if key in self._marked else (*kept, key)[-len(MARKS) :]
            self.rebuild()

    def say_nothing(self, words: tuple[SafeText, ...]) -> None:
        """What stands there while there is no trace: that there is none, then what to do."""
        self._nothing = words

    def empty(self) -> tuple[SafeText, ...]:
        """No request was traced."""
        return self._nothing

    def build(self, value: TraceList) -> Sequence[tuple[Row, Trace]]:
        """One row a trace that has spans."""
        traces = sorted(
            (one for one in value.traces if one.spans), key=lambda one: (not one.error_count, -one.duration)
        )
        roots = [SafeText(f"{trace.root.service} {trace.root.operation}") for trace in traces]
        cells = max(map(width_of, roots), default=0)
        longest = max((trace.duration for trace in traces), default=0.0)
        return tuple((self._row(trace, root, cells, longest), trace) for trace, root in zip(traces, roots, strict=True))

    def _row(self, trace: Trace, root: SafeText, root_cells: int, longest: float) -> TraceRow:
        marked = self._marked.index(trace.trace_id) if trace.trace_id in self._marked else -1
        return TraceRow(
            trace.trace_id,
            trace,
            trace.duration,
            trace.start,
            trace.error_count,
            root,
            tuple(service for service in trace.services if service != trace.root.service),
            root_cells,
            longest,
            MARKS[marked] if marked >= 0 else SafeText(""),
        )
