"""An answer as the lines of a plot with its axes; the dots are kept until something moves them."""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec

from opsconsole.domain.series import Panel
from opsconsole.domain.text import SafeText
from opsconsole.domain.time_range import TimeRange
from opsconsole.widgets.chart.axes import end_numbers, time_axis, value_axis, zone_name
from opsconsole.widgets.chart.figures import Answer, Figure, SeriesKey
from opsconsole.widgets.chart.lines import Line, Role, line_width, piece
from opsconsole.widgets.chart.plot import Overlay, marker_columns, plot_lines
from opsconsole.widgets.chart.raster import Grid, Raster, draw
from opsconsole.widgets.chart.samples import Curve
from opsconsole.widgets.chart.scale import Scale, fit_scale
from opsconsole.widgets.chart.signs import Signs
from opsconsole.widgets.chart.view import ChartView
from opsconsole.widgets.glyphs import Glyphs
from opsconsole.widgets.rows import pad, width_of


class Kept(msgspec.Struct, frozen=True):
    """A raster and what it was made from."""

    answer: Answer
    scale: Scale
    grid: Grid
    order: tuple[int, ...]
    raster: Raster


def snapped(span: TimeRange, step: float, columns: int) -> TimeRange:
    """`span` moved forward by less than a sample and less than one of `columns`.

    A window that follows the clock then moves in such steps, and its samples keep their columns
    in between: a chart at rest is not repainted every second.
    """
    unit = span.span / max(1, columns)
    unit = min(unit, step) if step > 0 else unit
    if not unit > 0 or not math.isfinite(unit):
        return span
    end = math.ceil(span.end / unit - 1e-6) * unit
    return TimeRange(end - span.span, end)


def scale_of(answer: Answer, panel: Panel, hidden: frozenset[SeriesKey]) -> Scale:
    """The vertical scale for the shown series."""
    curves = [item.curve for item in answer.listed if item.key not in hidden]
    lows = [curve.low for curve in curves if curve.low is not None]
    highs = [curve.high for curve in curves if curve.high is not None]
    return fit_scale(
        (min(lows), max(highs)) if lows and highs else None,
        panel.y_axis,
        panel.thresholds,
        panel.unit,
        logarithmic=answer.logarithmic,
    )


class Plotter:
    """Draws plots; keeps the last raster, which only values, size, scale and order change."""

    def __init__(self, glyphs: Glyphs, signs: Signs) -> None:
        """`signs` decide between braille and ASCII."""
        self._glyphs = glyphs
        self._signs = signs
        self._kept: Kept | None = None

    def lines(
        self,
        view: ChartView,
        answer: Answer,
        figures: Sequence[Figure],
        foremost: SeriesKey | None,
        scale: Scale,
        size: tuple[int, int],
        *,
        axes: bool,
    ) -> list[Line]:
        """The plot in `size` (columns, rows), its axes included."""
        width, rows = size
        rows -= axes
        panel, span = view.panel, answer.span
        height = self._grid(1, rows)
        left = value_axis(scale, panel.thresholds, panel.unit, height, self._glyphs, self._signs) if axes else []
        shown = [figure for figure in figures if not figure.hidden]
        numbered = axes and len(shown) > 1
        gutter = line_width(left[0]) if left else 0
        grid = self._grid(max(1, width - gutter - numbered), rows)
        raster = self._raster(answer, shown, foremost, scale, grid)
        overlay = Overlay(panel.thresholds, view.markers, answer.reading.exemplars, view.cursor, letters=not axes)
        plot = plot_lines(raster, span, scale, overlay, self._signs, several=len(figures) > 1)
        right = end_numbers(shown, scale, grid) if numbered else []
        lines: list[Line] = [
            (*(left[row] if left else ()), *line, *((right[row],) if right else ())) for row, line in enumerate(plot)
        ]
        if axes:
            marks = marker_columns(view.markers, span, grid)
            name = zone_name(span.end, view.time_zone)
            # A part of a zone's name is worse than none; the header of the screen has it.
            zone = pad(name if width_of(name) <= gutter else SafeText(""), gutter, self._glyphs.cut)
            lines.append(
                (piece(zone, Role.MUTED), *time_axis(span, grid, view.time_zone, marks, view.cursor, self._signs))
            )
        return lines

    def _grid(self, columns: int, rows: int) -> Grid:
        return Grid(columns, rows) if self._signs.braille else Grid(columns, rows, 1, 1)

    def _raster(
        self, answer: Answer, shown: Sequence[Figure], foremost: SeriesKey | None, scale: Scale, grid: Grid
    ) -> Raster:
        # The first series lies over the later ones, the foremost over all.
        ordered = sorted(shown, key=lambda figure: (figure.key == foremost, -figure.number))
        order = tuple(figure.number for figure in ordered)
        kept = self._kept
        if kept is not None and kept.answer is answer and (kept.scale, kept.grid, kept.order) == (scale, grid, order):
            return kept.raster
        curves: dict[int, Curve] = {item.number: item.curve for item in answer.listed}
        raster = draw([(number - 1, curves[number]) for number in order], answer.span, scale, grid)
        self._kept = Kept(answer, scale, grid, order, raster)
        return raster
