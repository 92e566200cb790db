"""The lines of a container on the screen."""

from __future__ import annotations

import msgspec
from textual.content import Content

from opsconsole.domain.container_log import ContainerLine
from opsconsole.domain.log_record import LogLevel
from opsconsole.domain.text import SafeText
from opsconsole.widgets.container_log import ContainerLog, container_ring
from opsconsole.widgets.log_line import LineLook, drawn_line
from opsconsole.widgets.log_ring import LogRing
from opsconsole.widgets.text_filter import TextFilter
from widget_samples import NOW
from widget_stage import Stage, shown


def line(number: int, text: str = "", container: str = "app") -> ContainerLine:
    return ContainerLine(NOW + number, SafeText(container), LogLevel.UNKNOWN, SafeText(text or f"line {number}"))


JSON = ContainerLine(
    NOW, SafeText("app"), LogLevel.ERROR, SafeText("boom"), SafeText("user=1"), SafeText('{"msg":"boom","user":1}')
)


def test_json_is_drawn_message_first_and_as_written_when_asked() -> None:
    assert drawn_line(JSON, LineLook()).plain == "ERROR boom  user=1"
    assert drawn_line(JSON, LineLook(raw=True)).plain == '{"msg":"boom","user":1}'
    whole = drawn_line(JSON, LineLook(timed=True, named=True)).plain
    assert whole == "14:12:00.000 app ERROR boom  user=1"


def test_found_words_are_underlined() -> None:
    drawn = drawn_line(line(1, "a Pool of pools"), LineLook(marked=("pool",)))
    marked = [drawn.plain[span.start : span.end] for span in drawn.spans if "underline" in str(span.style)]
    assert marked == ["Pool", "pool"]


def test_the_ring_drops_the_oldest_lines_and_counts_them() -> None:
    ring = container_ring(lines=10)
    ring.append([line(number) for number in range(8)])
    assert ring.append([line(number) for number in range(8, 13)]) == (5, 3)
    assert ring.shown[0].message == "line 3"
    assert (len(ring), ring.dropped) == (10, 3)


def test_the_ring_holds_no_more_bytes_than_it_should() -> None:
    lines = [line(number, "x" * 30) for number in range(10)]
    ring: LogRing[ContainerLine] = LogRing(lines=1000, size=3 * lines[0].size + 10)
    ring.append(lines)
    assert (len(ring), ring.dropped, ring.size) == (3, 7, 3 * lines[0].size)


def test_a_filter_holds_for_lines_that_come_and_go() -> None:
    ring = container_ring(lines=10)
    ring.append([line(number, f"{'even' if number % 2 == 0 else 'odd'} {number}") for number in range(10)])
    ring.narrow(TextFilter.of("even"))
    assert len(ring.shown) == 5
    assert ring.append([line(10, "even 10"), line(11, "odd 11")]) == (1, 1)
    assert [one.message for one in ring.shown] == ["even 2", "even 4", "even 6", "even 8", "even 10"]
    ring.narrow(TextFilter())
    assert len(ring.shown) == 10


def test_lines_of_several_containers_stand_in_the_order_of_their_times() -> None:
    ring = container_ring()
    ring.append([line(1, container="a"), line(5, container="a")])
    ring.append([line(2, container="b"), line(6, container="b")])
    assert [one.message for one in ring.shown] == ["line 1", "line 2", "line 5", "line 6"]


async def test_the_newest_line_is_followed_until_one_scrolls_up() -> None:
    log = ContainerLog()
    app = Stage(log)
    async with app.run_test(size=(40, 10)) as pilot:
        log.take([line(number) for number in range(30)])
        log.repaint()
        await pilot.pause(0)
        assert shown(app)[-1].split("┃")[0].strip() == "line 29"
        await pilot.press("up", "up")
        before = [text.rstrip("┃ ") for text in shown(app)]
        assert before[-1] == " line 27"
        log.take([line(number) for number in range(30, 35)])
        log.repaint()
        await pilot.pause(0)
        assert [text.rstrip("┃ ") for text in shown(app)] == before
        assert (log.follows, log.unseen) == (False, 5)
        await pilot.press("G")
        assert shown(app)[-1].split("┃")[0].strip() == "line 34"
        assert (log.follows, log.unseen) == (True, 0)


async def test_the_reader_stays_at_the_line_while_older_ones_are_dropped() -> None:
    log = ContainerLog(ring=container_ring(lines=40))
    app = Stage(log)
    async with app.run_test(size=(60, 10)) as pilot:
        log.take([line(number) for number in range(40)])
        log.repaint()
        await pilot.press("pageup")
        top = shown(app)[0].split("┃")[0].strip()
        log.take([line(number) for number in range(40, 50)])
        log.repaint()
        await pilot.pause(0)
        assert shown(app)[0].split("┃")[0].strip() == top
        await pilot.press("home")
        assert "10 older lines dropped, 40 are kept" in shown(app)[0]
        assert shown(app)[1].split("┃")[0].strip() == "line 10"


async def test_long_lines_are_broken_or_cut_and_moved_aside() -> None:
    log = ContainerLog()
    app = Stage(log)
    async with app.run_test(size=(20, 6)) as pilot:
        log.take([line(1, "0123456789 abcdefghijklmnop END")])
        log.repaint()
        await pilot.pause(0)
        assert "END" in " ".join(shown(app))
        log.look_as(msgspec.structs.replace(log.look, wrapped=False))
        await pilot.pause(0)
        assert shown(app)[0] == " 0123456789 abcdef…"
        await pilot.press("right")
        assert shown(app)[0] == " fghijklmnop END"


async def test_a_stack_trace_keeps_its_lines() -> None:
    log = ContainerLog()
    app = Stage(log)
    async with app.run_test(size=(40, 6)) as pilot:
        log.take([line(1, "panic: nil map␊goroutine 1 [running]:␊main.main()")])
        log.repaint()
        await pilot.pause(0)
        assert shown(app)[:3] == [" panic: nil map", "   goroutine 1 [running]:", "   main.main()"]
        log.look_as(msgspec.structs.replace(log.look, wrapped=False))
        await pilot.pause(0)
        assert shown(app)[0].startswith(" panic: nil map␊goroutine")


async def test_scrolling_through_broken_lines_moves_line_by_line_and_back() -> None:
    log = ContainerLog()
    app = Stage(log)
    async with app.run_test(size=(20, 5)) as pilot:
        log.take([line(number, f"{number} " + "word " * 12) for number in range(6)])
        log.repaint()
        await pilot.pause(0)
        bottom = shown(app)
        await pilot.press(*["up"] * 9)
        assert shown(app) != bottom
        await pilot.press(*["down"] * 9)
        assert shown(app) == bottom
        assert log.follows


async def test_without_lines_it_says_why() -> None:
    log = ContainerLog()
    app = Stage(log)
    async with app.run_test(size=(40, 6)) as pilot:
        log.say(Content("container app is waiting to start: CrashLoopBackOff"))
        await pilot.pause(0)
        assert shown(app)[0] == " container app is waiting to start:"
        await pilot.press("up", "down", "home", "end", "pageup")
        log.take([line(1)])
        log.repaint()
        await pilot.pause(0)
        assert shown(app)[0] == " line 1"
