"""The logs pane's lines: columns, the cursor among lines that come and go, fields opened in place, marks."""

from __future__ import annotations

from datetime import timedelta, timezone

import msgspec
import pytest
from rich.cells import cell_len
from textual.content import Content

from opsconsole.domain.log_record import LogLevel, LogRecord
from opsconsole.domain.text import SafeText
from opsconsole.widgets.glyphs import ASCII
from opsconsole.widgets.log_list import LogList
from opsconsole.widgets.record_lines import record_ring
from widget_samples import LOGS, NOW, TRACE_ID, record
from widget_stage import Stage, screen_text, shown

NEWEST = LOGS.records[0]


def info(number: int, text: str = "") -> LogRecord:
    """Line `number`; higher ones are newer."""
    made = record(number, LogLevel.INFO, "orders", text or f"line {number}")
    return msgspec.structs.replace(made, time=NOW - 1000 + number)


def texts(app: Stage) -> list[str]:
    """The lines on the screen without cursor and thumb."""
    return [line.rstrip("┃ ").lstrip("▌▏ ") for line in shown(app)]


@pytest.mark.parametrize(
    ("width", "expected"),
    [
        (40, "▌14:11:59 E pool wait timeout after 30…"),
        (80, "▌14:11:59.877 ERROR checkout pool wait timeout after 3000 ms, 200 of 200 conne…"),
        (120, f"▌14:11:59.877 ERROR checkout abcde  {NEWEST.message:<74} 4bf92f35"),
    ],
)
async def test_columns_follow_the_width_and_the_message_always_stays(width: int, expected: str) -> None:
    logs = LogList()
    app = Stage(logs)
    async with app.run_test(size=(width, 10), notifications=True) as pilot:
        logs.start_over(LOGS.records)
        await pilot.pause(0)
        assert expected in shown(app)


async def test_lines_of_one_service_leave_its_name_to_the_header() -> None:
    logs = LogList()
    app = Stage(logs)
    async with app.run_test(size=(80, 10), notifications=True) as pilot:
        logs.start_over(line for line in LOGS.records if line.service == "checkout")
        await pilot.pause(0)
        assert "▌14:11:59.877 ERROR pool wait timeout after 3000 ms, 200 of 200 connections in…" in shown(app)


@pytest.mark.parametrize("wrapped", [False, True])
@pytest.mark.parametrize("width", range(24, 241, 24))
async def test_no_line_is_wider_than_the_pane(width: int, wrapped: bool) -> None:
    logs = LogList()
    app = Stage(logs)
    async with app.run_test(size=(width, 40), notifications=True) as pilot:
        logs.look_as(msgspec.structs.replace(logs.look, wrapped=wrapped))
        logs.start_over(LOGS.records)
        logs.toggle_open()
        await pilot.pause(0)
        assert all(cell_len(line) <= width for line in shown(app))
        assert all(word in screen_text(app) for word in ("pool", "retry 3", "cache"))


async def test_times_are_the_events_own_in_the_given_zone() -> None:
    logs = LogList(zone=timezone(timedelta(hours=8), "CST"))
    app = Stage(logs)
    async with app.run_test(size=(80, 10), notifications=True) as pilot:
        logs.start_over(LOGS.records)
        await pilot.pause(0)
        assert "▌22:11:59.877" in screen_text(app)


async def test_a_line_without_a_usable_time_keeps_the_place_it_came_in() -> None:
    times = (NOW, None, float("nan"), NOW - 5)
    newest_first = [
        msgspec.structs.replace(record(number, LogLevel.INFO, "orders", f"line {number}"), time=time)
        for number, time in enumerate(times)
    ]
    logs = LogList()
    app = Stage(logs)
    async with app.run_test(size=(80, 10), notifications=True) as pilot:
        logs.start_over(newest_first)
        await pilot.pause(0)
        assert [line.split()[-1] for line in texts(app)[1:5]] == ["3", "2", "1", "0"]
        assert texts(app)[2] == "no time      INFO  line 2"


async def test_the_newest_line_stands_at_the_bottom_and_is_followed() -> None:
    logs = LogList()
    app = Stage(logs)
    async with app.run_test(size=(60, 6), notifications=True) as pilot:
        logs.start_over(reversed([info(number) for number in range(20)]))
        await pilot.pause(0)
        assert texts(app)[-1].endswith("line 19")
        logs.take([info(20), info(21)])
        await pilot.pause(0)
        assert texts(app)[-1].endswith("line 21")
        assert logs.current == info(21)
        assert (logs.follows, logs.unseen) == (True, 0)


async def test_lines_that_come_do_not_move_the_reader_and_are_counted() -> None:
    logs = LogList()
    app = Stage(logs)
    async with app.run_test(size=(60, 6), notifications=True) as pilot:
        logs.start_over(reversed([info(number) for number in range(20)]))
        await pilot.press("up", "up")
        before = texts(app)
        logs.take([info(number) for number in range(20, 32)])
        await pilot.pause(0)
        assert texts(app) == before
        assert (logs.follows, logs.unseen) == (False, 12)
        await pilot.press("end")
        assert texts(app)[-1].endswith("line 31")
        assert (logs.follows, logs.unseen) == (True, 0)


async def test_a_late_line_takes_its_place_in_time_and_a_known_one_comes_once() -> None:
    logs = LogList()
    app = Stage(logs)
    async with app.run_test(size=(60, 8), notifications=True) as pilot:
        logs.start_over([info(5), info(2)])
        logs.take([info(4), info(5), info(6)])
        await pilot.pause(0)
        assert [line.rsplit(" ", 1)[-1] for line in texts(app)[1:5]] == ["2", "4", "5", "6"]


async def test_older_lines_come_above_without_moving_what_is_read() -> None:
    logs = LogList()
    app = Stage(logs)
    async with app.run_test(size=(60, 6), notifications=True) as pilot:
        logs.start_over(reversed([info(number) for number in range(20, 40)]))
        logs.frame(Content("older lines follow"), Content(""))
        await pilot.press("home")
        assert shown(app)[0].strip("┃ ") == "older lines follow"
        before = texts(app)[1:]
        assert logs.take_older(reversed([info(number) for number in range(15, 21)])) == 5
        await pilot.pause(0)
        assert logs.current == info(20)
        assert texts(app)[1:] == before
        await pilot.press("up")
        assert logs.current == info(19)


async def test_memory_is_bounded_and_what_leaves_is_counted() -> None:
    logs = LogList(ring=record_ring(lines=30))
    app = Stage(logs)
    async with app.run_test(size=(60, 6), notifications=True) as pilot:
        logs.start_over(reversed([info(number) for number in range(100, 130)]))
        await pilot.press("up", "up")
        kept = logs.current
        logs.take([info(number) for number in range(130, 140)])
        assert (len(logs.records), logs.ring.dropped, logs.current) == (30, 10, kept)
        await pilot.press("home")
        logs.take_older(reversed([info(number) for number in range(90, 110)]))
        assert (len(logs.records), logs.ring.cut_off) == (30, 20)
        assert logs.current == info(110)


async def test_bytes_are_bounded_too() -> None:
    size = info(24, "x" * 8000).size
    logs = LogList(ring=record_ring(size=10 * size + 1))
    app = Stage(logs)
    async with app.run_test(size=(60, 6), notifications=True):
        logs.take([info(number, "x" * 8000) for number in range(25)])
        assert (len(logs.records), logs.ring.dropped) == (10, 15)
        assert logs.ring.size <= 10 * size


async def test_the_reader_near_the_oldest_line_asks_for_older_ones() -> None:
    asked: list[str] = []

    class Asking(LogList):
        def post_message(self, message: object) -> bool:
            if isinstance(message, LogList.OlderWanted):
                asked.append("older")
            return super().post_message(message)  # type: ignore[arg-type]

    logs = Asking()
    app = Stage(logs)
    async with app.run_test(size=(60, 6), notifications=True) as pilot:
        logs.start_over(reversed([info(number) for number in range(300)]))
        await pilot.press("up")
        assert asked == []
        await pilot.press("home")
        assert asked == ["older"]


async def test_fields_are_opened_in_place_and_passed_one_by_one() -> None:
    logs = LogList()
    app = Stage(logs)
    async with app.run_test(size=(80, 14), notifications=True) as pilot:
        logs.start_over(LOGS.records)
        logs.toggle_open()
        await pilot.pause(0)
        assert f"trace  {TRACE_ID}" in screen_text(app)
        assert not logs.follows
        assert logs.current_field is None
        names = []
        for _ in range(3):
            await pilot.press("down")
            assert logs.current_field is not None
            names.append(logs.current_field.name)
        assert names == ["service", "namespace", "pod"]
        logs.toggle_open()
        await pilot.pause(0)
        assert logs.current_field is None
        assert logs.follows
        assert TRACE_ID not in screen_text(app)


async def test_the_fields_of_a_line_that_is_opened_come_into_view() -> None:
    logs = LogList()
    app = Stage(logs)
    async with app.run_test(size=(80, 14), notifications=True) as pilot:
        logs.start_over(reversed([info(number) for number in range(40)]))
        await pilot.press("up", "up")
        logs.toggle_open()
        await pilot.pause(0)
        fields = [line for line in shown(app) if line.strip("┃ ").startswith(("├", "└"))]
        assert fields[-1].strip().startswith("└")
        assert logs.current == info(37)
        assert any("▌" in line for line in shown(app))


async def test_an_opened_line_holds_its_place_while_lines_come() -> None:
    logs = LogList()
    app = Stage(logs)
    async with app.run_test(size=(80, 12), notifications=True) as pilot:
        logs.start_over(LOGS.records)
        logs.toggle_open()
        await pilot.pause(0)
        before = texts(app)
        logs.take([info(5000 + number) for number in range(30)])
        await pilot.pause(0)
        assert texts(app) == before
        assert logs.unseen == 30


async def test_a_very_long_value_is_bounded_and_counted() -> None:
    logs = LogList()
    app = Stage(logs)
    long = msgspec.structs.replace(info(1), fields=((SafeText("stack"), SafeText("x" * 8000)),))
    async with app.run_test(size=(60, 30), notifications=True) as pilot:
        logs.start_over([long])
        logs.toggle_open()
        await pilot.pause(0)
        assert "characters, y copies the line whole" in " ".join(texts(app))


async def test_marks_are_shown_and_gone_to() -> None:
    logs = LogList()
    app = Stage(logs)
    async with app.run_test(size=(60, 12), notifications=True) as pilot:
        logs.start_over(reversed([info(number) for number in range(8)]))
        assert not logs.seek_mark(1)
        for _ in range(2):
            await pilot.press("up", "up")
            logs.toggle_mark()
        assert logs.marked_records == (info(3), info(5))
        await pilot.press("end")
        assert [line for line in shown(app) if line.startswith("●")] != []
        assert logs.seek_mark(-1)
        assert logs.current == info(5)
        assert logs.seek_mark(1)
        assert logs.current == info(3)


async def test_errors_are_gone_to_and_after_the_last_comes_the_first() -> None:
    logs = LogList()
    app = Stage(logs)
    async with app.run_test(size=(60, 12), notifications=True):
        lines = [info(number) for number in range(9)]
        for place in (2, 5):
            lines[place] = msgspec.structs.replace(lines[place], level=LogLevel.ERROR)
        logs.start_over(reversed(lines))
        for step, place in ((-1, 5), (-1, 2), (1, 5), (1, 2)):
            assert logs.seek_error(step)
            assert logs.current == lines[place]


async def test_long_lines_wrap_and_a_stack_trace_keeps_its_lines() -> None:
    logs = LogList()
    app = Stage(logs)
    async with app.run_test(size=(60, 8), notifications=True) as pilot:
        logs.look_as(msgspec.structs.replace(logs.look, wrapped=True))
        logs.start_over([info(1, "panic: nil map␊goroutine 1 [running]:␊main.main()")])
        await pilot.pause(0)
        assert texts(app)[1].endswith("panic: nil map")
        assert texts(app)[2:4] == ["goroutine 1 [running]:", "main.main()"]


async def test_found_words_are_underlined() -> None:
    logs = LogList()
    app = Stage(logs)
    async with app.run_test(size=(60, 6), notifications=True) as pilot:
        logs.look_as(msgspec.structs.replace(logs.look, marked=("pool",)))
        logs.start_over([info(1, "a Pool of pools")])
        await pilot.pause(0)
        underlined = [
            part.text for y in range(6) for part in logs.render_line(y) if part.style and part.style.underline
        ]
    assert underlined == ["Pool", "pool"]


@pytest.mark.parametrize("width", [40, 80, 120])
async def test_ascii_signs_are_enough(width: int) -> None:
    logs = LogList(glyphs=ASCII)
    app = Stage(logs)
    async with app.run_test(size=(width, 16), notifications=True) as pilot:
        logs.start_over((record(1, LogLevel.ERROR, "a" * 40, "b" * 400), record(2, LogLevel.WARN, "c", "d")))
        logs.toggle_open()
        logs.toggle_mark()
        await pilot.pause(0)
        assert screen_text(app).isascii()
        assert any(line.endswith("~") for line in shown(app))


async def test_without_lines_it_says_why() -> None:
    logs = LogList()
    app = Stage(logs)
    async with app.run_test(size=(60, 6), notifications=True) as pilot:
        logs.say(Content("no log lines in this range"))
        await pilot.press("up", "down", "home", "end", "pageup", "enter", "pagedown")
        assert shown(app)[0] == " no log lines in this range"


async def test_ten_thousand_lines_draw_only_what_is_in_view() -> None:
    logs = LogList()
    app = Stage(logs)
    async with app.run_test(size=(80, 10), notifications=True) as pilot:
        logs.start_over(reversed([info(number) for number in range(10_000)]))
        await pilot.press("home")
        assert texts(app)[1].endswith("line 0")
        await pilot.press("end")
        assert texts(app)[9].endswith("line 9999")


class Counting(LogList):
    """Counts how often it is drawn."""

    drawings = 0

    def _draw(self) -> None:
        self.drawings += 1
        super()._draw()


async def test_words_above_lines_out_of_view_cost_no_drawing() -> None:
    logs = Counting()
    app = Stage(logs)
    async with app.run_test(size=(60, 6), notifications=True) as pilot:
        logs.start_over(reversed([info(number) for number in range(300)]))
        await pilot.pause(0)
        before = logs.drawings
        logs.frame(Content("reading older lines"), Content(""))
        assert logs.drawings == before
        await pilot.press("home")
        assert texts(app)[0] == "reading older lines"
        logs.frame(Content("nothing older"), Content(""))
        await pilot.pause(0)
        assert texts(app)[0] == "nothing older"
        logs.frame(Content("nothing older"), Content("newer lines wait"))
        await pilot.press("end", "up", "down")
        assert texts(app)[-1] == "newer lines wait"


async def test_several_changes_are_drawn_once() -> None:
    logs = Counting()
    app = Stage(logs)
    async with app.run_test(size=(60, 6), notifications=True) as pilot:
        logs.start_over([info(0)])
        before = logs.drawings
        with logs.drawn_once():
            logs.take([info(1)])
            with logs.drawn_once():
                logs.take([info(2)])
            assert logs.drawings == before
        assert logs.drawings == before + 1
        await pilot.pause(0)
        assert [line[-6:] for line in texts(app)[1:4]] == ["line 0", "line 1", "line 2"]
