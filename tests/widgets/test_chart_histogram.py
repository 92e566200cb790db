"""Bars of log lines, and sparklines."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsconsole.domain.log_record import LogBucket, LogLevel
from opsconsole.domain.time_range import TimeRange
from opsconsole.widgets.chart import HistogramStrip, sparkline
from opsconsole.widgets.chart.histogram import bars
from opsconsole.widgets.glyphs import ASCII, UNICODE, Glyphs
from widget_samples import NOW
from widget_stage import Stage, shown

SPAN = TimeRange(NOW - 3600.0, NOW)


def bucket(minute: int, info: int, error: int = 0) -> LogBucket:
    return LogBucket(SPAN.start + 60.0 * minute, {LogLevel.INFO: info, LogLevel.ERROR: error})


BUCKETS = tuple(bucket(minute, 10, 0 if minute < 50 else 70) for minute in range(60))


@pytest.mark.parametrize("glyphs", [UNICODE, ASCII], ids=["unicode", "ascii"])
async def test_the_strip_rises_where_lines_are_and_marks_the_cursor(glyphs: Glyphs) -> None:
    strip = HistogramStrip(glyphs=glyphs)
    async with Stage(strip).run_test(size=(60, 3)) as pilot:
        strip.show(BUCKETS, bucket_width=60.0, span=SPAN, cursor=NOW - 1800.0)
        await pilot.pause(0)
        low, high = ("▁", "█") if glyphs is UNICODE else (".", "#")
        line_sign = "│" if glyphs is UNICODE else "|"
        assert shown(pilot.app)[0] == low * 30 + line_sign + low * 19 + high * 10


async def test_errors_have_a_sign_besides_their_colour() -> None:
    strip = HistogramStrip()
    async with Stage(strip).run_test(size=(60, 3)) as pilot:
        strip.show(BUCKETS, bucket_width=60.0, span=SPAN)
        await pilot.pause(0)
        styles = [(segment.text, segment.style) for segment in strip.render_line(0)]
        assert [(len(text), bool(style and style.underline)) for text, style in styles] == [(50, False), (10, True)]


async def test_two_rows_show_twice_the_height() -> None:
    strip = HistogramStrip()
    strip.styles.height = 2
    async with Stage(strip).run_test(size=(60, 3)) as pilot:
        strip.show(BUCKETS, bucket_width=60.0, span=SPAN)
        await pilot.pause(0)
        lines = shown(pilot.app)
        assert lines[0] == " " * 50 + "█" * 10
        assert lines[1] == "▂" * 50 + "█" * 10


async def test_a_single_line_beside_thousands_still_has_a_bar() -> None:
    strip = HistogramStrip()
    async with Stage(strip).run_test(size=(60, 3)) as pilot:
        strip.show((bucket(10, 1), bucket(20, 5000)), bucket_width=60.0, span=SPAN)
        await pilot.pause(0)
        assert shown(pilot.app)[0] == " " * 10 + "▁" + " " * 9 + "█"


async def test_an_empty_strip_is_blank_and_takes_odd_input() -> None:
    strip = HistogramStrip()
    async with Stage(strip).run_test(size=(60, 3)) as pilot:
        strip.show((), bucket_width=0.0, span=TimeRange(NOW, NOW), cursor=NOW)
        await pilot.pause(0)
        assert shown(pilot.app) == ["", "", ""]


@given(
    st.lists(st.tuples(st.integers(0, 59), st.integers(0, 1000), st.integers(0, 1000)), max_size=60),
    st.integers(1, 240),
)
def test_columns_share_out_all_lines_and_lose_none(counts: list[tuple[int, int, int]], columns: int) -> None:
    buckets = [bucket(*count) for count in counts]
    shared = bars(buckets, 60.0, SPAN, columns)
    assert sum(bar.total for bar in shared) == pytest.approx(sum(item.total for item in buckets), rel=1e-6, abs=1e-6)
    assert all(0 <= bar.errors <= bar.total + 1e-9 for bar in shared)


def test_a_single_line_among_thousands_still_shows() -> None:
    values = [0.0] * 10 + [1.0] + [5000.0]
    text = sparkline(values, 12, UNICODE).plain
    assert text[-2:] == "▁█"


def test_a_sparkline_keeps_spikes_and_leaves_gaps_open() -> None:
    values = [1.0] * 50 + [100.0] + [1.0] * 49
    assert sparkline(values, 10, UNICODE).plain.count("█") == 1
    assert sparkline([1.0, math.nan, 1.0], 3, ASCII).plain == "# #"


@given(st.lists(st.floats(allow_nan=True, allow_infinity=True), max_size=50), st.integers(0, 30))
def test_a_sparkline_has_its_width_whatever_the_values(values: list[float], width: int) -> None:
    for glyphs in (UNICODE, ASCII):
        assert sparkline(values, width, glyphs).cell_length == width
