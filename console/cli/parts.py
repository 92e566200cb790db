"""What the commands start. Each part is imported when it is called, and can be replaced by another."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from opsconsole.domain.errors import ConfigError

if TYPE_CHECKING:
    from opsconsole.config.settings import ClusterSettings, Settings
    from opsconsole.sources.protocols import Sources


@dataclass(frozen=True)
class PictureOrder:
    """How a picture is wanted: `size` in columns and rows, `wait` in seconds, `full` the pane shown alone."""

    size: tuple[int, int]
    wait: float
    form: str
    full: str | None


@dataclass(frozen=True)
class PracticeOrder:
    """Which case the practice cluster plays; without a seed, the case's usual one."""

    scenario: str
    seed: int | None = None
    port_base: int | None = None


def open_console(settings: Settings) -> int:
    """Open the screen and return its exit code. Raises `ConfigError` where there is no terminal."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise ConfigError(
            "stdin and stdout are no terminal; open the console in one (ssh -t), or use `opsconsole snapshot`"
        )
    # Textual reads these once, when it is imported; each of them sends bytes that nobody needs over SSH.
    os.environ.setdefault("TEXTUAL_ANIMATIONS", "none")
    os.environ.setdefault("TEXTUAL_SMOOTH_SCROLL", "0")
    from opsconsole.app import run  # noqa: PLC0415  - Textual takes most of the start

    return run(settings)


def connect(cluster: ClusterSettings) -> Sources:
    """The sources of `cluster`. Raises `ConfigError`."""
    from opsconsole.clock import SystemClock  # noqa: PLC0415
    from opsconsole.sources.connect import connect as connect_sources  # noqa: PLC0415  - brings httpx

    return connect_sources(cluster, SystemClock())


def take_picture(settings: Settings, order: PictureOrder) -> str:
    """The screen once, as text, SVG or JSON."""
    import asyncio  # noqa: PLC0415

    from opsconsole.actions import PaneName  # noqa: PLC0415
    from opsconsole.screens.headless import PictureFormat, take  # noqa: PLC0415  - brings Textual

    full = PaneName(order.full) if order.full else None
    return asyncio.run(take(settings, size=order.size, wait=order.wait, form=PictureFormat(order.form), full=full))


@dataclass(frozen=True)
class Parts:
    """The parts; a test hands in its own."""

    open_console: Callable[[Settings], int] = open_console
    connect: Callable[[ClusterSettings], Sources] = connect
    take_picture: Callable[[Settings, PictureOrder], str] = take_picture
    practice: Callable[[PracticeOrder], AbstractContextManager[str]] = None  # type: ignore[assignment]
    """Starts a practice cluster in a process of its own and gives its table in TOML; ends it on leaving."""
    serve_practice: Callable[[PracticeOrder], int] = None  # type: ignore[assignment]
    """Prints that table and serves until stopped."""
