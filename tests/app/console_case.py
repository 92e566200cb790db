"""The whole console on still sources and a still clock."""

from __future__ import annotations

import contextlib
import random
from collections.abc import AsyncIterator

import msgspec
from textual.pilot import Pilot

from fake_clock import FakeClock
from opsconsole.actions import PaneName
from opsconsole.app import OpsConsole
from opsconsole.config.settings import ClusterSettings, Settings
from opsconsole.domain.scope import Scope
from opsconsole.feeds.feed import Pace
from opsconsole.screens.console_screen import ConsoleScreen
from opsconsole.screens.screen_text import screen_text
from still_sources import Backends, backends
from widget_samples import NOW

SETTINGS = Settings(ClusterSettings("prod", environment="production", namespace="shop"), time_zone="UTC")


class ConsoleCase(msgspec.Struct):
    """A running console and everything around it."""

    app: OpsConsole
    pilot: Pilot[int]
    clock: FakeClock
    backends: Backends

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
        return screen_text(self.app.export_screenshot())

    async def press(self, *keys: str) -> str:
        """Press `keys`, let everything settle, and return the screen."""
        await self.pilot.press(*keys)
        return await self.settled()

    async def settled(self) -> str:
        """Let feeds and widgets finish, and return the screen."""
        for _ in range(3):
            await self.clock.advance(0)
            await self.pilot.pause()
        return self.text

    async def pass_time(self, seconds: float) -> str:
        """Let `seconds` go by for the feeds, tick once, and return the screen."""
        await self.clock.advance(seconds)
        self.screen.tick()
        return await self.settled()


@contextlib.asynccontextmanager
async def console(
    *,
    size: tuple[int, int] = (120, 40),
    settings: Settings = SETTINGS,
    told: Backends | None = None,
    without: tuple[str, ...] = (),
    full: PaneName | None = None,
) -> AsyncIterator[ConsoleCase]:
    """The console at `size` cells on `told` backends, less those `without`."""
    clock = FakeClock(NOW)
    told = told or backends()
    app = OpsConsole(
        settings,
        lambda: told.sources(*without),
        clock=clock,
        chance=random.Random(1),
        pace=Pace(interval=10, jitter=0),
        full=full,
    )
    async with app.run_test(size=size, notifications=True, tooltips=True) as pilot:
        case = ConsoleCase(app, pilot, clock, told)
        await case.settled()
        yield case
