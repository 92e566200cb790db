"""A whole drill on the practice cluster, whose minutes are leapt over: it breaks, is healed, and is judged."""

from __future__ import annotations

import random
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest
from textual.pilot import Pilot

from drill_samples import drill_of
from leaping_clock import LeapingClock
from opsconsole.app import OpsConsole
from opsconsole.config.configuration import clusters_in
from opsconsole.config.settings import Settings
from opsconsole.drills.drill import Drill
from opsconsole.feeds.feed import Pace
from opsconsole.incidents.late_records import IncidentJournal
from opsconsole.incidents.protocols import IncidentQuery
from opsconsole.operating import operations
from opsconsole.record_keeping import late_records
from opsconsole.screens.screen_text import screen_text
from opsconsole.sources.connect import connect
from opsconsole.write_mode import WriteMode
from recording_cluster import recording_cluster

pytestmark = pytest.mark.long

PATIENCE = 90.0
"""Wall seconds, also on a loaded machine."""
READING = 0.2
"""Wall seconds between two readings of the screen, which take 0.03 of the processor each; what serves the cluster is
in the same process."""
BREAKS_IN = 60.0


class Practised(msgspec.Struct):
    """A console on a drill."""

    app: OpsConsole
    pilot: Pilot[int]
    clock: LeapingClock
    settings: Settings

    @property
    def text(self) -> str:
        return screen_text(self.app.export_screenshot(simplify=True))

    async def until(self, condition: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while not condition():
            if time.monotonic() > deadline:
                pytest.fail(f"not within {PATIENCE:.0f} s: {what}\n{self.text}", pytrace=False)
            await self.pilot.pause(0.1)

    async def sees(self, condition: Callable[[str], bool], what: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while not condition(text := self.text):
            if time.monotonic() > deadline:
                pytest.fail(f"not within {PATIENCE:.0f} s: {what}\n{text}", pytrace=False)
            await self.pilot.pause(READING)

    async def shows(self, *words: str) -> None:
        await self.sees(lambda text: all(word in text for word in words), f"{words}")

    async def type(self, words: str) -> None:
        for letter in words:
            await self.pilot.press("space" if letter == " " else letter)
        await self.pilot.press("enter")


@asynccontextmanager
async def practising(scenario: str, practised: Drill) -> AsyncIterator[Practised]:
    clock = LeapingClock()
    with recording_cluster(scenario, clock=clock, breaks_in=BREAKS_IN) as cluster:
        (settings,) = clusters_in(cluster.table, "the table").values()
        settings = msgspec.structs.replace(settings, name="drill")
        write_mode = WriteMode(clock)
        whole = Settings(settings, time_zone="UTC")
        records = late_records(whole, clock, drill_since=clock.now())
        app = OpsConsole(
            whole,
            lambda: connect(settings, clock),
            clock=clock,
            chance=random.Random(1),
            pace=Pace(interval=2, jitter=0),
            write_mode=write_mode,
            operations=lambda: operations(settings, clock, write_mode, journal=IncidentJournal(records)),
            records=records,
            drill=practised,
        )
        async with app.run_test(size=(120, 40), notifications=True) as pilot:
            yield Practised(app, pilot, clock, whole)


async def heal(case: Practised) -> None:
    """Roll back what the pods pane has under its cursor."""
    await case.pilot.press("5", "b")
    await case.shows("Roll back deployment shop/users", "revision 3")
    await case.pilot.press("enter")
    await case.shows("READ-ONLY: W allows changes")
    await case.pilot.press("W")
    await case.shows("y does it")
    deadline = time.monotonic() + PATIENCE
    while "y does it" in case.text and time.monotonic() < deadline:
        # A confirmation that comes too soon after the plan is not taken.
        await case.pilot.press("y")
        await case.pilot.pause(0.3)
    await case.shows("applied")
    case.clock.leap(60)
    await case.shows("verified")
    await case.pilot.press("escape")


async def resolve(case: Practised) -> None:
    await case.pilot.press("i")
    await case.shows("operation", "verified")
    for state in ("started", "resolved"):
        await case.pilot.press("s")
        await case.shows("becomes")
        await case.type(state)
        if state == "resolved":
            await case.pilot.press("enter")
        # Where the alerts cleared long ago the result comes up at once, over the incident.
        await case.sees(lambda text, words=f"state: {state}": words in text or "Drill over" in text, state)  # type: ignore[misc]


async def test_from_the_quiet_before_it_to_what_was_learnt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    practised = drill_of("slow-start")
    async with practising("slow-start", practised) as case:
        await case.shows("no alert is firing", "DRILL")
        case.clock.leap(BREAKS_IN + 45)
        await case.shows("StartupProbeFailing", "DRILL 0")
        assert practised.alerted_at is not None
        assert "slow-start" not in case.text
        await case.pilot.press("i")
        await case.shows("Open an incident")
        await case.pilot.press("enter")
        await case.shows("INC-")
        await case.sees(lambda text: "Open an incident" not in text, "the incident")
        await case.pilot.press("i")
        await case.shows("detected", "acknowledged")
        await case.pilot.press("c")
        await case.shows(": cause")
        await case.type("users 5.2.0 warms its cache")
        await case.shows("cause named")
        await case.pilot.press("escape")
        await heal(case)
        await resolve(case)
        case.clock.leap(60)
        await case.until(lambda: not practised.waiting, "the alerts to clear")
        case.clock.leap(60)
        await case.shows("it was", "this cures")
        await case.shows("slow-start, seed 7: healed", "users 5.2.0 warms its cache for 95 s", "nine minutes")
        await case.pilot.press("Y")
        await case.shows("you say that you named it")
        used = [one.action for one in practised.path.used]
        assert "roll_back" in used
        assert "incident" in used
        records = late_records(case.settings, case.clock)
        store = (await records()).store
        assert await store.incidents() == ()
        (kept,) = await store.incidents(IncidentQuery(drills=True))
        assert kept.id == practised.incident
        await records.close()
