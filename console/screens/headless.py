"""The same screen once, without a terminal."""

from __future__ import annotations

import enum
import random
from collections.abc import Callable

import msgspec
from textual.pilot import Pilot

from opsconsole.actions import PaneName
from opsconsole.app import OpsConsole, ReadRunbooks
from opsconsole.clock import Clock, SystemClock
from opsconsole.config.settings import Settings
from opsconsole.domain.console_snapshot import ConsoleSnapshot
from opsconsole.operations.protocols import Operations
from opsconsole.screens.console_screen import ConsoleScreen
from opsconsole.screens.incidents.record_watch import OpenRecords
from opsconsole.screens.screen_text import screen_text
from opsconsole.sources.connect import connect
from opsconsole.sources.protocols import Sources

_LOOK = 0.05
"""Seconds between two looks at whether every feed has answered."""
_CALM_LOOKS = 3
_AFTER_KEY = 1.0
"""Seconds in which what a key has asked of a cluster is answered."""


class PictureFormat(enum.Enum):
    """What a snapshot is written as."""

    TEXT = "text"
    SVG = "svg"
    JSON = "json"


class Picture(msgspec.Struct, frozen=True):
    """One look at the console in every form."""

    svg: str
    snapshot: ConsoleSnapshot

    def written(self, form: PictureFormat) -> str:
        """The picture as `form`; JSON follows `ConsoleSnapshot` and its schema version."""
        if form is PictureFormat.SVG:
            return self.svg
        if form is PictureFormat.TEXT:
            return screen_text(self.svg) + "\n"
        return msgspec.json.format(msgspec.json.encode(self.snapshot, enc_hook=str)).decode() + "\n"


async def look(
    settings: Settings,
    sources: Sources,
    *,
    size: tuple[int, int],
    wait: float,
    full: PaneName | None = None,
    clock: Clock | None = None,
    operations: Callable[[], Operations] | None = None,
    records: OpenRecords | None = None,
    runbooks: ReadRunbooks | None = None,
    keys: tuple[str, ...] = (),
) -> Picture:
    """Open the console headless at `size` cells, wait until everything has answered or `wait` seconds have gone by.

    Then `keys` are pressed, such as those that open a dialog of `operations`, an incident of `records` or one of
    `runbooks`; the console stays read-only.
    """
    clock = clock or SystemClock()
    app = OpsConsole(
        settings,
        lambda: sources,
        clock=clock,
        chance=random.Random(0),  # noqa: S311
        full=full,
        operations=operations,
        records=records,
        runbooks=runbooks,
    )
    pictures: list[Picture] = []

    async def take(pilot: Pilot[object]) -> None:
        screen = pilot.app.screen
        if isinstance(screen, ConsoleScreen):
            deadline = clock.monotonic() + wait
            calm = 0
            # Alerts that arrive may choose the service, which asks everything anew: look twice.
            while clock.monotonic() < deadline and calm < _CALM_LOOKS:
                await pilot.pause(_LOOK)
                calm = calm + 1 if screen.feeds.answered() else 0
            for key in keys:
                await pilot.press(key)
                await pilot.pause(_AFTER_KEY)
            pictures.append(Picture(app.export_screenshot(), screen.feeds.console_snapshot()))
        app.exit(0)

    await app.run_async(headless=True, size=size, auto_pilot=take, mouse=False)
    app.raise_fault()
    return pictures[0]


async def take(
    settings: Settings,
    *,
    size: tuple[int, int] = (120, 40),
    wait: float = 10.0,
    form: PictureFormat = PictureFormat.TEXT,
    full: PaneName | None = None,
) -> str:
    """One look at `settings.cluster`, written as `form`; `wait` is in seconds."""
    picture = await look(settings, connect(settings.cluster, SystemClock()), size=size, wait=wait, full=full)
    return picture.written(form)
