"""Ticks rise, stay within bounds and read well."""

from __future__ import annotations

import math
from datetime import UTC
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsconsole.domain.series import Threshold, Unit, YAxis
from opsconsole.domain.time_range import TimeRange
from opsconsole.widgets.chart.scale import fit_scale
from opsconsole.widgets.chart.ticks import linear_ticks, log_ticks, nice_step, time_ticks

FINITE = st.floats(allow_nan=False, allow_infinity=False, min_value=-1e300, max_value=1e300)
NOON = 1_772_452_800.0  # 2026-03-02 12:00:00 UTC


@given(FINITE, FINITE, st.integers(2, 12), st.sampled_from(list(Unit)))
def test_linear_ticks_rise_within_their_bounds_and_keep_to_their_number(
    one: float, other: float, most: int, unit: Unit
) -> None:
    low, high = min(one, other), max(one, other)
    ticks = linear_ticks(low, high, most, unit)
    assert 1 <= len(ticks) <= most
    assert list(ticks) == sorted(set(ticks))
    assert all(low <= tick <= high for tick in ticks)


def test_ticks_closer_than_floats_can_tell_apart_are_left_out() -> None:
    ticks = linear_ticks(1e16, 1e16 + 4.0, 12, Unit.NUMBER)
    assert list(ticks) == sorted(set(ticks))


@given(st.floats(1e-290, 1e290), st.floats(1.0, 1e12), st.integers(2, 12))
def test_log_ticks_rise_and_keep_to_their_number(low: float, factor: float, most: int) -> None:
    ticks = log_ticks(low, low * factor, most)
    assert 1 <= len(ticks) <= most
    assert list(ticks) == sorted(set(ticks))


@pytest.mark.parametrize(
    ("least", "unit", "step"),
    [
        (0.3, Unit.NUMBER, 0.5),
        (3.0, Unit.NUMBER, 5.0),
        (1.0, Unit.NUMBER, 1.0),
        (1500.0, Unit.BYTES, 2048.0),
        (700.0, Unit.BYTES, 1024.0),
        (300 * 1024.0**2, Unit.BYTES, 500 * 1024.0**2),
        (0.2, Unit.BYTES, 1.0),
        (70.0, Unit.SECONDS, 120.0),
        (0.07, Unit.SECONDS, 0.1),
    ],
)
def test_a_step_is_round_in_its_own_unit(least: float, unit: Unit, step: float) -> None:
    assert nice_step(least, unit) == pytest.approx(step)


def test_time_labels_stand_on_whole_parts_of_the_local_clock() -> None:
    span = TimeRange(NOON - 3600, NOON)
    assert [text for _, text in time_ticks(span, 5, UTC)] == ["11:00", "11:15", "11:30", "11:45", "12:00"]
    kolkata = ZoneInfo("Asia/Kolkata")
    assert [text for _, text in time_ticks(TimeRange(NOON - 21_600, NOON), 4, kolkata)] == ["12:00", "14:00", "16:00"]


def test_time_labels_add_the_date_beyond_a_day_and_seconds_below_a_minute() -> None:
    assert time_ticks(TimeRange(NOON - 2 * 86_400, NOON), 4, UTC)[0][1] == "02-28 12:00"
    assert time_ticks(TimeRange(NOON - 10 * 86_400, NOON), 5, UTC)[0][1] == "02-22"
    assert time_ticks(TimeRange(NOON - 60, NOON), 4, UTC)[0][1] == "11:59:00"


@pytest.mark.parametrize("start", [1e18, -1e18, 1e300])
def test_times_that_no_calendar_holds_get_no_labels(start: float) -> None:
    assert time_ticks(TimeRange(start, start * (1 + 1e-9) + 3600), 5, UTC) == ()


@given(
    FINITE,
    FINITE,
    st.builds(YAxis, st.just(False), st.none() | FINITE, st.none() | FINITE),
    st.lists(st.builds(Threshold, FINITE), max_size=2).map(tuple),
    st.sampled_from(list(Unit)),
    st.booleans(),
)
def test_every_scale_has_height_and_free_bounds_hold_the_values(
    one: float, other: float, axis: YAxis, thresholds: tuple[Threshold, ...], unit: Unit, logarithmic: bool
) -> None:
    low, high = min(one, other), max(one, other)
    if logarithmic:
        low, high = max(abs(low), 1e-290), max(abs(high), 1e-290)
        low, high = min(low, high), max(low, high)
    scale = fit_scale((low, high), axis, thresholds, unit, logarithmic=logarithmic)
    assert scale.low < scale.high
    assert all(0 <= scale.row(value, 40) <= 39 for value in (low, high))
    if axis.minimum is None and axis.maximum is None:
        slack = 1e-6 * (scale.high - scale.low)
        assert scale.low - slack <= low <= high <= scale.high + slack
    assert math.isfinite(scale.low)
    assert math.isfinite(scale.high)


def test_a_near_threshold_widens_the_axis_and_a_far_one_does_not() -> None:
    near = fit_scale((0.0, 60.0), YAxis(), (Threshold(85.0),), Unit.NUMBER, logarithmic=False)
    far = fit_scale((0.0, 60.0), YAxis(), (Threshold(8500.0),), Unit.NUMBER, logarithmic=False)
    assert near.holds(85.0)
    assert far.high < 100.0
