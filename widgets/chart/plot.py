"""The plot's cells: dots, and over the empty ones thresholds, markers and the cursor."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from opsconsole.domain.marker import Marker
from opsconsole.domain.series import Exemplar, Threshold
from opsconsole.domain.text import SafeText
from opsconsole.domain.time_range import TimeRange
from opsconsole.widgets.chart.lines import SERIES_ROLES, Line, Role, runs_of
from opsconsole.widgets.chart.raster import TALL, Grid, Raster
from opsconsole.widgets.chart.scale import Scale
from opsconsole.widgets.chart.signs import MARKER_LETTERS, Signs

_BRAILLE = " " + "".join(chr(0x2800 + mask) for mask in range(1, 256))
_DASH_DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
"""The two dots of each pixel row of a braille cell."""


class Overlay(msgspec.Struct, frozen=True):
    """What is drawn besides the series; times are unix seconds."""

    thresholds: tuple[Threshold, ...] = ()
    markers: tuple[Marker, ...] = ()
    exemplars: tuple[Exemplar, ...] = ()
    cursor: float | None = None
    letters: bool = False
    """Whether marker letters stand in the plot's last row, for want of a time axis."""


def marker_columns(markers: Iterable[Marker], span: TimeRange, grid: Grid) -> dict[int, SafeText]:
    """The letter at each cell column that has a marker; of neighbours of one kind the first, where it began."""
    order = list(MARKER_LETTERS)
    columns: dict[int, SafeText] = {}
    for marker in sorted(markers, key=lambda marker: order.index(marker.kind), reverse=True):
        if (column := grid.column(marker.time, span)) is not None:
            columns[column] = MARKER_LETTERS[marker.kind]
    return {column: letter for column, letter in sorted(columns.items()) if columns.get(column - 1) != letter}


def plot_lines(
    raster: Raster, span: TimeRange, scale: Scale, overlay: Overlay, signs: Signs, *, several: bool
) -> list[Line]:
    """One line a row of the plot. In ASCII `several` series are drawn as their numbers."""
    grid = raster.grid
    under = _under(span, scale, grid, overlay, signs)
    over = _over(span, scale, grid, overlay, signs)
    lines: list[Line] = []
    for row in range(grid.rows):
        start = row * grid.columns
        masks = raster.masks[start : start + grid.columns]
        owners = raster.owners[start : start + grid.columns]
        chars = _chars(masks, owners, signs, several=several)
        roles = [SERIES_ROLES[owner - 1] if owner else Role.TEXT for owner in owners]
        for column, (char, role) in under.get(row, {}).items():
            if not masks[column]:
                chars[column], roles[column] = char, role
        for column, (char, role) in over.get(row, {}).items():
            chars[column], roles[column] = char, role
        lines.append(runs_of(chars, roles))
    return lines


def _chars(masks: bytes, owners: bytes, signs: Signs, *, several: bool) -> list[str]:
    if signs.braille:
        return [_BRAILLE[mask] for mask in masks]
    chars: list[str] = []
    for mask, owner in zip(masks, owners, strict=True):
        if not mask:
            chars.append(" ")
        elif mask & TALL:
            chars.append("|")
        else:
            chars.append(str(owner) if several else "*")
    return chars


_Cells = dict[int, dict[int, tuple[str, Role]]]


def _under(span: TimeRange, scale: Scale, grid: Grid, overlay: Overlay, signs: Signs) -> _Cells:
    """What only empty cells show, by row and column; later entries win."""
    cells: _Cells = {row: {} for row in range(grid.rows)}
    for threshold in overlay.thresholds:
        if not scale.holds(threshold.value):
            continue
        row, inner = divmod(scale.row(threshold.value, grid.height), grid.down)
        dash = chr(0x2800 | sum(_DASH_DOTS[inner])) if signs.braille else signs.dashes
        for column in range(0, grid.columns, 2):
            cells[row][column] = (dash, Role.THRESHOLD)
    for column in marker_columns(overlay.markers, span, grid):
        for row in range(grid.rows):
            cells[row][column] = (signs.marker_line, Role.MARKER)
    if overlay.cursor is not None and (under := grid.column(overlay.cursor, span)) is not None:
        for row in range(grid.rows):
            cells[row][under] = (signs.cursor_line, Role.CURSOR)
    return cells


def _over(span: TimeRange, scale: Scale, grid: Grid, overlay: Overlay, signs: Signs) -> _Cells:
    """What covers dots: exemplars, and marker letters where there is no time axis."""
    cells: _Cells = {}
    for exemplar in overlay.exemplars:
        column = grid.column(exemplar.time, span)
        if column is not None and scale.holds(exemplar.value):
            row = grid.row(exemplar.value, scale)
            cells.setdefault(row, {})[column] = (signs.exemplar, Role.MARKER)
    if overlay.letters:
        for column, letter in marker_columns(overlay.markers, span, grid).items():
            cells.setdefault(grid.rows - 1, {})[column] = (letter, Role.MARKER)
    return cells
