"""The labels left of a plot, the time axis below it, and the numbers at the end of its lines."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo

from opsconsole.domain.series import Threshold, Unit
from opsconsole.domain.text import SafeText
from opsconsole.domain.time_range import TimeRange
from opsconsole.safe_text import safe_text
from opsconsole.widgets.chart.figures import Figure
from opsconsole.widgets.chart.lines import SERIES_ROLES, Line, Piece, Role, piece, runs_of
from opsconsole.widgets.chart.raster import Grid
from opsconsole.widgets.chart.scale import Scale
from opsconsole.widgets.chart.signs import Signs, in_ascii
from opsconsole.widgets.chart.ticks import time_form, time_ticks
from opsconsole.widgets.chart.units import format_bare
from opsconsole.widgets.glyphs import Glyphs
from opsconsole.widgets.rows import width_of

_LABEL_GAP = 3


def ticks_for(rows: int) -> int:
    """How many labels a plot of `rows` lines carries without crowding."""
    return max(2, min(rows, rows // 3 + 1))


def value_axis(
    scale: Scale, thresholds: Sequence[Threshold], unit: Unit, grid: Grid, glyphs: Glyphs, signs: Signs
) -> list[Line]:
    """One line of equal width for each plot row: the value at a tick or threshold, and the axis."""
    labels: dict[int, tuple[SafeText, Role]] = {}
    for tick in scale.ticks(ticks_for(grid.rows), unit):
        labels[grid.row(tick, scale)] = (format_bare(tick, unit), Role.MUTED)
    for threshold in thresholds:
        if scale.holds(threshold.value):
            sign = glyphs.above if threshold.above else glyphs.below
            text = SafeText(f"{sign}{format_bare(threshold.value, unit)}")
            labels[grid.row(threshold.value, scale)] = (text, Role.THRESHOLD)
    if not signs.braille:
        labels = {row: (in_ascii(text), role) for row, (text, role) in labels.items()}
    width = max((width_of(text) for text, _ in labels.values()), default=0)
    lines: list[Line] = []
    for row in range(grid.rows):
        text, role = labels.get(row, (SafeText(""), Role.MUTED))
        lines.append((piece(" " * (width - width_of(text)) + text, role), piece(signs.axis, Role.MUTED)))
    return lines


def clock(moment: float, zone: tzinfo, form: str) -> SafeText:
    """`moment` (unix seconds) in `zone`; "no time" for one that no calendar holds."""
    try:
        return SafeText(datetime.fromtimestamp(moment, UTC).astimezone(zone).strftime(form))
    except (ValueError, OverflowError, OSError):
        return SafeText("no time")


def zone_name(moment: float, zone: tzinfo) -> SafeText:
    """The zone's name at `moment`, such as `UTC` or `CEST`."""
    return safe_text(clock(moment, zone, "%Z"), 12)


def time_axis(
    span: TimeRange, grid: Grid, zone: tzinfo, markers: dict[int, SafeText], cursor: float | None, signs: Signs
) -> Line:
    """The labels below a plot of `grid`: marker letters, the cursor's time beside them, then the clock."""
    ruler = Ruler(grid.columns)
    for column, letter in markers.items():
        ruler.put(letter, column, Role.MARKER)
    under = None if cursor is None else grid.column(cursor, span)
    if cursor is not None and under is not None:
        text = clock(cursor, zone, "%m-%d %H:%M:%S" if span.span > 86_400 else "%H:%M:%S")
        starts = (under - len(text) // 2, under - len(text) + 1, under)
        if not any(ruler.put(text, start, Role.CURSOR) for start in starts):
            # The header says the time too, and what a marker is can't be read elsewhere in a small chart.
            ruler.put(signs.cursor_line, under, Role.CURSOR)
    label = len(clock(span.start, zone, time_form(span, 60.0)))
    for moment, text in time_ticks(span, max(1, grid.columns // (label + _LABEL_GAP)), zone):
        place = grid.column(moment, span)
        if place is not None:
            ruler.put(text, place - len(text) // 2, Role.MUTED, apart=True)
    return ruler.line()


class Ruler:
    """A line of cells that labels are put on where there is room."""

    def __init__(self, width: int) -> None:
        """`width` blank cells."""
        self._width = width
        self._chars = [" "] * width
        self._roles = [Role.MUTED] * width

    def put(self, text: SafeText, start: int, role: Role, *, apart: bool = False) -> bool:
        """Write `text` (one cell a character) at `start`; False when it would cover or leave the line.

        `apart` wants a blank on either side.
        """
        end = start + len(text)
        around = self._chars[max(0, start - apart) : end + apart]
        if start < 0 or end > self._width or any(char != " " for char in around):
            return False
        self._chars[start:end] = text
        self._roles[start:end] = [role] * len(text)
        return True

    def line(self) -> Line:
        """The line as pieces."""
        return runs_of(self._chars, self._roles)


def end_numbers(figures: Sequence[Figure], scale: Scale, grid: Grid) -> list[Piece]:
    """The number of each line that still goes on, at the height of its value now, one cell a row."""
    cells = [piece(" ")] * grid.rows
    for figure in figures:
        value = figure.last
        if value is None or not math.isfinite(value) or (scale.logarithmic and value <= 0):
            continue
        cells[grid.row(value, scale)] = piece(str(figure.number), SERIES_ROLES[figure.number - 1])
    return cells
