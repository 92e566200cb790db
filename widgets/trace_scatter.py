"""Traces as points: when they began, and how long they took."""

from __future__ import annotations

import enum
import math
from collections.abc import Iterable, Sequence
from datetime import UTC, tzinfo
from itertools import groupby

import msgspec
from rich.segment import Segment
from textual import events
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.style import Style
from textual.widget import Widget

from opsconsole.domain.series import Unit, YAxis
from opsconsole.domain.time_range import TimeRange
from opsconsole.domain.trace import Trace
from opsconsole.widgets.chart.axes import time_axis, value_axis
from opsconsole.widgets.chart.lines import Line, Role
from opsconsole.widgets.chart.raster import Grid
from opsconsole.widgets.chart.scale import Scale, fit_scale
from opsconsole.widgets.chart.signs import signs_for
from opsconsole.widgets.glyphs import UNICODE, Glyphs
from opsconsole.widgets.rows import width_of

SHORTEST = 1e-6
"""Seconds that a point without a duration is drawn at, for want of a logarithm of nothing."""


class Shade(enum.Enum):
    """What a cell is; the value is the end of its component class `scatter--…`."""

    PLAIN = "plain"
    MUTED = "muted"
    FINE = "fine"
    FAILED = "failed"
    CURSOR = "cursor"


class Point(msgspec.Struct, frozen=True):
    """One trace: `start` in unix seconds, `duration` in seconds."""

    key: str
    start: float
    duration: float
    failed: bool


def points_of(traces: Iterable[Trace]) -> tuple[Point, ...]:
    """A point for each trace that has spans."""
    return tuple(
        Point(trace.trace_id, trace.start, trace.duration, trace.error_count > 0) for trace in traces if trace.spans
    )


Cell = tuple[str, Shade, bool]
"""The sign, what it is, and whether it is lit."""


class Plot(msgspec.Struct, frozen=True):
    """Where the points lie on a grid; `points` outside the span have no place."""

    grid: Grid
    span: TimeRange
    scale: Scale

    def place(self, point: Point) -> tuple[int, int] | None:
        """Column and row of `point`, None outside the span or without a time."""
        if not math.isfinite(point.start) or not math.isfinite(point.duration):
            return None
        column = self.grid.column(point.start, self.span)
        return None if column is None else (column, self.grid.row(max(point.duration, SHORTEST), self.scale))

    def cells(self, points: Sequence[Point], lit: str, cursor: float | None, glyphs: Glyphs) -> list[list[Cell]]:
        """The grid row by row, the slowest on top. Of points in one cell an error shows, and the lit one before all."""
        rows: list[list[Cell]] = [[(" ", Shade.PLAIN, False)] * self.grid.columns for _ in range(self.grid.rows)]
        under = None if cursor is None else self.grid.column(cursor, self.span)
        if under is not None:
            for row in rows:
                row[under] = (signs_for(glyphs).cursor_line, Shade.CURSOR, False)
        for point in sorted(points, key=lambda one: (one.key == lit, one.failed)):
            place = self.place(point)
            if place is not None:
                sign, shade = (glyphs.error, Shade.FAILED) if point.failed else (glyphs.live, Shade.FINE)
                rows[place[1]][place[0]] = (sign, shade, point.key == lit)
        return rows


def scale_of(points: Sequence[Point], span: TimeRange) -> Scale:
    """A logarithmic axis of seconds for the points within `span`, at least one power of ten high."""
    seen = [
        max(point.duration, SHORTEST)
        for point in points
        if span.contains(point.start) and math.isfinite(point.duration)
    ]
    extent = (min(seen), max(seen)) if seen else (0.01, 1.0)
    if extent[1] < extent[0] * 10:
        middle = math.sqrt(extent[0] * extent[1])
        extent = (middle / math.sqrt(10), middle * math.sqrt(10))
    return fit_scale(extent, YAxis(), (), Unit.SECONDS, logarithmic=True)


class TraceScatter(Widget):
    """Time across, duration up on a logarithmic axis; errors by another sign and colour, one point lit."""

    COMPONENT_CLASSES = {f"scatter--{shade.value}" for shade in Shade}  # noqa: RUF012  - Textual declares it so

    DEFAULT_CSS = """
    TraceScatter {
        height: 6;
        width: 1fr;
        color: $text;
        & > .scatter--plain { color: $text; }
        & > .scatter--muted { color: $muted; }
        & > .scatter--fine { color: $series-1; }
        & > .scatter--failed { color: $severity-critical; text-style: bold; }
        & > .scatter--cursor { color: $cursor-line; }
    }
    """

    class Picked(Message):
        """A point was clicked."""

        def __init__(self, key: str) -> None:
            """`key` is the trace's."""
            super().__init__()
            self.key = key

    def __init__(
        self,
        *,
        glyphs: Glyphs = UNICODE,
        zone: tzinfo = UTC,
        id: str | None = None,  # noqa: A002  - Textual's own name for it
    ) -> None:
        """Without points yet; times are written in `zone`."""
        super().__init__(id=id)
        self._glyphs = glyphs
        self._zone = zone
        self._points: tuple[Point, ...] = ()
        self._span = TimeRange(0.0, 0.0)
        self._cursor: float | None = None
        self._lit = ""
        self._strips: list[Strip] = []
        self._plot: Plot | None = None
        self._gutter = 0

    def show(self, points: tuple[Point, ...], *, span: TimeRange, cursor: float | None = None, lit: str = "") -> None:
        """Draw `points` within `span` with the time `cursor` (unix seconds), the point with key `lit` reversed."""
        self._points, self._span, self._cursor, self._lit = points, span, cursor, lit
        if not self.is_mounted or not self._strips:
            self.refresh()
            return
        before, self._strips = self._strips, self._draw()
        if len(before) != len(self._strips):
            self.refresh()
            return
        changed = [y for y, strip in enumerate(self._strips) if strip != before[y]]
        if changed:
            self.refresh(*(Region(0, y, self.content_size.width, 1) for y in changed))

    def notify_style_update(self) -> None:
        """Forget lines in the old colours."""
        super().notify_style_update()
        self._strips = []

    def on_click(self, event: events.Click) -> None:
        """Tell which point is nearest to where was clicked."""
        offset, plot = event.get_content_offset(self), self._plot
        if offset is None or plot is None:
            return
        at = (offset.x - self._gutter, offset.y)
        places = [(one.key, place) for one in self._points if (place := plot.place(one)) is not None]
        near = [(abs(x - at[0]) + 2 * abs(y - at[1]), key) for key, (x, y) in places]
        if near and min(near)[0] <= 4:
            self.post_message(self.Picked(min(near)[1]))

    def render_line(self, y: int) -> Strip:
        """Line `y` of the picture."""
        width, height = self.content_size
        if len(self._strips) != height or (self._strips and self._strips[0].cell_length != width):
            self._strips = self._draw()
        return self._strips[y] if y < len(self._strips) else Strip.blank(width, self.visual_style.rich_style)

    # --- drawing

    def _draw(self) -> list[Strip]:
        width, height = self.content_size
        if width < 16 or height < 2 or not self._span.span > 0:
            self._plot = None
            return [Strip.blank(width, self.visual_style.rich_style)] * height
        signs, rows = signs_for(self._glyphs), height - 1
        scale = scale_of(self._points, self._span)
        labels = value_axis(scale, (), Unit.SECONDS, Grid(1, rows, 1, 1), self._glyphs, signs)
        self._gutter = width_of("".join(text for text, _ in labels[0]))
        grid = Grid(width - self._gutter, rows, 1, 1)
        self._plot = Plot(grid, self._span, scale)
        styles = {shade: self.get_visual_style(f"scatter--{shade.value}") for shade in Shade}
        cells = self._plot.cells(self._points, self._lit, self._cursor, self._glyphs)
        strips = [
            self._strip([*_segments(label, styles), *_runs(row, styles)], width)
            for label, row in zip(labels, cells, strict=True)
        ]
        axis = time_axis(self._span, grid, self._zone, {}, self._cursor, signs)
        foot = [Segment(" " * self._gutter), *_segments(axis, styles)]
        return [*strips, self._strip(foot, width)]

    def _strip(self, segments: list[Segment], width: int) -> Strip:
        return Strip(segments).adjust_cell_length(width, self.visual_style.rich_style)


def _segments(line: Line, styles: dict[Shade, Style]) -> list[Segment]:
    """Pieces of an axis."""
    return [
        Segment(text, styles[Shade.CURSOR if role is Role.CURSOR else Shade.MUTED].rich_style) for text, role in line
    ]


def _runs(row: Sequence[Cell], styles: dict[Shade, Style]) -> list[Segment]:
    """Cells of equal look together."""
    made = []
    for (shade, lit), run in groupby(row, key=lambda cell: cell[1:]):
        style = styles[shade] + Style(reverse=True, bold=True) if lit else styles[shade]
        made.append(Segment("".join(sign for sign, _, _ in run), style.rich_style))
    return made
