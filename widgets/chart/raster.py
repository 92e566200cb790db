"""Series to dots: 2×4 braille dots a cell, or one a cell where only ASCII can be shown.

Each pixel column holds the extremes of its samples, so that a spike of one sample stays visible
(largest-triangle downsampling keeps the shape and may lose it). Dots of neighbouring columns are
joined within a run of samples and never across a gap.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

import msgspec

from opsconsole.domain.time_range import TimeRange
from opsconsole.widgets.chart.samples import Curve
from opsconsole.widgets.chart.scale import Scale

_BRAILLE_BITS = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))
"""Bits of a braille cell's dots by column and row (Unicode, block U+2800)."""

POINT = 0x01
"""In a grid of one dot a cell: the column stands here, and at most in one row beside."""
TALL = 0x02
"""In a grid of one dot a cell: the column runs through several rows."""

ColumnRange = tuple[int, int, int]
"""(pixel column, top row, bottom row), rows counted from the top, both ends included."""


class Grid(msgspec.Struct, frozen=True):
    """A plot of `columns` × `rows` cells, each of `across` × `down` pixels."""

    columns: int
    rows: int
    across: int = 2
    down: int = 4

    @property
    def width(self) -> int:
        """Pixel columns."""
        return self.columns * self.across

    @property
    def height(self) -> int:
        """Pixel rows."""
        return self.rows * self.down

    def row(self, value: float, scale: Scale) -> int:
        """The cell row of `value`, 0 on top; what lies outside sticks to the edge."""
        return scale.row(value, self.height) // self.down

    def column(self, moment: float, span: TimeRange) -> int | None:
        """The cell column of `moment` (unix seconds), None outside `span`."""
        if not span.contains(moment) or not span.span > 0:
            return None
        return min(self.columns - 1, int((moment - span.start) / span.span * self.columns))


class Raster(msgspec.Struct, frozen=True):
    """Dots by cell, row after row. `owners` hold 1 + the place of the curve drawn last, 0 for none."""

    grid: Grid
    masks: bytes
    owners: bytes


def _masks() -> tuple[tuple[tuple[int, ...], ...], ...]:
    """Mask of rows `top` to `bottom` in one dot column: [column][top][bottom]."""
    return tuple(
        tuple(
            tuple(sum(column[row] for row in range(top, bottom + 1)) for bottom in range(len(column)))
            for top in range(len(column))
        )
        for column in _BRAILLE_BITS
    )


_BRAILLE_MASKS = _masks()


def pixel_edges(span: TimeRange, width: int) -> list[float]:
    """The `width` + 1 moments between which the pixel columns lie."""
    return [span.start + span.span * index / width for index in range(width)] + [span.end]


def column_ranges(curve: Curve, edges: Sequence[float], scale: Scale, height: int) -> list[ColumnRange]:
    """The dots of `curve`: in each pixel column its samples' extremes and the joints to its neighbours.

    A sample at the last edge belongs to the last column. A column may appear several times.
    """
    out: list[ColumnRange] = []
    last = len(edges) - 2
    times, values = curve.series.times, curve.series.values
    for first, stop in curve.runs:
        index, before, before_row = first, -1, 0
        while index < stop:
            column = min(last, max(0, bisect_right(edges, times[index]) - 1))
            end = stop if column == last else max(index + 1, bisect_left(times, edges[column + 1], index, stop))
            part = values[index:end]
            entry = scale.row(part[0], height)
            if len(part) == 1:
                out.append((column, entry, entry))
                leave = entry
            else:
                out.append((column, scale.row(max(part), height), scale.row(min(part), height)))
                leave = scale.row(part[-1], height)
            if before >= 0:
                _join(out, before, before_row, column, entry)
            index, before, before_row = end, column, leave
    return out


def _join(out: list[ColumnRange], x0: int, y0: int, x1: int, y1: int) -> None:
    """Add the dots between two columns so that each touches the next."""
    row = y0
    distance = x1 - x0
    for x in range(x0 + 1, x1 + 1):
        goal = y1 if x == x1 else round(y0 + (y1 - y0) * (x - x0) / distance)
        rise = goal - row
        if -1 <= rise <= 1:
            if x != x1:
                out.append((x, goal, goal))
        else:
            # Half of the step in the column before, half in this one.
            half = row + (rise // 2 if rise > 0 else -(-rise // 2))
            if rise > 0:
                out.extend(((x - 1, row, half), (x, half + 1, goal)))
            else:
                out.extend(((x - 1, half, row), (x, goal, half - 1)))
        row = goal


def draw(curves: Sequence[tuple[int, Curve]], span: TimeRange, scale: Scale, grid: Grid) -> Raster:
    """All `curves`, each with its place (0 to 254), the last one on top."""
    masks, owners = bytearray(grid.columns * grid.rows), bytearray(grid.columns * grid.rows)
    edges = pixel_edges(span, grid.width)
    for place, curve in curves:
        ranges = column_ranges(curve, edges, scale, grid.height)
        if grid.down == 1:
            _stamp_cells(ranges, masks, owners, grid.columns, place + 1)
        else:
            _stamp_braille(ranges, masks, owners, grid.columns, place + 1)
    return Raster(grid, bytes(masks), bytes(owners))


def _stamp_braille(ranges: list[ColumnRange], masks: bytearray, owners: bytearray, columns: int, owner: int) -> None:
    for x, top, bottom in ranges:
        side = _BRAILLE_MASKS[x & 1]
        cell_row, cell_end = top >> 2, bottom >> 2
        place = cell_row * columns + (x >> 1)
        if cell_row == cell_end:
            masks[place] |= side[top & 3][bottom & 3]
            owners[place] = owner
            continue
        masks[place] |= side[top & 3][3]
        owners[place] = owner
        full = side[0][3]
        for _ in range(cell_end - cell_row - 1):
            place += columns
            masks[place] |= full
            owners[place] = owner
        place += columns
        masks[place] |= side[0][bottom & 3]
        owners[place] = owner


def _stamp_cells(ranges: list[ColumnRange], masks: bytearray, owners: bytearray, columns: int, owner: int) -> None:
    for x, top, bottom in ranges:
        mark = TALL if bottom - top > 1 else POINT
        for row in range(top, bottom + 1):
            place = row * columns + x
            # A new owner replaces what it covers, or its own sign could not be told.
            masks[place] = mark if owners[place] != owner else masks[place] | mark
            owners[place] = owner
