"""Log lines over time, as bars above a log list."""

from __future__ import annotations

import enum
import math
from collections.abc import Sequence
from itertools import groupby
from typing import ClassVar

import msgspec
from rich.segment import Segment
from textual.strip import Strip
from textual.widget import Widget

from opsconsole.domain.log_record import LogBucket, LogLevel
from opsconsole.domain.time_range import TimeRange
from opsconsole.widgets.chart.raster import Grid
from opsconsole.widgets.chart.signs import signs_for
from opsconsole.widgets.glyphs import UNICODE, Glyphs

ERROR_SHARE = 0.1
"""The share of error lines from which a bar's foot has the errors' colour; below it, a warning's."""


class Shade(enum.Enum):
    """What a cell of a bar holds; the value is the end of its component class `histogram--…`."""

    PLAIN = "bar"
    SOME = "some"
    ERRORS = "error"
    CURSOR = "cursor"


class Bar(msgspec.Struct, frozen=True):
    """One column: all lines, and those of level error and fatal. Fractions are lines shared by columns."""

    total: float
    errors: float


def bars(buckets: Sequence[LogBucket], bucket_width: float, span: TimeRange, columns: int) -> list[Bar]:
    """`buckets` of `bucket_width` seconds shared out over `columns` equal parts of `span`.

    Counts are spread evenly within a bucket, so their sum within the span is kept.
    """
    totals, errors = [0.0] * columns, [0.0] * columns
    if columns < 1 or not span.span > 0:
        return []
    scale = columns / span.span
    for bucket in buckets:
        begin = (bucket.start - span.start) * scale
        end = begin + max(bucket_width * scale, 1e-9)
        wrong = bucket.counts.get(LogLevel.ERROR, 0) + bucket.counts.get(LogLevel.FATAL, 0)
        for column in range(max(0, math.floor(begin)), min(columns, math.ceil(end))):
            share = (min(end, column + 1) - max(begin, column)) / (end - begin)
            if share > 0:
                totals[column] += bucket.total * share
                errors[column] += wrong * share
    return [Bar(total, wrong) for total, wrong in zip(totals, errors, strict=True)]


def eighths(value: float, most: float, full: int) -> int:
    """The height of `value` in `full` steps for `most`: 0 only for nothing."""
    if value <= 0 or most <= 0:
        return 0
    return max(1, min(full, round(value / most * full)))


def bar_rows(bars_shown: Sequence[Bar], rows: int, blocks: Sequence[str]) -> list[list[tuple[str, Shade]]]:
    """The cells of `bars_shown` in `rows` lines, top first; the tallest bar fills them."""
    most = max((bar.total for bar in bars_shown), default=0.0)
    steps = len(blocks) - 1
    lines: list[list[tuple[str, Shade]]] = []
    for row in range(rows - 1, -1, -1):
        line: list[tuple[str, Shade]] = []
        for bar in bars_shown:
            filled = min(steps, max(0, eighths(bar.total, most, steps * rows) - row * steps))
            wrong = min(steps, max(0, eighths(bar.errors, most, steps * rows) - row * steps))
            line.append((blocks[filled], _shade(bar, filled, wrong, foot=row == 0)))
        lines.append(line)
    return lines


def _shade(bar: Bar, filled: int, wrong: int, *, foot: bool) -> Shade:
    if bar.errors <= 0 or not filled:
        return Shade.PLAIN
    if wrong * 2 > filled or (foot and bar.errors >= bar.total * ERROR_SHARE):
        return Shade.ERRORS
    return Shade.SOME if foot else Shade.PLAIN


class HistogramStrip(Widget):
    """Bars of as many rows as it is high, one or two; errors stand at the foot, coloured and underlined.

    The cursor is a line through its column.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"histogram--{shade.value}" for shade in Shade}

    DEFAULT_CSS = """
    HistogramStrip {
        height: 1;
        width: 1fr;
        color: $text;
        & > .histogram--bar { color: $muted; }
        & > .histogram--some { color: $severity-warning; }
        & > .histogram--error { color: $severity-critical; text-style: underline; }
        & > .histogram--cursor { color: $cursor-line; text-style: bold; }
    }
    """

    def __init__(
        self,
        *,
        glyphs: Glyphs = UNICODE,
        id: str | None = None,  # noqa: A002  - Textual's own name for it
        classes: str | None = None,
    ) -> None:
        """A strip without lines yet."""
        super().__init__(id=id, classes=classes)
        self._signs = signs_for(glyphs)
        self._buckets: tuple[LogBucket, ...] = ()
        self._bucket_width = 0.0
        self._span = TimeRange(0.0, 0.0)
        self._cursor: float | None = None
        self._strips: list[Strip] = []

    def show(
        self, buckets: tuple[LogBucket, ...], *, bucket_width: float, span: TimeRange, cursor: float | None = None
    ) -> None:
        """Draw `buckets` of `bucket_width` seconds within `span`, with the `cursor` (unix seconds)."""
        self._buckets, self._bucket_width, self._span, self._cursor = buckets, bucket_width, span, cursor
        if not self.is_mounted or not self._strips:
            self.refresh()
            return
        before, self._strips = self._strips, self._draw()
        if before != self._strips:
            self.refresh()

    def notify_style_update(self) -> None:
        """Forget lines in the old colours."""
        super().notify_style_update()
        self._strips = []

    def render_line(self, y: int) -> Strip:
        """Line `y` of the bars."""
        width, height = self.content_size
        if len(self._strips) != height or (self._strips and self._strips[0].cell_length != width):
            self._strips = self._draw()
        return self._strips[y] if y < len(self._strips) else Strip.blank(width, self.visual_style.rich_style)

    def _draw(self) -> list[Strip]:
        width, height = self.content_size
        if not width or not height:
            return []
        rows = bar_rows(bars(self._buckets, self._bucket_width, self._span, width), height, self._signs.blocks)
        column = None if self._cursor is None else Grid(width, height).column(self._cursor, self._span)
        styles = {shade: self.get_visual_style(f"histogram--{shade.value}").rich_style for shade in Shade}
        strips: list[Strip] = []
        for row in rows:
            if column is not None:
                row[column] = (self._signs.cursor_line, Shade.CURSOR)
            segments = [
                Segment("".join(char for char, _ in cells), styles[shade])
                for shade, cells in groupby(row, key=lambda cell: cell[1])
            ]
            strips.append(Strip(segments).adjust_cell_length(width, self.visual_style.rich_style))
        return strips
