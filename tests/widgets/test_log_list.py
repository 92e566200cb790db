"""The logs pane."""

from __future__ import annotations

from datetime import timedelta, timezone

import msgspec
import pytest
from rich.cells import cell_len

from opsconsole.domain.log_record import LogLevel, LogPage
from opsconsole.domain.text import SafeText
from opsconsole.widgets.glyphs import ASCII
from opsconsole.widgets.log_list import LogList
from widget_samples import LOGS, NOW, TRACE_ID, live, record
from widget_stage import Stage, screen_text, shown


@pytest.mark.parametrize(
    ("width", "expected"),
    [
        (40, "▌14:11:59 E pool wait timeout after 30…"),
        (80, "▌14:11:59.877 ERROR checkout pool wait timeout after 3000 ms, 200 of 200 conne…"),
        (
            120,
            f"▌14:11:59.877 ERROR checkout abcde  {LOGS.records[0].message:<74} 4bf92f35",
        ),
    ],
)
async def test_columns_follow_the_width_and_the_message_always_stays(width: int, expected: str) -> None:
    logs = LogList()
    app = Stage(logs)
    async with app.run_test(size=(width, 10), notifications=True) as pilot:
        logs.show(live(LOGS), now=NOW)
        await pilot.pause()
        assert shown(app)[0] == expected


async def test_lines_of_one_service_leave_its_name_to_the_header() -> None:
    page = LogPage(tuple(line for line in LOGS.records if line.service == "checkout"), 1)
    logs = LogList()
    app = Stage(logs)
    async with app.run_test(size=(80, 10), notifications=True) as pilot:
        logs.show(live(page), now=NOW)
        await pilot.pause()
        assert shown(app)[0] == "▌14:11:59.877 ERROR pool wait timeout after 3000 ms, 200 of 200 connections in…"


@pytest.mark.parametrize("width", range(40, 241, 8))
async def test_no_line_is_wider_than_the_pane(width: int) -> None:
    logs = LogList()
    app = Stage(logs)
    async with app.run_test(size=(width, 10), notifications=True) as pilot:
        logs.show(live(LOGS), now=NOW)
        await pilot.pause()
        assert all(cell_len(line) <= width for line in shown(app))
        assert all(word in screen_text(app) for word in ("pool wait", "retry 3", "用户登录成功", "cache miss"))


async def test_times_are_the_events_own_in_the_given_zone() -> None:
    logs = LogList(zone=timezone(timedelta(hours=8), "CST"))
    app = Stage(logs)
    async with app.run_test(size=(80, 10), notifications=True) as pilot:
        logs.show(live(LOGS), now=NOW + 500)
        await pilot.pause()
        assert shown(app)[0].startswith("▌22:11:59.877")


async def test_a_line_without_a_usable_time_is_kept() -> None:
    page = LogPage(
        tuple(
            msgspec.structs.replace(record(number, LogLevel.INFO, "orders", f"line {number}"), time=time)
            for number, time in enumerate((None, 1e18, float("nan"), NOW))
        ),
        total=4,
    )
    logs = LogList()
    app = Stage(logs)
    async with app.run_test(size=(80, 10), notifications=True) as pilot:
        logs.show(live(page), now=NOW)
        await pilot.pause()
        lines = shown(app)
    assert lines[0] == "▌no time      INFO  line 0"
    assert lines[1] == " no time      INFO  line 1"
    assert lines[3] == " 14:12:00.000 INFO  line 3"


@pytest.mark.parametrize(
    ("total", "exact", "expected"),
    [
        (88_310, True, "6 of 88,310"),
        (10_000, False, "6 of 10,000+"),
        (6, True, "6 lines"),
        (6, False, "6 of 6+"),
    ],
)
def test_the_count_says_how_much_of_what_matches_is_here(total: int, exact: bool, expected: str) -> None:
    logs = LogList()
    assert logs.count_text == ""
    logs.show(live(msgspec.structs.replace(LOGS, total=total, total_is_exact=exact)), now=NOW)
    assert logs.count_text == expected


async def test_lines_that_arrive_do_not_move_the_reader_and_are_counted() -> None:
    logs = LogList()
    app = Stage(logs)
    old = tuple(record(number, LogLevel.INFO, "orders", f"old {number}") for number in range(30))
    async with app.run_test(size=(80, 10), notifications=True) as pilot:
        logs.show(live(LogPage(old, 30)), now=NOW)
        await pilot.press("down", "down")
        await pilot.pause()
        before = shown(app)
        new = tuple(record(-number, LogLevel.INFO, "orders", f"new {number}") for number in range(12, 0, -1))
        logs.show(live(LogPage((*new, *old), 42)), now=NOW)
        await pilot.pause()
        lines = [line.rstrip("┃ ") for line in shown(app)]
        assert lines[:9] == [line.rstrip("┃ ") for line in before[:9]]
        assert lines[2].startswith("▌")
        assert lines[9].strip() == "▲ 12 new, Home shows them"
        await pilot.press("home")
        await pilot.pause()
        assert "new, Home" not in screen_text(app)
        assert "new 12" in shown(app)[0]


async def test_the_record_under_the_cursor_is_at_hand() -> None:
    logs = LogList()
    app = Stage(logs)
    async with app.run_test(size=(80, 10), notifications=True) as pilot:
        logs.show(live(LOGS), now=NOW)
        await pilot.press("enter")
        await pilot.pause()
        assert logs.current is not None
        assert logs.current.trace_id == TRACE_ID
    assert [logs.item(key) for key in app.chosen] == [LOGS.records[0]]


async def test_no_lines_says_what_may_help() -> None:
    logs = LogList()
    app = Stage(logs)
    async with app.run_test(size=(40, 10), notifications=True) as pilot:
        logs.show(live(LogPage((), 0)), now=NOW)
        await pilot.pause()
        assert shown(app)[0] == " no log lines in this range"
        assert "longer range" in screen_text(app)


@pytest.mark.parametrize("width", [40, 80, 120])
async def test_ascii_signs_are_enough(width: int) -> None:
    logs = LogList(glyphs=ASCII)
    app = Stage(logs)
    page = LogPage((record(1, LogLevel.ERROR, "a" * 40, "b" * 400), record(2, LogLevel.WARN, "c", "d")), 2)
    async with app.run_test(size=(width, 10), notifications=True) as pilot:
        logs.show(live(page), now=NOW)
        await pilot.pause()
        assert screen_text(app).isascii()
        assert shown(app)[0].endswith("~")


async def test_ten_thousand_lines_draw_only_what_is_in_view() -> None:
    page = LogPage(
        tuple(record(number, LogLevel.INFO, "orders", f"line {number}") for number in range(10_000)), total=10_000
    )
    logs = LogList()
    app = Stage(logs)
    async with app.run_test(size=(80, 10), notifications=True) as pilot:
        logs.show(live(page), now=NOW)
        await pilot.press("end")
        await pilot.pause()
        assert shown(app)[9].rstrip("┃ ").endswith("line 9999")
        assert logs.rows.cursor_key == SafeText("log-9999")
