"""The lines of the logs pane: read back, followed, gone through, copied and saved."""

from __future__ import annotations

import asyncio
import stat
from collections.abc import AsyncGenerator
from pathlib import Path

import msgspec
import pytest
from console_case import console
from log_case import NEWEST, asked, numbered, page, pane, until

from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.domain.log_query import LogQuery, LogSearch
from opsconsole.domain.log_record import LogPage, TailBatch
from opsconsole.domain.snapshot import Completeness
from opsconsole.domain.text import SafeText
from still_sources import backends
from widget_samples import NOW


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Files go here."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return tmp_path


async def test_older_lines_are_read_as_the_reader_nears_the_top_until_the_range_s_start() -> None:
    told = backends()
    told.logs.log_page = page(-40, 0)
    told.logs.older_pages = (page(-60, -41), page(-80, -61))
    async with console(told=told) as case:
        assert [one for heard, one in told.logs.asked if heard == "older"] == []
        await case.press("3", "home")
        assert pane(case).lines.records[0] == numbered(-60)
        assert pane(case).lines.current == numbered(-40)
        assert asked(case, "older").span.end == numbered(-40).time
        text = await case.screen_after("home", "home")
        assert pane(case).lines.records[0] == numbered(-80)
        assert "nothing older since 13:12:00" in text
        before = len([one for heard, one in told.logs.asked if heard == "older"])
        await case.press("up", "home")
        assert len([one for heard, one in told.logs.asked if heard == "older"]) == before


async def test_when_older_lines_can_t_be_read_the_row_above_says_why_and_it_is_tried_again_later() -> None:
    told = backends()
    told.logs.log_page = page(-40, 0)
    told.logs.older_pages = (page(-60, -41),)
    async with console(told=told, size=(170, 50)) as case:
        told.logs.failing = SourceError(ErrorKind.TIMEOUT, "elasticsearch")
        text = await case.screen_after("3", "home")
        assert "older lines: elasticsearch did not answer in time" in text
        told.logs.failing = None
        await case.press("up")
        assert len(pane(case).lines.records) == 41
        await case.clock.advance(5)
        await case.press("up")
        assert len(pane(case).lines.records) == 61


async def test_new_lines_are_followed_at_the_bottom() -> None:
    told = backends()
    told.logs.log_page = page(-40, 0)
    told.logs.tail_batches = (TailBatch((numbered(1), numbered(2))), TailBatch((numbered(3),), dropped=7))
    async with console(told=told) as case:
        search, after = next(about for heard, about in told.logs.asked if heard == "tail")
        assert (search.query, after) == (LogQuery(), NOW)
        lines = pane(case).lines
        await until(case, lambda: lines.current == numbered(3))
        text = await case.settled()
        assert "line 3" in text
        assert "7 skipped" in text


async def test_a_burst_is_taken_in_portions_and_nothing_of_it_is_lost() -> None:
    told = backends()
    told.logs.log_page = page(-40, 0)
    told.logs.tail_batches = tuple(
        TailBatch(tuple(numbered(number) for number in range(first, first + 1_000))) for first in range(1, 6_001, 1_000)
    )
    async with console(told=told) as case:
        await until(case, lambda: pane(case).lines.current == numbered(6_000))
        ids = [one.id for one in pane(case).lines.records]
        assert ids == [numbered(number).id for number in range(-40, 6_001)]


async def test_scrolled_up_nothing_moves_and_the_heading_counts_what_is_new() -> None:
    told = backends()
    told.logs.log_page = page(-40, 0)
    async with console(told=told) as case:
        await case.press("3", "up", "up")
        lines = pane(case).lines
        lines.take([numbered(1), numbered(2)])
        text = await case.settled()
        assert lines.current == numbered(-2)
        assert "▼ 2 new" in text
        assert "new" not in (await case.screen_after("end")).split("3 Logs")[1].splitlines()[0]


async def test_a_window_that_stands_still_is_not_followed() -> None:
    async with console() as case:
        for name, key, back in (("frozen", "p", "p"), ("with a cursor", "comma", "C")):
            case.backends.logs.asked.clear()
            await case.press(key)
            case.backends.logs.asked.clear()
            await case.pass_time(30)
            assert [one for one in case.backends.logs.asked if one[0] == "tail"] == [], name
            await case.press(back)
            assert "tail" in [question for question, _ in case.backends.logs.asked], f"no longer {name}"


async def test_a_tail_that_fails_says_so_below_the_lines() -> None:
    told = backends()
    told.logs.tail_batches = (TailBatch(words=SafeText("elasticsearch can't be reached")),)
    async with console(told=told, size=(170, 50)) as case:
        await until(case, lambda: "elasticsearch can't be reached" in case.text)


async def test_lines_that_were_cut_off_come_back_with_end() -> None:
    told = backends()
    told.logs.log_page = page(-40, 0)
    async with console(told=told) as case:
        await case.press("3", "home")
        lines = pane(case).lines
        lines.take_older([numbered(number) for number in range(-41, -10_040, -1)])
        assert lines.ring.cut_off > 0
        pane(case).draw(case.screen._view())
        text = await case.screen_after("G")
        assert lines.ring.cut_off == 0
        assert lines.current == numbered(0)
        assert "put away" not in text


async def test_lines_come_once_whether_the_page_or_the_tail_brings_them() -> None:
    told = backends()
    told.logs.log_page = page(-40, 0)
    told.logs.tail_batches = (TailBatch((numbered(1), numbered(2))),)
    async with console(told=told) as case:
        await until(case, lambda: len(pane(case).lines.records) == 43)
        told.logs.log_page = page(-30, 4)
        await case.pass_time(11)
        ids = [one.id for one in pane(case).lines.records]
        assert ids == [numbered(number).id for number in range(-40, 5)]


async def test_lines_that_are_followed_stay_however_far_ahead_the_newest_page_is() -> None:
    told = backends()
    told.logs.log_page = page(-40, 0)
    async with console(told=told) as case:
        told.logs.log_page = page(500, 540)
        await case.pass_time(11)
        assert list(pane(case).lines.records) == [numbered(number) for number in range(-40, 1)]


async def test_the_line_that_is_read_stays_however_many_come_and_end_reads_the_newest() -> None:
    told = backends()
    told.logs.log_page = page(-9_998, 0)
    come = asyncio.Event()

    async def tail(search: LogSearch, after: float) -> AsyncGenerator[TailBatch, None]:
        del search, after
        await come.wait()
        yield TailBatch(tuple(numbered(number) for number in range(1, 2_001)))
        await asyncio.Event().wait()

    told.logs.tail = tail  # type: ignore[method-assign]
    async with console(told=told) as case:
        await case.press("3", *["pageup"] * 5)
        lines = pane(case).lines
        read, oldest = lines.current, lines.records[0]
        come.set()
        await until(case, lambda: lines.unseen == 2_000)
        assert (lines.current, lines.records[0]) == (read, oldest)
        assert "▼ 2,000 new" in await case.settled()
        told.logs.log_page = page(1_900, 2_000)
        await case.pass_time(11)
        assert lines.current == read
        await case.press("end")
        assert lines.records[-1] == numbered(2_000)


@pytest.mark.parametrize(
    ("waiting", "oldest"), [(300, -9_689), (2_500, 1_501)], ids=["all were kept", "the newest were kept"]
)
async def test_end_goes_on_with_the_lines_that_waited_and_none_is_lost_between(waiting: int, oldest: int) -> None:
    told = backends()
    told.logs.log_page = page(-9_998, 0)
    batches: asyncio.Queue[range] = asyncio.Queue()

    async def tail(search: LogSearch, after: float) -> AsyncGenerator[TailBatch, None]:
        del search, after
        while True:
            yield TailBatch(tuple(map(numbered, await batches.get())))

    told.logs.tail = tail  # type: ignore[method-assign]
    async with console(told=told) as case:
        await case.press("3", *["pageup"] * 5)
        lines = pane(case).lines
        batches.put_nowait(range(1, waiting + 1))
        await until(case, lambda: lines.unseen == waiting)
        # The newest page the console has is older than all of them.
        await case.press("end")
        assert (lines.current, lines.unseen) == (numbered(waiting), 0)
        batches.put_nowait(range(waiting + 1, waiting + 11))
        await until(case, lambda: lines.current == numbered(waiting + 10))
        expected = [numbered(number).id for number in range(oldest, waiting + 11)]
        assert [one.id for one in lines.records] == expected
        assert len(lines.records) + lines.ring.dropped == 9_999 + waiting + 10
        assert "End reads" not in case.text


async def test_a_page_that_does_not_join_the_lines_at_hand_leaves_no_silent_gap_where_following_fails() -> None:
    told = backends()
    told.logs.log_page = page(-40, 0)
    told.logs.tail_batches = (TailBatch(words=SafeText("elasticsearch can't be reached")),)
    told.logs.tail_batches = (TailBatch(words=SafeText("elasticsearch can't be reached")),)
    async with console(told=told) as case:
        await case.press("3", "up")
        told.logs.log_page = page(500, 540)
        text = await case.screen_later(11)
        assert pane(case).lines.records[-1] == numbered(0)
        assert "▼ End reads newer lines" in text
        assert "newer lines came faster than they were read" in await case.screen_after("down")
        await case.press("end")
        assert pane(case).lines.records[0] == numbered(500)


async def test_a_page_ahead_of_the_tail_is_no_gap_while_the_tail_keeps_up() -> None:
    told = backends()
    told.logs.log_page = page(-40, 0)
    async with console(told=told) as case:
        await case.press("3")
        told.logs.log_page = page(500, 540)
        text = await case.screen_later(11)
        assert [pane(case).lines.records[place] for place in (0, -1)] == [numbered(-40), numbered(0)]
        assert "End reads newer lines" not in text


async def test_the_context_of_a_line_is_another_question_with_the_line_marked() -> None:
    async with console() as case:
        text = await case.screen_after("3", "c")
        question = next(about for heard, about in case.backends.logs.asked if heard == "around")
        assert question == (NEWEST, case.scope.selection, 20)
        assert "Context of checkout-7d9f8b6c5-abcde" in text
        assert "pool wait timeout" in text
        await case.press("plus")
        assert [about[2] for heard, about in case.backends.logs.asked if heard == "around"] == [20, 40]
        assert "Context of" not in await case.screen_after("escape")


async def test_context_that_can_t_be_read_says_why() -> None:
    async with console() as case:
        case.backends.logs.failing = SourceError(ErrorKind.TIMEOUT, "elasticsearch")
        assert "did not answer in time" in await case.screen_after("3", "c")


async def test_marked_lines_are_copied_one_each() -> None:
    async with console() as case:
        await case.press("3", "space", "up", "space")
        await case.press("y")
        copied = case.app.clipboard.splitlines()
        assert len(copied) == 2
        assert copied[1].startswith("2026-03-02T14:11:59.877000+0000 ERROR checkout pool wait timeout")
        assert "2 marked" in case.text


async def test_lines_are_saved_in_a_file_of_one_s_own(home: Path) -> None:
    async with console(size=(170, 50)) as case:
        text = await case.screen_after("3", "ctrl+s")
        assert "Save log lines in /" in text
        assert "all 6 at hand, as JSON lines" in text
        await case.press("down", "enter")
        folder = home / "state" / "opsconsole" / "logs"
        await until(case, lambda: folder.is_dir() and any(folder.iterdir()))
        (path,) = folder.iterdir()
        await until(case, lambda: "6 lines saved in" in case.text)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        lines = path.read_text().splitlines()
        assert len(lines) == 6
        newest = msgspec.json.decode(lines[-1])
        assert (newest["message"], newest["level"]) == (NEWEST.message, "error")
        assert newest["time"] == "2026-03-02T14:11:59.877000Z"


async def test_a_jump_from_an_alert_stands_at_the_line_of_its_moment() -> None:
    told = backends()
    told.logs.log_page = page(-299, 0)
    async with console(told=told) as case:
        await case.press(*["down"] * 4, "l")
        moment = case.scope.cursor
        assert moment == NOW - 190
        await until(case, lambda: pane(case).lines.current == numbered(-190))


async def test_the_bar_at_the_cursor_is_told_in_words() -> None:
    async with console(size=(170, 50)) as case:
        await case.press("3", *["comma"] * 60)
        assert "13:12:00 to 13:13:00  4 error, 10 info" in case.text


async def test_what_is_missing_of_the_answer_is_said() -> None:
    told = backends()

    async def newest(search: LogSearch, limit: int) -> object:
        del search, limit
        return msgspec.structs.replace(whole, completeness=Completeness(3, 5, (SafeText("timed out"),)))

    async with console(told=told, size=(170, 50)) as case:
        whole = await told.logs.newest(asked(case), 10)
        told.logs.newest = newest  # type: ignore[method-assign, assignment]
        text = await case.screen_later(11)
        assert "3 of 5 parts answered; timed out" in text


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_every_key_of_the_pane_is_safe_without_a_single_line(size: tuple[int, int]) -> None:
    told = backends()
    told.logs.log_page = LogPage((), 0)
    async with console(told=told, size=size) as case:
        await case.press("3", "n", "N", "space", "z", "c", "o", "y", "I", "X", "home", "end", "ctrl+s")
        assert case.app.is_running
        assert "no log lines in this range" in case.text


async def test_a_pane_out_of_sight_follows_nothing() -> None:
    told = backends()
    async with console(told=told, size=(80, 24)) as case:
        await case.press("3")
        tails = [one for one in told.logs.asked if one[0] == "tail"]
        assert len(tails) == 1
        await case.press("4", "5")
        await case.pass_time(30)
        assert len([one for one in told.logs.asked if one[0] == "tail"]) == 1
        await case.press("3")
        assert len([one for one in told.logs.asked if one[0] == "tail"]) == 2


async def test_a_pane_that_comes_into_sight_shows_the_lines_there_are_at_once() -> None:
    async with console(size=(80, 24)) as case:
        assert "pool wait timeout" in await case.screen_after("3")


async def test_a_service_that_only_lines_tell_of_can_be_chosen() -> None:
    told = backends()
    told.logs.log_page = LogPage((msgspec.structs.replace(numbered(0), service=SafeText("ledger")),), 1)
    async with console(told=told) as case:
        assert "ledger" in await case.screen_after("s", *"ledg")
        await case.press("enter")
        assert case.scope.selection.service == "ledger"
