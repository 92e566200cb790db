"""Windows and ranges: what panning, zooming and stepping may and may not do."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsconsole.domain.time_range import (
    LONGEST_WINDOW,
    MAX_POINTS,
    RANGE_PRESETS,
    SHORTEST_WINDOW,
    STEP_LADDER,
    TimeRange,
    TimeWindow,
    format_duration,
    parse_duration,
)

NOW = 1_786_111_863.0

moments = st.floats(NOW - 10**7, NOW)
durations = st.floats(SHORTEST_WINDOW, LONGEST_WINDOW)
windows = st.builds(TimeWindow, durations, st.none() | moments)


def test_a_live_window_follows_the_clock_and_a_frozen_one_stays() -> None:
    live = TimeWindow(600.0)
    assert live.resolve(NOW) == TimeRange(NOW - 600, NOW)
    frozen = live.frozen_at(NOW)
    assert (frozen.live, frozen.resolve(NOW + 60)) == (False, TimeRange(NOW - 600, NOW))
    assert frozen.frozen_at(NOW + 60) == frozen


def test_panning_back_leaves_the_present_and_panning_forward_reaches_it_live() -> None:
    back = TimeWindow(600.0).panned(-0.5, NOW)
    assert back == TimeWindow(600.0, NOW - 300)
    assert back.panned(0.5, NOW) == TimeWindow(600.0)
    assert back.panned(5.0, NOW).live


@given(windows, st.floats(-3.0, 3.0))
def test_panning_keeps_the_length_and_never_shows_the_future(window: TimeWindow, fraction: float) -> None:
    panned = window.panned(fraction, NOW)
    assert panned.duration == window.duration
    assert panned.resolve(NOW).end <= NOW


@given(windows, st.floats(0.01, 100.0), st.none() | moments)
def test_zooming_stays_within_the_shortest_and_longest_window_and_the_present(
    window: TimeWindow, factor: float, around: float | None
) -> None:
    zoomed = window.zoomed(factor, NOW, around)
    assert SHORTEST_WINDOW <= zoomed.duration <= LONGEST_WINDOW
    assert zoomed.resolve(NOW).end <= NOW


@given(windows, st.floats(0.1, 0.9), st.floats(0.0, 1.0))
def test_zooming_in_keeps_the_moment_under_the_cursor_in_sight(window: TimeWindow, factor: float, share: float) -> None:
    old = window.resolve(NOW)
    cursor = old.start + share * old.span
    new = window.zoomed(factor, NOW, cursor).resolve(NOW)
    assert new.start - 1e-3 <= cursor <= new.end + 1e-3


@given(moments, durations, st.integers(1, 2000), st.floats(0.1, 3600.0))
def test_a_step_stays_under_prometheus_limit_and_gives_no_more_points_than_columns(
    end: float, duration: float, columns: int, floor: float
) -> None:
    span = TimeRange(end - duration, end)
    step = span.step(columns, floor)
    assert step >= floor
    assert span.span / step <= columns
    assert span.span / step <= MAX_POINTS
    assert step in STEP_LADDER or step % 86_400 == 0


@given(moments, durations, st.sampled_from(STEP_LADDER))
def test_an_aligned_range_covers_the_old_start_and_stays_put_between_refreshes(
    end: float, duration: float, step: int
) -> None:
    span = TimeRange(end - duration, end)
    aligned = span.aligned(step)
    assert aligned.start % step == 0
    assert aligned.end % step == 0
    assert span.start - step < aligned.start <= span.start
    assert aligned.aligned(step) == aligned


def test_a_range_contains_its_ends() -> None:
    span = TimeRange(10.0, 20.0)
    assert [span.contains(moment) for moment in (9.9, 10.0, 15.0, 20.0, 20.1)] == [False, True, True, True, False]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("15m", 900), ("1h30m", 5400), ("7d", 604_800), ("1w", 604_800), (" 5m ", 300), ("1d2h3m4s", 93_784)],
)
def test_a_duration_is_read_as_prometheus_writes_it(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "0s", "5", "m", "-5m", "5 m", "1.5h", "5y", "five", "5mm", "٥m", "1h30"])
def test_what_is_no_duration_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="write 15m"):
        parse_duration(text)


@given(st.text(max_size=20) | st.text("0123456789smhdw ", max_size=8))
def test_any_text_is_a_duration_or_a_sentence(text: str) -> None:
    if re.fullmatch(r"\s*([0-9]+[smhdw])+\s*", text) and re.search("[1-9]", text):
        assert parse_duration(text) > 0
    else:
        with pytest.raises(ValueError, match="duration"):
            parse_duration(text)


@pytest.mark.parametrize(("name", "seconds"), RANGE_PRESETS)
def test_every_preset_is_named_after_its_length(name: str, seconds: float) -> None:
    assert parse_duration(name) == seconds


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-5, "0s"), (0, "0s"), (45.9, "45s"), (60, "1m"), (725, "12m"), (11_100, "3h05m"), (187_200, "2d04h")],
)
def test_a_duration_reads_short(seconds: float, text: str) -> None:
    assert format_duration(seconds) == text
