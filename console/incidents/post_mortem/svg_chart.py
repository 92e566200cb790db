"""A chart as lines and labels in pixels, for a picture in a page."""

from __future__ import annotations

import math

import msgspec

from opsconsole.domain.evidence import ChartEvidence
from opsconsole.domain.series import Series
from opsconsole.domain.time_range import TimeRange
from opsconsole.domain.value_words import format_bare, format_value
from opsconsole.incidents.pinning.charts import GAP_STEPS
from opsconsole.incidents.post_mortem.moments import Moments
from opsconsole.incidents.post_mortem.text_chart import LETTERS, bounds, inside, legend_name

WIDTH, HEIGHT = 760, 240
LEFT, RIGHT, TOP, BOTTOM = 70, 10, 10, 34
COLOURS = 6
MOST_SERIES = 12
_Y_TICKS = 4
_X_TICKS = 8
_SMALLEST = 1e-300
"""Powers of ten below are no longer exact enough to divide by."""
_TIME_STEPS = (
    60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800, 2_592_000,
)  # fmt: skip
"""Seconds between two labels of the time axis, each a whole part of an hour or a day."""


class Label(msgspec.Struct, frozen=True):
    """Words at a place of an axis, in pixels."""

    place: float
    words: str


class Mark(msgspec.Struct, frozen=True):
    """A moment: a line from top to bottom, with a letter; `words` tell it whole."""

    place: float
    letter: str
    words: str
    kind: str


class Curve(msgspec.Struct, frozen=True):
    """One series. Each of `paths` is a run without a gap, as SVG wants it; `colour` from 1."""

    colour: int
    paths: tuple[str, ...]
    words: str


class Picture(msgspec.Struct, frozen=True):
    """All of a chart. `now` is the place of the moment that was looked at."""

    title: str
    curves: tuple[Curve, ...]
    levels: tuple[Label, ...]
    times: tuple[Label, ...]
    thresholds: tuple[Label, ...]
    marks: tuple[Mark, ...]
    now: float | None
    left_out: int
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    top: int = TOP
    bottom: int = HEIGHT - BOTTOM


def picture_of(chart: ChartEvidence, moments: Moments) -> Picture | None:
    """`chart` drawn; None when no series has a sample in its window."""
    series = tuple(one for one in chart.series if inside(one, chart.span))[:MOST_SERIES]
    if not series or chart.span.span <= 0:
        return None
    levels = _levels(*bounds(chart, series))
    low, high = levels[0], levels[-1]
    scale = _Scale(chart, low, high)
    unit, span = chart.panel.unit, chart.span
    return Picture(
        title=f"{chart.title}, {moments.whole(span.start)} to {moments.whole(span.end)}",
        curves=tuple(_curve(number, one, chart, scale) for number, one in enumerate(series)),
        levels=tuple(Label(scale.y(level), format_bare(level, unit)) for level in levels),
        times=tuple(Label(scale.x(time), moments.short(time)) for time in _times(span)),
        thresholds=tuple(
            Label(scale.y(one.value), format_value(one.value, unit))
            for one in chart.panel.thresholds
            if low <= one.value <= high
        ),
        marks=tuple(
            Mark(scale.x(one.time), LETTERS[one.kind.value], f"{moments.clock(one.time)} {one.label}", one.kind.value)
            for one in chart.markers
            if span.contains(one.time)
        ),
        now=scale.x(chart.at) if span.contains(chart.at) else None,
        left_out=len(chart.series) - len(series),
    )


def _levels(low: float, high: float) -> tuple[float, ...]:
    """Round values around `low` and `high`, about four apart: 1, 2 or 5 times a power of ten."""
    wanted = max((high - low) / _Y_TICKS, _SMALLEST)
    power = 10.0 ** math.floor(math.log10(wanted))
    step = next(factor * power for factor in (1.0, 2.0, 5.0, 10.0) if factor * power >= wanted * (1 - 1e-9))
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return tuple(place * step for place in range(first, max(last, first + 1) + 1))


def _times(span: TimeRange) -> tuple[float, ...]:
    """Moments on whole minutes, hours or days."""
    step = next((step for step in _TIME_STEPS if span.span / step <= _X_TICKS), _TIME_STEPS[-1])
    first = math.ceil(span.start / step)
    return tuple(float(place * step) for place in range(first, first + _X_TICKS + 1) if span.contains(place * step))


class _Scale:
    """From moments and values to pixels."""

    def __init__(self, chart: ChartEvidence, low: float, high: float) -> None:
        self._span, self._low, self._high = chart.span, low, high

    def x(self, moment: float) -> float:
        share = (moment - self._span.start) / self._span.span
        return round(LEFT + share * (WIDTH - LEFT - RIGHT), 1)

    def y(self, value: float) -> float:
        share = (value - self._low) / (self._high - self._low)
        return round(HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM), 1)


def _curve(number: int, series: Series, chart: ChartEvidence, scale: _Scale) -> Curve:
    pairs = inside(series, chart.span)
    runs: list[list[str]] = []
    before = 0.0
    for time, value in pairs:
        if not runs or (chart.step > 0 and time - before > GAP_STEPS * chart.step):
            runs.append([])
        runs[-1].append(f"{scale.x(time)},{scale.y(value)}")
        before = time
    values, unit = [value for _, value in pairs], chart.panel.unit
    said = f"{legend_name(series)}: {format_value(min(values), unit)} to {format_value(max(values), unit)}"
    # A run of one sample is a line of no length, which a round cap makes a dot.
    paths = tuple(f"M{run[0]} L{' '.join(run[1:] or run)}" for run in runs)
    return Curve(number % COLOURS + 1, paths, said)
