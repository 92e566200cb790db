"""A chart as text: dots in braille, one line for each series where there are several.

What is not known is blank: the line breaks where samples are missing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from opsconsole.domain.evidence import ChartEvidence
from opsconsole.domain.series import Series
from opsconsole.domain.time_range import TimeRange
from opsconsole.domain.value_words import format_bare, format_value
from opsconsole.incidents.pinning.charts import GAP_STEPS
from opsconsole.incidents.post_mortem.moments import Moments

COLUMNS = 64
ROWS = 8
MOST_SERIES = 12
_BLOCKS = "▁▂▃▄▅▆▇█"
_BITS = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))
"""Bits of a braille cell's dots by column and row (Unicode, block U+2800)."""
LETTERS = {"deploy": "D", "restart": "R", "alert": "A", "incident": "I"}
"""For each kind of marker; what each stands for is written below the chart."""

Pixel = tuple[float, float] | None
"""The least and the greatest value in a column; None where none is known."""


def text_chart(chart: ChartEvidence, moments: Moments) -> tuple[str, ...]:
    """The plot with its axes and markers, then what each series reads."""
    series = tuple(one for one in chart.series if inside(one, chart.span))[:MOST_SERIES]
    if not series:
        return ("no samples in this window",)
    low, high = bounds(chart, series)
    labels = _labels(chart, low, high)
    gutter = max(map(len, labels.values()))
    rows = _plot(chart, series, low, high)
    lines = [f"{labels.get(row, ''):>{gutter}} ┤{line}" for row, line in enumerate(rows)]
    lines.append(f"{'':>{gutter}} └{_axis(chart, moments)}")
    lines.extend(f"{'':>{gutter}}  {line}" for line in _marks(chart, moments))
    several = len(series) > 1
    lines.extend(f"{'':>{gutter}}  {_figures(one, chart, low, high, several=several)}" for one in series)
    left = len(chart.series) - len(series)
    return (*lines, *((f"{'':>{gutter}}  and {left} more series",) if left > 0 else ()))


def inside(series: Series, span: TimeRange) -> list[tuple[float, float]]:
    """The samples of `series` within `span` that are finite."""
    pairs = zip(series.times, series.values, strict=True)
    return [(time, value) for time, value in pairs if span.contains(time) and math.isfinite(value)]


def bounds(chart: ChartEvidence, series: Sequence[Series]) -> tuple[float, float]:
    """The least and the greatest value of the vertical axis; never the same."""
    values = [value for one in series for _, value in inside(one, chart.span)]
    least = chart.panel.y_axis.minimum
    low = min(values) if least is None else min(least, *values)
    high = max(values)
    return (low, high) if high > low else (low, low + (abs(low) or 1.0))


def _labels(chart: ChartEvidence, low: float, high: float) -> dict[int, str]:
    """Row to label: the top, the middle and the bottom."""
    unit = chart.panel.unit
    return {
        0: format_bare(high, unit),
        ROWS // 2: format_bare(high - (high - low) * (ROWS // 2 + 0.5) / ROWS, unit),
        ROWS - 1: format_bare(low, unit),
    }


# -- dots ----------------------------------------------------------------------------------------


def columns_of(series: Series, span: TimeRange, columns: int, step: float) -> list[Pixel]:
    """What `series` read in each of `columns` equal parts of `span`; joined between samples, never across a gap."""
    found: list[Pixel] = [None] * columns
    before: tuple[float, float] | None = None
    for time, value in inside(series, span):
        here = (time - span.start) / span.span * columns if span.span > 0 else 0.0
        if before is not None and (step <= 0 or time - before[0] <= GAP_STEPS * step):
            there = (before[0] - span.start) / span.span * columns if span.span > 0 else 0.0
            _join(found, (there, before[1]), (here, value))
        place = min(columns - 1, int(here))
        found[place] = _widened(found[place], value)
        before = (time, value)
    return found


def _join(found: list[Pixel], start: tuple[float, float], end: tuple[float, float]) -> None:
    """The line from `start` to `end` (column, value): in each column from where it enters to where it leaves."""
    (x0, y0), (x1, y1) = start, end
    slope = (y1 - y0) / (x1 - x0) if x1 > x0 else 0.0
    for place in range(int(x0), min(len(found) - 1, int(x1)) + 1):
        for x in (max(x0, place), min(x1, place + 1)):
            found[place] = _widened(found[place], y0 + slope * (x - x0))


def _widened(pixel: Pixel, value: float) -> Pixel:
    return (value, value) if pixel is None else (min(pixel[0], value), max(pixel[1], value))


def _plot(chart: ChartEvidence, series: Sequence[Series], low: float, high: float) -> list[str]:
    height = ROWS * 4
    masks = [[0] * COLUMNS for _ in range(ROWS)]

    def row(value: float) -> int:
        return round((1 - (min(max(value, low), high) - low) / (high - low)) * (height - 1))

    for one in series:
        for place, pixel in enumerate(columns_of(one, chart.span, COLUMNS * 2, chart.step)):
            if pixel is not None:
                for dot in range(row(pixel[1]), row(pixel[0]) + 1):
                    masks[dot // 4][place // 2] |= _BITS[place % 2][dot % 4]
    return ["".join(chr(0x2800 + mask) if mask else " " for mask in line).rstrip() for line in masks]


# -- words ---------------------------------------------------------------------------------------


def _axis(chart: ChartEvidence, moments: Moments) -> str:
    """`13:12 ─────── 13:42 ─────── 14:12`."""
    span = chart.span
    first, middle, last = (moments.short(span.start + span.span * share) for share in (0.0, 0.5, 1.0))
    half = (COLUMNS - len(first) - len(middle) - len(last)) / 2
    return f"{first}{'─' * math.floor(half)}{middle}{'─' * math.ceil(half)}{last}"


def _marks(chart: ChartEvidence, moments: Moments) -> list[str]:
    """A row of letters below the axis, then what each stands for."""
    span = chart.span
    cells = [" "] * COLUMNS
    inside = [marker for marker in chart.markers if span.contains(marker.time)]
    at = _cell(chart.at, span)
    for marker in reversed(inside):
        place = _cell(marker.time, span)
        if place is not None:
            cells[place] = LETTERS[marker.kind.value]
    below = ""
    if at is not None and cells[at] == " ":
        cells[at] = "▲"
    elif at is not None:
        below = f"{' ' * at}▲"
    said = [f"{LETTERS[marker.kind.value]} {moments.clock(marker.time)} {marker.label}" for marker in inside]
    told = [] if at is None else [f"▲ {moments.clock(chart.at)} the moment that was looked at"]
    rows = ("".join(cells).rstrip(), below)
    return [*(row for row in rows if row), *said, *told]


def _cell(moment: float, span: TimeRange) -> int | None:
    if not span.contains(moment) or span.span <= 0:
        return None
    return min(COLUMNS - 1, int((moment - span.start) / span.span * COLUMNS))


def _figures(series: Series, chart: ChartEvidence, low: float, high: float, *, several: bool) -> str:
    """`▁▁▁▁▂▇█ checkout: least 0.1 %, greatest 8 %, 8 % then`."""
    pairs = inside(series, chart.span)
    values, unit = [value for _, value in pairs], chart.panel.unit
    then = series.at(chart.at, GAP_STEPS * (chart.step or chart.span.span))
    said = (
        f"{legend_name(series)}: least {format_value(min(values), unit)}, greatest {format_value(max(values), unit)}, "
        f"{format_value(then, unit)} at that moment"
    )
    return f"{_spark(series, chart, low, high)} {said}" if several else said


def legend_name(series: Series) -> str:
    """The series' own name, else its labels."""
    return series.name or ", ".join(f"{key}={value}" for key, value in series.labels.items()) or "value"


def _spark(series: Series, chart: ChartEvidence, low: float, high: float) -> str:
    signs = []
    for pixel in columns_of(series, chart.span, 24, chart.step):
        share = 0.0 if pixel is None else (pixel[1] - low) / (high - low)
        signs.append(" " if pixel is None else _BLOCKS[min(len(_BLOCKS) - 1, int(share * len(_BLOCKS)))])
    return "".join(signs)
