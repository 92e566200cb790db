"""Dots tell the truth: every sample shows, no gap is bridged."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsconsole.domain.series import Series
from opsconsole.domain.time_range import TimeRange
from opsconsole.widgets.chart.raster import Grid, Raster, column_ranges, draw, pixel_edges
from opsconsole.widgets.chart.samples import trace_curve, value_at
from opsconsole.widgets.chart.scale import Scale

BITS = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))


def series(*samples: tuple[float, float]) -> Series:
    return Series({}, tuple(time for time, _ in samples), tuple(value for _, value in samples))


def dots(raster: Raster) -> set[tuple[int, int]]:
    """(pixel column, pixel row) of every braille dot."""
    grid = raster.grid
    return {
        (column * 2 + side, row * 4 + inner)
        for row in range(grid.rows)
        for column in range(grid.columns)
        for side in (0, 1)
        for inner in range(4)
        if raster.masks[row * grid.columns + column] & BITS[side][inner]
    }


def pixel(time: float, span: TimeRange, width: int) -> int:
    edges = pixel_edges(span, width)
    return min(width - 1, max(index for index, edge in enumerate(edges) if edge <= time))


samples = st.lists(
    st.tuples(
        st.integers(0, 300).map(float),
        st.one_of(st.floats(-50.0, 150.0), st.sampled_from([math.nan, math.inf, -math.inf])),
    ),
    unique_by=lambda sample: sample[0],
    max_size=60,
).map(sorted)
grids = st.builds(Grid, st.integers(1, 40), st.integers(1, 10))


@given(samples, grids)
def test_every_finite_sample_touches_a_dot_in_its_column(points: list[tuple[float, float]], grid: Grid) -> None:
    span, scale = TimeRange(0.0, 300.0), Scale(0.0, 100.0)
    shown = dots(draw([(0, trace_curve(series(*points), span, 5.0))], span, scale, grid))
    for time, value in points:
        if math.isfinite(value):
            assert (pixel(time, span, grid.width), scale.row(value, grid.height)) in shown


@given(samples, grids)
def test_columns_within_a_gap_have_no_dots(points: list[tuple[float, float]], grid: Grid) -> None:
    span, step = TimeRange(0.0, 300.0), 5.0
    shown = {
        column for column, _ in dots(draw([(0, trace_curve(series(*points), span, step))], span, Scale(0, 100), grid))
    }
    finite = [time for time, value in points if math.isfinite(value)]
    for before, after in zip([-math.inf, *finite], [*finite, math.inf], strict=True):
        broken = any(before < time < after for time, _ in points) or after - before > 1.5 * step
        if broken:
            first = 0 if before == -math.inf else pixel(before, span, grid.width) + 1
            stop = grid.width if after == math.inf else pixel(after, span, grid.width)
            assert not shown & set(range(first, stop))


@given(st.lists(st.floats(0.0, 100.0), min_size=2, max_size=80), grids)
def test_an_unbroken_series_is_drawn_as_one_connected_line(values: list[float], grid: Grid) -> None:
    span = TimeRange(0.0, len(values) - 1.0)
    curve = trace_curve(series(*((float(index), value) for index, value in enumerate(values))), span, 1.0)
    shown = dots(draw([(0, curve)], span, Scale(0.0, 100.0), grid))
    reached, waiting = set(), [min(shown)]
    while waiting:
        x, y = waiting.pop()
        if (x, y) in reached:
            continue
        reached.add((x, y))
        waiting += [(x + dx, y + dy) for dx in (-1, 0, 1) for dy in (-1, 0, 1) if (x + dx, y + dy) in shown]
    assert reached == shown
    assert {x for x, _ in shown} == set(range(grid.width))


def test_a_spike_of_one_sample_among_thousands_reaches_the_top() -> None:
    points = [(float(index), 100.0 if index == 5000 else 1.0) for index in range(11_000)]
    span = TimeRange(0.0, 10_999.0)
    grid = Grid(20, 5)
    shown = dots(draw([(0, trace_curve(series(*points), span, 1.0))], span, Scale(0.0, 100.0), grid))
    assert {x for x, y in shown if y == 0} == {pixel(5000.0, span, grid.width)}


def test_a_sample_outside_the_axis_sticks_to_its_edge() -> None:
    span = TimeRange(0.0, 10.0)
    curve = trace_curve(series((0.0, 500.0), (5.0, -500.0)), span, 1.0)
    assert column_ranges(curve, pixel_edges(span, 10), Scale(0.0, 100.0), 8) == [(0, 0, 0), (5, 7, 7)]


def test_the_curve_drawn_last_owns_shared_cells() -> None:
    span, grid = TimeRange(0.0, 10.0), Grid(5, 1)
    flat = trace_curve(series(*((float(time), 1.0) for time in range(11))), span, 1.0)
    raster = draw([(3, flat), (1, flat)], span, Scale(0.0, 2.0), grid)
    assert set(raster.owners) == {2}


def test_a_log_scale_counts_what_it_cannot_draw() -> None:
    span = TimeRange(0.0, 10.0)
    curve = trace_curve(series((0.0, 0.0), (1.0, -2.0), (2.0, 10.0), (3.0, math.inf)), span, 1.0, logarithmic=True)
    assert (curve.not_positive, curve.infinite, curve.low, curve.high) == (2, 1, 10.0, 10.0)


@pytest.mark.parametrize(
    ("moment", "value"), [(0.0, 1.0), (0.4, 1.0), (0.6, 2.0), (2.0, None), (9.0, None), (10.2, 4.0)]
)
def test_a_value_is_read_from_the_nearest_sample_within_reach(moment: float, value: float | None) -> None:
    line = series((0.0, 1.0), (1.0, 2.0), (2.0, math.nan), (10.0, 4.0))
    assert value_at(line, moment, 0.75) == value
