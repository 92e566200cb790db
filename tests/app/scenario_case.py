"""The whole console on a scenario of the practice cluster, which began at the same moment every time."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import msgspec
import pytest
from textual.pilot import Pilot

from leaping_clock import LeapingClock
from opsconsole.app import OpsConsole
from opsconsole.config.settings import Settings
from opsconsole.domain.console_snapshot import ConsoleSnapshot
from opsconsole.operating import operations
from opsconsole.screens.console_screen import ConsoleScreen
from opsconsole.screens.screen_text import screen_text
from opsconsole.sources.connect import connect
from opsconsole.write_mode import WriteMode
from servers.practice import run_practice
from widget_samples import NOW

PATIENCE = 60.0


class Watched(msgspec.Struct):
    """A console on a scenario."""

    app: OpsConsole
    pilot: Pilot[int]

    @property
    def screen(self) -> ConsoleScreen:
        return next(screen for screen in self.app.screen_stack if isinstance(screen, ConsoleScreen))

    @property
    def known(self) -> ConsoleSnapshot:
        return self.screen.feeds.console_snapshot()

    @property
    def text(self) -> str:
        return screen_text(self.app.export_screenshot(simplify=True))

    async def until(self, condition: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while not condition():
            if time.monotonic() > deadline:
                pytest.fail(f"not within {PATIENCE:.0f} s: {what}\n{self.text}", pytrace=False)
            await self.pilot.pause(0.1)


@asynccontextmanager
async def console_on(scenario: str, service: str | None = None) -> AsyncIterator[Watched]:
    clock = LeapingClock()
    clock.leap(NOW - clock.now())  # what suffers most, and so what is chosen first, changes with the minute of the day
    with run_practice(scenario, clock=clock) as cluster:
        settings = Settings(cluster, service=service, time_zone="UTC")
        write_mode = WriteMode(clock)
        app = OpsConsole(
            settings,
            lambda: connect(cluster, clock),
            clock=clock,
            write_mode=write_mode,
            operations=lambda: operations(cluster, clock, write_mode),
        )
        async with app.run_test(size=(120, 40), notifications=True) as pilot:
            watched = Watched(app, pilot)
            await watched.until(watched.screen.feeds.answered, "every source to answer")
            yield watched
