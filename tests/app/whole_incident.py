"""A console on a stepped practice cluster with a record on the disk, used as an on-call engineer uses it: by keys."""

from __future__ import annotations

import contextlib
import itertools
import random
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import msgspec
import pytest
from textual.pilot import Pilot

from fake_clock import FakeClock
from opsconsole.actions import PaneName
from opsconsole.app import OpsConsole
from opsconsole.config.settings import IncidentSettings, Settings
from opsconsole.domain.alert import AlertState
from opsconsole.domain.incident import Incident
from opsconsole.domain.incident_event import IncidentEvent
from opsconsole.domain.snapshot import FeedState
from opsconsole.feeds import topic as topics
from opsconsole.feeds.feed import Pace
from opsconsole.incidents.folding import in_order
from opsconsole.incidents.late_records import IncidentJournal
from opsconsole.incidents.store.sqlite_incidents import SqliteIncidents
from opsconsole.operating import operations
from opsconsole.record_keeping import late_records
from opsconsole.runbooks.late_bookcase import LateBookcase
from opsconsole.screens.alerts_pane import AlertsPane
from opsconsole.screens.console_screen import ConsoleScreen
from opsconsole.screens.screen_text import screen_text
from opsconsole.sources.connect import connect
from opsconsole.write_mode import WriteMode
from runbook_reading import walk_place, wanted_key
from stepped_practice import stepped_practice

STARTED = 1_790_000_003.0
PATIENCE = 120.0
"""Wall seconds, also on a loaded machine."""

GLANCE = 2.0
"""Shop seconds between two keys."""
MOMENT = 0.25
LOOK = 0.05
"""Wall seconds between two looks at what the console knows."""
READING = 0.1
"""Wall seconds between two readings of the screen, each of which takes 0.03 of the processor."""
STEP = 5.0
"""Shop seconds between two questions of the feeds."""


class Shift(msgspec.Struct):
    """A console, its time and the file of its record."""

    app: OpsConsole
    pilot: Pilot[int]
    clock: FakeClock
    record: Path
    keys: list[str]

    @property
    def screen(self) -> ConsoleScreen:
        return next(screen for screen in self.app.screen_stack if isinstance(screen, ConsoleScreen))

    @property
    def text(self) -> str:
        return screen_text(self.app.export_screenshot(simplify=True))

    async def sees(self, condition: Callable[[str], bool], what: str) -> str:
        """Wait, while time stands still, until `condition` holds of the screen, and return the screen."""
        deadline = time.monotonic() + PATIENCE
        while not condition(text := self.text):
            if time.monotonic() > deadline:
                pytest.fail(f"never: {what}\n{text}", pytrace=False)
            await self.pilot.pause(READING)
        return text

    async def shows(self, *words: str) -> None:
        """Wait until all of `words` are on the screen."""
        await self.sees(lambda text: all(word in text for word in words), f"{words}")

    async def press(self, *keys: str) -> None:
        """Press keys, each a glance after the one before."""
        for key in keys:
            self.keys.append(key)
            await self.pilot.press(key)
            await self.pilot.pause()
            await self.clock.advance(GLANCE)

    async def passes(self, condition: Callable[[], object], what: str, most: float = 900.0) -> None:
        """Let shop time pass until `condition` holds, at most for `most` seconds of it."""
        end = self.clock.now() + most
        while not condition():
            if self.clock.now() > end:
                pytest.fail(f"not within {most:.0f} s of the shop: {what}\n{self.text}", pytrace=False)
            before = self.clock.now()
            await self.clock.advance(STEP)
            await self._seen_since(before)

    async def _seen_since(self, moment: float) -> None:
        """Wait for what the alerts are now: only a live answer tells that one is gone."""
        for waited in itertools.count(1):
            alerts = self.screen.feeds.snapshot(topics.ALERTS)
            if alerts.state is FeedState.LIVE and (alerts.as_of or 0.0) > moment:
                return
            if waited * LOOK > PATIENCE:
                pytest.fail(f"no answer\n{self.text}", pytrace=False)
            await self.pilot.pause(LOOK)
            if waited % 20 == 0:
                await self.clock.advance(MOMENT)  # who asks a moment later than expected

    def fires(self, name: str) -> bool:
        """Whether any alert called `name` fires, as the console was last told."""
        alerts = self.screen.feeds.snapshot(topics.ALERTS).value or ()
        return any(one.name == name and one.state is AlertState.FIRING for one in alerts)

    async def told_cleared(self, name: str) -> None:
        """Wait, while time stands still, until the record says of every alert called `name` that it cleared."""
        deadline = time.monotonic() + PATIENCE
        while any(one.name == name and one.cleared_at is None for one in (await self.incident()).alerts):
            if time.monotonic() > deadline:
                pytest.fail(f"the record never says that {name} cleared\n{self.text}", pytrace=False)
            await self.pilot.pause(LOOK)

    async def answered(self) -> None:
        """Let moments pass until every source has answered: what watches the cluster looks twice a second at most."""
        deadline = time.monotonic() + PATIENCE
        while not self.screen.feeds.answered():
            if time.monotonic() > deadline:
                pytest.fail(f"no answer\n{self.text}", pytrace=False)
            await self.clock.advance(MOMENT)
            await self.pilot.pause(LOOK)

    async def events(self) -> tuple[IncidentEvent, ...]:
        """The record as another program reads it from the file."""
        store = SqliteIncidents(self.record)
        try:
            (incident,) = await store.incidents()
            return in_order(await store.events(incident.id))
        finally:
            await store.close()

    async def incident(self) -> Incident:
        """The one incident of the record."""
        store = SqliteIncidents(self.record)
        try:
            (incident,) = await store.incidents()
            return await store.incident(incident.id)
        finally:
            await store.close()

    async def go_to_alert(self, name: str) -> None:
        """Move the cursor of the alerts to one called `name`."""
        pane = self.screen.pane(PaneName.ALERTS)
        assert isinstance(pane, AlertsPane)
        for key in ("1", "home", *["down"] * 40):
            # Time stands still: the rows keep their order.
            await self.pilot.press(key)
            await self.pilot.pause()
            self.keys.append(key)
            if key != "1" and pane.current is not None and pane.current.name == name:
                return
        pytest.fail(f"no alert {name}\n{self.text}", pytrace=False)

    async def walk_to_the_plan(self) -> None:
        """Follow what the walk's pane says until it shows what would be done."""
        while "Look before" not in (
            text := await self.sees(
                lambda text: bool(wanted_key(text)) or "Look before" in text, "a step that asks for a key"
            )
        ):
            await self._obey(wanted_key(text), walk_place(text))

    async def _obey(self, key: str, place: str) -> None:
        await self.press(key.lower())
        if key == "n":
            await self.shows("Runbooks for")
            await self.press("enter")
            await self.shows("Enter walk, Tab next")
            await self.press("enter")
        elif key == "c":
            await self.sees(lambda text: "c names it" not in text, "the cause to be named")
        await self.sees(
            lambda text: key == "c" or walk_place(text) != place or "Look before" in text, f"{place} to be left"
        )


@contextlib.asynccontextmanager
async def on_shift(scenario: str, folder: Path, size: tuple[int, int] = (120, 40)) -> AsyncIterator[Shift]:
    """The console on `scenario`; record, audit log and what is remembered go below `folder`."""
    clock = FakeClock(STARTED)
    with stepped_practice(scenario, clock) as cluster:
        record = folder / "incidents.db"
        settings = Settings(cluster, time_zone="UTC", incidents=IncidentSettings(store=record))
        write_mode = WriteMode(clock)
        records = late_records(settings, clock)
        journal = IncidentJournal(records)
        app = OpsConsole(
            settings,
            lambda: connect(cluster, clock),
            clock=clock,
            chance=random.Random(1),
            pace=Pace(interval=STEP, jitter=0),
            write_mode=write_mode,
            operations=lambda: operations(
                cluster, clock, write_mode, folder=folder / "audit", watched=False, journal=journal
            ),
            records=records,
            runbooks=LateBookcase(settings, clock, records.if_needed),
        )
        async with app.run_test(size=size, notifications=True) as pilot:
            shift = Shift(app, pilot, clock, record, [])
            await shift.answered()
            yield shift
