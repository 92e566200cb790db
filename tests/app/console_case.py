"""The whole console on still sources and a still clock."""

from __future__ import annotations

import contextlib
import random
import tempfile
import unicodedata
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import msgspec
from textual import events
from textual.keys import KEY_NAME_REPLACEMENTS, key_to_character
from textual.pilot import Pilot

from fake_clock import FakeClock
from memory_incidents import MemoryIncidents
from opsconsole.actions import PaneName
from opsconsole.app import OpsConsole
from opsconsole.config.settings import ClusterSettings, Settings
from opsconsole.domain.scope import Scope
from opsconsole.domain.text import SafeText
from opsconsole.drills.drill import Drill
from opsconsole.feeds.feed import Pace
from opsconsole.incidents.attachment import attachment_of
from opsconsole.incidents.book import Book
from opsconsole.incidents.late_records import IncidentJournal, LateRecords
from opsconsole.incidents.records import Records
from opsconsole.operations.protocols import Operations
from opsconsole.runbooks.late_bookcase import LateBookcase
from opsconsole.safe_text import safe_text
from opsconsole.screens.console_screen import ConsoleScreen
from opsconsole.screens.screen_text import screen_text
from opsconsole.write_mode import WriteMode
from still_operations import StillOperations
from still_runbooks import StillRunbooks
from still_sources import Backends, backends
from widget_samples import NOW

SETTINGS = Settings(ClusterSettings("prod", environment="production", namespace="shop"), time_zone="UTC")
_ROUNDS = 3
"""A key moves the cursor, that asks the feeds, and their answer is drawn."""


class ConsoleCase(msgspec.Struct):
    """A running console and everything around it."""

    app: OpsConsole
    pilot: Pilot[int]
    clock: FakeClock
    backends: Backends
    operations: StillOperations
    store: MemoryIncidents
    runbooks: StillRunbooks

    @property
    def screen(self) -> ConsoleScreen:
        """The console's own screen, whatever stands over it."""
        for screen in self.app.screen_stack:
            if isinstance(screen, ConsoleScreen):
                return screen
        raise AssertionError("no console")

    @property
    def scope(self) -> Scope:
        """What every pane follows."""
        return self.screen.scope

    @property
    def text(self) -> str:
        """What is on the screen."""
        return screen_text(self.app.export_screenshot(simplify=True))

    async def press(self, *keys: str) -> None:
        """Press `keys`, each once what the one before it set off has settled."""
        for key in keys:
            self.app.post_message(key_event(key))
            await self.settle()

    async def screen_after(self, *keys: str) -> str:
        """Press `keys`, and return the screen."""
        await self.press(*keys)
        return self.text

    async def settle(self) -> None:
        """Let feeds and widgets finish. Takes no picture, which costs more than what most keys set off."""
        for _ in range(_ROUNDS):
            await self.clock.advance(0)
            await self.pilot.pause(0)

    async def settled(self) -> str:
        """Let feeds and widgets finish, and return the screen."""
        await self.settle()
        return self.text

    async def finish(self, *groups: str) -> None:
        """Let the workers of `groups` come to their end.

        Textual waits for all workers when it is given none, and some live as long as the console.
        """
        while running := [worker for worker in self.app.workers if worker.group in groups]:
            await self.app.workers.wait_for_complete(running)
        await self.settle()

    async def finished(self, *groups: str) -> str:
        """Let the workers of `groups` come to their end, and return the screen."""
        await self.finish(*groups)
        return self.text

    async def pass_time(self, seconds: float) -> None:
        """Let `seconds` go by for the feeds, and tick once."""
        await self.clock.advance(seconds)
        self.screen.tick()
        await self.settle()

    async def screen_later(self, seconds: float) -> str:
        """Let `seconds` go by for the feeds, tick once, and return the screen."""
        await self.pass_time(seconds)
        return self.text


def key_event(key: str) -> events.Key:
    """What the terminal makes of `key`, which is a key's name or the character on it."""
    if len(key) == 1 and not key.isalnum():
        name = unicodedata.name(key).lower().replace("-", "_").replace(" ", "_")
        return events.Key(KEY_NAME_REPLACEMENTS.get(name, name), key)
    return events.Key(key, key_to_character(key))


@contextlib.asynccontextmanager
async def console(
    *,
    size: tuple[int, int] = (120, 40),
    settings: Settings = SETTINGS,
    told: Backends | None = None,
    without: tuple[str, ...] = (),
    full: PaneName | None = None,
    store: MemoryIncidents | None = None,
    operator: str = "ana@laptop",
    engine: Callable[[IncidentJournal, FakeClock, WriteMode], Operations] | None = None,
    drill: Drill | None = None,
) -> AsyncIterator[ConsoleCase]:
    """The console at `size` cells on `told` backends, less those `without`; `operator` writes to `store`.

    `engine` makes what carries operations out in place of the still one. Where the settings name folders of runbooks
    those are walked, else the still ones. A `drill` begins with the console.
    """
    clock = FakeClock(NOW)
    store = store if store is not None else MemoryIncidents()
    folder = tempfile.TemporaryDirectory()
    cluster = safe_text(settings.cluster.name)
    attachment = attachment_of(Path(folder.name), cluster)
    chance = random.Random(7)

    async def records() -> Records:
        book = Book(
            store,
            clock,
            cluster=cluster,
            operator=SafeText(operator),
            attachment=attachment,
            chance=chance.getrandbits,
            drill_since=None if drill is None else NOW,
        )
        return Records(store, book)

    told = told or backends()
    write_mode = WriteMode(clock)
    operations = StillOperations(clock, write_mode)
    shelf = StillRunbooks(clock)

    async def runbooks(*asked: object) -> StillRunbooks:
        del asked
        return shelf

    late = LateRecords(records, attachment)

    def engaged() -> Operations:
        return operations if engine is None else engine(IncidentJournal(late), clock, write_mode)

    app = OpsConsole(
        settings,
        lambda: told.sources(*without),
        clock=clock,
        chance=random.Random(1),
        pace=Pace(interval=10, jitter=0),
        full=full,
        write_mode=write_mode,
        operations=engaged,
        records=late,
        drill=drill,
        runbooks=LateBookcase(settings, clock, late.if_needed) if settings.runbooks else runbooks,
    )
    with folder:
        async with app.run_test(size=size, notifications=True, tooltips=True) as pilot:
            case = ConsoleCase(app, pilot, clock, told, operations, store, shelf)
            await case.settle()
            yield case
