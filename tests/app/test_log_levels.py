"""From a key to a log level that is set for a while, and what the header says of it."""

from __future__ import annotations

import asyncio

import pytest
from console_case import ConsoleCase, console

from fake_clock import FakeClock, settle
from opsconsole.domain.log_level import PodLevel, RaisedLevel
from opsconsole.domain.operation import Confirmation, OperationKind
from opsconsole.domain.text import SafeText
from opsconsole.screens.operations.level_keeping import LevelKeeping
from opsconsole.write_mode import WriteMode
from still_operations import WORKLOAD, StillOperations

SIZES = [(80, 24), (120, 40)]


async def shown(case: ConsoleCase, words: str) -> str:
    """The screen once `words` stand there."""
    for _ in range(200):
        case.screen.tick()
        text = await case.settled()
        if words in text:
            return text
        await case.pilot.pause(0.05)
    raise AssertionError(f"no {words!r} on\n{case.text}")


@pytest.mark.parametrize("size", SIZES)
async def test_the_dialog_offers_debug_first_and_the_plan_follows(size: tuple[int, int]) -> None:
    async with console(size=size) as case:
        text = await case.screen_after("5", "D")
        assert "Log level of deployment shop/checkout" in text
        assert (
            text.index("debug for ten minutes")
            < text.index("info for ten minutes")
            < text.index("warn for ten minutes")
        )
        text = await case.screen_after("enter")
        assert "set-log-level checkout" in text
    (order,) = case.operations.checked
    assert (order.kind, order.target, order.level, order.seconds) == (
        OperationKind.SET_LOG_LEVEL,
        WORKLOAD,
        "debug",
        600.0,
    )


async def test_a_level_and_minutes_can_be_typed() -> None:
    async with console() as case:
        for typed, level, seconds in (
            ("debug 30", "debug", 1800.0),
            ("10", "debug", 600.0),
            ("Warn 5m", "warn", 300.0),
        ):
            case.operations.checked.clear()
            await case.press("5", "D", *("space" if key == " " else key for key in typed), "enter")
            (order,) = case.operations.checked
            assert (order.level, order.seconds) == (level, seconds), typed
            while case.app.screen is not case.screen:
                await case.press("escape")


async def test_what_is_no_level_and_no_time_is_said() -> None:
    words = "minutes from 1 to 240, such as debug 30"
    async with console() as case:
        for typed in ("debug 0", "debug 999", "loud 9", "9 9"):
            await case.press("5", "D", *("space" if key == " " else key for key in typed))
            assert words not in case.text, typed
            assert words in await case.screen_after("enter"), typed
            await case.press("escape")
            assert case.app.screen is case.screen, typed
    assert case.operations.checked == []


async def test_the_menu_of_everything_leads_to_the_same_dialog() -> None:
    async with console() as case:
        text = await case.screen_after("5", "a")
        assert "set for a while the log level of deployment shop/checkout  (D)" in text
        await case.press(*"while", "enter")
        assert "debug for ten minutes" in case.text


@pytest.mark.long
@pytest.mark.parametrize(
    ("size", "words"), [((120, 40), "checkout DEBUG until 14:22"), ((80, 24), "DEBUG 14:22")], ids=["wide", "narrow"]
)
async def test_the_header_tells_what_is_in_force_until_it_is_put_back(size: tuple[int, int], words: str) -> None:
    async with console(size=size) as case:
        case.operations.confirmation = Confirmation.KEY
        await case.press("W", "5", "D", "enter")
        await case.clock.advance(1)
        await case.press("y", "escape")
        await shown(case, words)
        await case.press("D")
        assert "put it back now (it was set to debug)" in case.text
        await case.press("enter")
        assert case.operations.checked[-1].kind is OperationKind.RESTORE_LOG_LEVEL
        await case.press("escape")
        text = await case.screen_later(601)
        assert words not in text
    assert len(case.operations.put_backs) == 1


async def test_a_console_that_is_left_puts_back_what_it_set() -> None:
    async with console() as case:
        case.operations.confirmation = Confirmation.KEY
        await case.press("W", "5", "D", "enter")
        await case.clock.advance(1)
        await case.press("y", "escape")
        assert case.operations.put_backs == []
    (operation,) = case.operations.put_backs
    assert operation == case.operations.carried_out[0][0].id


# -- the keeping itself ----------------------------------------------------------------------------


class Kept:
    """A keeping on a still engine, and what it said."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.operations = StillOperations(self.clock, WriteMode(self.clock))
        self.said: list[str] = []
        self.keeping = LevelKeeping(lambda: self.operations, self.said.append, self.clock)

    def raised(self, left: float, operation: str = "op-1") -> None:
        pods = (PodLevel(SafeText("a"), SafeText("uid-a"), SafeText("info")),)
        until = self.clock.now() + left
        self.operations.raised += (RaisedLevel(operation, WORKLOAD, SafeText("debug"), until, pods),)

    async def running(self) -> asyncio.Task[None]:
        task = asyncio.create_task(self.keeping.keep())
        await settle()
        return task


@pytest.fixture
async def kept() -> Kept:
    return Kept()


async def test_what_is_overdue_at_the_start_is_put_back_at_once_and_told(kept: Kept) -> None:
    kept.raised(-100)
    task = await kept.running()
    assert kept.operations.put_backs == ["op-1"]
    (words,) = kept.said
    assert words.startswith("left over from before: deployment shop/checkout, log level debug: put back")
    task.cancel()


async def test_what_is_not_overdue_is_kept_until_it_is(kept: Kept) -> None:
    kept.raised(100)
    task = await kept.running()
    assert [one.operation for one in kept.keeping.in_force] == ["op-1"]
    await kept.clock.advance(99)
    assert kept.operations.put_backs == []
    await kept.clock.advance(2)
    assert kept.operations.put_backs == ["op-1"]
    assert kept.keeping.in_force == ()
    task.cancel()


async def test_what_can_not_be_put_back_is_tried_again_and_told_once(kept: Kept) -> None:
    kept.raised(-1)
    kept.operations.putting_back = False
    task = await kept.running()
    await kept.clock.advance(30)
    assert len(kept.operations.put_backs) > 3
    assert len(kept.said) <= 2
    kept.operations.putting_back = True
    await kept.clock.advance(10)
    assert kept.keeping.in_force == ()
    task.cancel()


async def test_what_another_process_put_back_in_time_is_told(kept: Kept) -> None:
    kept.raised(10)
    task = await kept.running()
    kept.clock.turn_on(11)
    kept.operations.raised = ()
    await kept.clock.advance(0)
    await kept.clock.advance(60)
    assert kept.said == ["deployment shop/checkout, log level debug: its time is over, it is put back"]
    task.cancel()


async def test_a_level_that_nobody_watches_over_is_told(kept: Kept) -> None:
    kept.raised(100)
    kept.operations.unwatched = (SafeText("the watching process can't be started"),)
    task = await kept.running()
    assert kept.said == ["a log level that is in force is not watched over: the watching process can't be started"]
    task.cancel()
