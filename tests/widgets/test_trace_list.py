"""The traces pane."""

from __future__ import annotations

import pytest

from opsconsole.domain.text import SafeText
from opsconsole.domain.trace import Trace, TraceList
from opsconsole.widgets.glyphs import ASCII, UNICODE
from opsconsole.widgets.names import span_text
from opsconsole.widgets.trace_list import TraceListView, profile
from widget_samples import FAST_TRACE, NOW, SLOW_TRACE, TRACE_ID, TRACES, live, span
from widget_stage import Stage, screen_text, shown


@pytest.mark.parametrize(
    ("width", "expected"),
    [
        (40, "▌ 812 ms ✘ POST /pay    gateway▸checko…"),
        (80, "▌ 812 ms ✘ POST /pay    gateway▸checkout▸orders▸db          ▆█▆▆▆▆▆▆▆▆ 14:11:03"),
    ],
)
async def test_a_trace_reads_as_duration_error_operation_and_path(width: int, expected: str) -> None:
    traces = TraceListView()
    app = Stage(traces)
    async with app.run_test(size=(width, 8), notifications=True) as pilot:
        traces.show(live(TRACES), now=NOW)
        await pilot.pause()
        assert shown(app)[0] == expected


async def test_a_wide_pane_shows_everything() -> None:
    traces = TraceListView()
    app = Stage(traces)
    async with app.run_test(size=(120, 8), notifications=True) as pilot:
        traces.show(live(TRACES), now=NOW)
        await pilot.pause()
        assert shown(app)[0].split() == [
            "▌", "812", "ms", "✘", "POST", "/pay", "gateway▸checkout▸orders▸db", "▅█▆▆▆▆▆▆▆▆▆▆▆▆▆▃", "14:11:03",
        ]  # fmt: skip


async def test_errors_come_first_then_the_newest() -> None:
    older = Trace(SafeText("a" * 32), (span(20, None, "gateway", "GET /old", 1.0, 0.1),))
    traces = TraceListView()
    app = Stage(traces)
    async with app.run_test(size=(80, 8), notifications=True) as pilot:
        traces.show(live(TraceList((older, FAST_TRACE, SLOW_TRACE))), now=NOW)
        await pilot.press("enter")
        await pilot.pause()
        assert [line.split("/")[1].split()[0] for line in shown(app)[:3]] == ["pay", "healthz", "old"]
    assert app.chosen == [TRACE_ID]


def test_the_count_tells_failures_and_that_more_exist() -> None:
    traces = TraceListView()
    traces.show(live(TRACES), now=NOW)
    assert traces.count_text == "2+ traces, 1 failed"


async def test_a_trace_without_spans_is_left_out_and_none_is_said() -> None:
    traces = TraceListView()
    app = Stage(traces)
    async with app.run_test(size=(80, 8), notifications=True) as pilot:
        traces.show(live(TraceList((Trace(SafeText("b" * 32), ()),))), now=NOW)
        await pilot.pause()
        assert shown(app)[0] == " no traces in this range"


def test_the_profile_is_high_where_many_spans_are_open() -> None:
    assert profile(SLOW_TRACE, 8, UNICODE.levels) == "█▆▆▆▆▆▆▆"
    assert profile(FAST_TRACE, 4, UNICODE.levels) == "████"
    instant = Trace(SafeText("c"), (span(1, None, "a", "b", 0.0, 0.0),))
    assert profile(instant, 4, UNICODE.levels) == "████"


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0.00085, "850 µs"),
        (0.0124, "12 ms"),
        (0.9994, "999 ms"),
        (0.9996, "1.00 s"),
        (1.94, "1.94 s"),
        (125.0, "2m05s"),
        (-1.0, "0 ms"),
        (float("nan"), "?"),
        (float("inf"), "?"),
    ],
)
def test_durations_read_in_the_unit_that_fits(seconds: float, expected: str) -> None:
    assert span_text(seconds) == expected


@pytest.mark.parametrize("width", [40, 80, 120])
async def test_ascii_signs_are_enough(width: int) -> None:
    traces = TraceListView(glyphs=ASCII)
    app = Stage(traces)
    async with app.run_test(size=(width, 8), notifications=True) as pilot:
        traces.show(live(TRACES), now=NOW)
        await pilot.pause()
        assert screen_text(app).isascii()
