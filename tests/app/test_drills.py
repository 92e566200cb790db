"""A drill in the console: quiet, alert, incident, healing, and the page that tells how it went."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import msgspec
import pytest
from console_case import ConsoleCase, console

from drill_samples import drill
from memory_incidents import MemoryIncidents
from opsconsole.domain.alert import Alert
from opsconsole.domain.drill import DrillEnding
from opsconsole.domain.incident_event import DrillEnded, DrillNamed
from opsconsole.drills.drill import STEADY
from still_sources import backends
from widget_samples import ALERTS, NOW

PATIENCE = 60.0
"""Wall seconds, also on a loaded machine."""


def quiet():
    """Backends that tell of no alert."""
    told = backends()
    told.alerts.alert_list = ()
    return told


def firing() -> tuple[Alert, ...]:
    return tuple(
        msgspec.structs.replace(one, started_at=NOW + 60, query="x > 1")
        for one in ALERTS
        if one.name == "ErrorRateHigh"
    )


async def until(case: ConsoleCase, condition: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if condition():
            return
        await asyncio.sleep(0.01)
        await case.settle()
    pytest.fail(f"never: {what}\n{case.text}", pytrace=False)


async def broken(case: ConsoleCase) -> None:
    """Let the alert fire at 60 s, and 70 s be over."""
    case.backends.alerts.alert_list = firing()
    await case.pass_time(70)
    await until(case, lambda: "DRILL 00:10" in case.text, "the drill's clock")


async def choose(case: ConsoleCase, word: str) -> None:
    for letter in word:
        await case.pilot.press(letter)
    await case.press("enter")


async def opened(case: ConsoleCase) -> None:
    await case.press("i")
    await until(case, lambda: "Open an incident" in case.text, "the dialog")
    await case.press("enter")
    await until(case, lambda: "is open" in case.text, "the incident")


async def resolved(case: ConsoleCase) -> None:
    """Name the cause, and say that it is resolved."""
    await case.press("i", "c")
    await until(case, lambda: "INC" in case.text and "cause" in case.text, "the dialog of the cause")
    await choose(case, "nil")
    await until(case, lambda: "cause named" in case.text, "the cause")
    for state in ("started", "resolved"):
        await case.press("s")
        await until(case, lambda: "becomes" in case.text, "the states")
        await choose(case, state)
        if state == "resolved":
            await case.press("enter")
        await until(case, lambda wanted=state: f"state: {wanted}" in case.text, state)


def ends(store: MemoryIncidents) -> list[DrillEnded]:
    return [event.what for event in store.written if isinstance(event.what, DrillEnded)]


@pytest.mark.long
@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
async def test_a_drill_goes_from_quiet_to_the_page_that_tells_how_it_went(size: tuple[int, int]) -> None:
    async with console(size=size, told=quiet(), drill=drill()) as case:
        await until(case, lambda: "DRILL" in case.text, "the header")
        assert "DRILL 0" not in case.text
        await broken(case)
        assert "bad-release" not in case.text
        await opened(case)
        await resolved(case)
        assert "Drill over" not in case.text
        case.backends.alerts.alert_list = ()
        await case.pass_time(20)
        await case.pass_time(STEADY + 10)
        await until(case, lambda: "it was" in case.text, "the page")
        assert "bad-release, seed 7: healed" in case.text
        assert "you wrote         nil" in case.text
        assert "Did your words name the cause?" in case.text
        (end,) = ends(case.store)
        assert [one.action for one in end.path] == ["incident"]
        assert not any("nil" in one.action for one in end.path)
        await case.press("Y")
        await until(case, lambda: "you say that you named it" in case.text, "the judgement")
        assert [event.what.named for event in case.store.written if isinstance(event.what, DrillNamed)] == [True]
        await case.press("escape", "escape")
        assert "DRILL" in case.text


async def test_whoever_types_is_not_taken_away_by_the_end() -> None:
    async with console(told=quiet(), drill=drill()) as case:
        await broken(case)
        await opened(case)
        await resolved(case)
        await case.press("n")
        await until(case, lambda: "what you see" in case.text, "the note")
        case.backends.alerts.alert_list = ()
        for _ in range(4):
            await case.pass_time(STEADY)
        assert not ends(case.store)
        await case.press("escape")
        await case.pass_time(1)
        await until(case, lambda: "it was" in case.text, "the page")


async def test_a_key_ends_it_after_a_question_and_shows_it_again() -> None:
    async with console(told=quiet(), drill=drill()) as case:
        await case.press("f9")
        assert "no alert has fired yet" in case.text
        await broken(case)
        await case.press("f9", "enter")
        assert not ends(case.store)
        await case.press("f9")
        await choose(case, "end")
        await until(case, lambda: "no incident was opened" in case.text, "the page")
        assert [end.ending for end in ends(case.store)] == [DrillEnding.ENDED]
        assert all(event.incident == case.store.written[0].incident for event in case.store.written)
        await case.press("Y")
        assert "there is no cause to judge" in case.text
        await case.press("escape")
        await case.pass_time(1)
        await until(case, lambda: "DRILL over" in case.text, "the header")
        await case.press("f9")
        await until(case, lambda: "it was" in case.text, "the page again")
        assert len(ends(case.store)) == 1


@pytest.mark.parametrize("alerted", [True, False])
async def test_a_drill_that_is_left_is_kept_once_its_clock_ran(alerted: bool) -> None:
    one = drill()
    store = MemoryIncidents()
    async with console(told=quiet(), drill=one, store=store) as case:
        if alerted:
            await broken(case)
    assert [end.ending for end in ends(store)] == ([DrillEnding.LEFT] if alerted else [])
    assert (one.incident is not None) is alerted


async def test_a_console_without_a_drill_says_how_to_begin_one() -> None:
    async with console() as case:
        await case.press("f9")
        assert "opsconsole drill" in case.text
        assert "DRILL" not in case.text
