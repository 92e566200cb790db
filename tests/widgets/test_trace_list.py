"""The traces pane."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from opsconsole.domain.text import SafeText
from opsconsole.domain.trace import Trace, TraceList
from opsconsole.widgets.glyphs import ASCII
from opsconsole.widgets.names import span_text
from opsconsole.widgets.trace_list import TraceListView
from widget_samples import FAST_TRACE, NOW, SLOW_TRACE, TRACE_ID, TRACES, live, span
from widget_stage import Stage, screen_text, shown


@pytest.mark.parametrize(
    ("width", "expected"),
    [
        (38, "▌   812 ms ✘4  gateway POST /pay"),
        (60, "▌  14:11:03  812 ms ✘4  gateway POST /pay    ▸checkout▸ord…"),
        (80, "▌  14:11:03  812 ms ━━━━━━━━ ✘4      5 gateway POST /pay    ▸checkout▸orders▸db"),
        (120, "▌  14:11:03  812 ms ━━━━━━━━━━━━━━━━ ✘4      5 gateway POST /pay    ▸checkout▸orders▸db"),
    ],
)
async def test_what_failed_and_how_long_it_took_is_read_first_at_any_width(width: int, expected: str) -> None:
    traces = TraceListView()
    app = Stage(traces)
    async with app.run_test(size=(width, 8), notifications=True) as pilot:
        traces.show(live(TRACES), now=NOW)
        await pilot.pause()
        assert shown(app)[0] == expected


@pytest.mark.parametrize("width", range(16, 241, 16))
async def test_no_row_is_wider_than_the_pane(width: int) -> None:
    wide = Trace(SafeText("e" * 32), (span(21, None, "用户服务" * 9, "登录" * 30, 1.0, 0.1),))
    traces = TraceListView()
    app = Stage(traces)
    async with app.run_test(size=(width, 8), notifications=True) as pilot:
        traces.show(live(TraceList((wide, SLOW_TRACE))), now=NOW)
        traces.toggle_mark()
        await pilot.pause()
        assert all(cell_len(line) <= width for line in shown(app))


async def test_errors_come_first_then_the_slowest() -> None:
    slower = Trace(SafeText("a" * 32), (span(20, None, "gateway", "GET /old", 1.0, 0.1),))
    traces = TraceListView()
    app = Stage(traces)
    async with app.run_test(size=(80, 8), notifications=True) as pilot:
        traces.show(live(TraceList((FAST_TRACE, slower, SLOW_TRACE))), now=NOW)
        await pilot.press("enter")
        await pilot.pause()
        assert [line.split("/")[1].split()[0] for line in shown(app)[:3]] == ["pay", "old", "healthz"]
        bars = [line.count("━") for line in shown(app)[:3]]
        assert bars == [8, 1, 1]
    assert app.chosen == [TRACE_ID]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (TRACES, "2+ traces, 1 failed"),
        (TraceList((FAST_TRACE,)), "1 trace, 0 failed"),
        (TraceList(()), "0 traces, 0 failed"),
    ],
)
def test_the_count_tells_failures_and_that_more_exist(value: TraceList, words: str) -> None:
    traces = TraceListView()
    traces.show(live(value), now=NOW)
    assert traces.count_text == words


async def test_two_traces_at_most_are_marked_and_their_marks_stay_with_them() -> None:
    third = Trace(SafeText("c" * 32), (span(22, None, "gateway", "GET /third", 2.0, 0.1),))
    traces = TraceListView()
    app = Stage(traces)
    async with app.run_test(size=(80, 8), notifications=True) as pilot:
        traces.show(live(TraceList((SLOW_TRACE, third, FAST_TRACE))), now=NOW)
        for _ in range(3):
            traces.toggle_mark()
            await pilot.press("down")
        await pilot.pause()
        assert [one.root.operation for one in traces.marked] == ["GET /third", "GET /healthz"]
        assert [line[1] for line in shown(app)[:3]] == [" ", "A", "B"]
        traces.show(live(TraceList((FAST_TRACE, SLOW_TRACE))), now=NOW)
        await pilot.pause()
        assert [one.root.operation for one in traces.marked] == ["GET /healthz"]
        traces.rows.select(FAST_TRACE.trace_id)
        traces.toggle_mark()
        assert traces.marked == ()


async def test_a_trace_without_spans_is_left_out_and_none_is_said() -> None:
    traces = TraceListView()
    app = Stage(traces)
    async with app.run_test(size=(80, 8), notifications=True) as pilot:
        traces.show(live(TraceList((Trace(SafeText("b" * 32), ()),))), now=NOW)
        await pilot.pause()
        assert shown(app)[0] == " no traces in this range"


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
