"""What the commands start. Each part is imported when it is called, and can be replaced by another."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from opsconsole.domain.errors import ConfigError

if TYPE_CHECKING:
    from opsconsole.config.settings import ClusterSettings, Settings
    from opsconsole.drills.drill import Drill
    from opsconsole.operations.protocols import Operations
    from opsconsole.sources.kubernetes.access import LoggedIn
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
    """Which case the practice cluster plays; without a seed, the case's usual one.

    With `breaks_in` it is well at first, breaks in so many seconds, and no argument of its process says how.
    """

    scenario: str
    seed: int | None = None
    port_base: int | None = None
    breaks_in: float | None = None


def prepare_screen() -> None:
    """Make ready for `open_console` while other things are waited for: Textual takes most of the start.

    Raises `ConfigError` where there is no terminal.
    """
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise ConfigError(
            "stdin and stdout are no terminal; open the console in one (ssh -t), or use `opsconsole snapshot`"
        )
    if os.environ.get("TERM") == "dumb":
        raise ConfigError(
            "TERM is dumb, a terminal that only writes line after line; set TERM to what it is, or use"
            " `opsconsole snapshot`"
        )
    _give_size(sys.stdout.fileno())
    # Textual reads these once, when it is imported; each of them sends bytes that nobody needs over SSH.
    os.environ.setdefault("TEXTUAL_ANIMATIONS", "none")
    os.environ.setdefault("TEXTUAL_SMOOTH_SCROLL", "0")
    threading.Thread(target=import_module, args=("opsconsole.app",), daemon=True).start()


def _give_size(terminal: int) -> None:
    """Make a terminal that knows no size, such as a serial line, 80x24; Textual would paint it without end."""
    import fcntl  # noqa: PLC0415
    import struct  # noqa: PLC0415
    import termios  # noqa: PLC0415

    if 0 in os.get_terminal_size(terminal):
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))


def open_console(settings: Settings) -> int:
    """Open the screen and return its exit code."""
    from opsconsole.app import run  # noqa: PLC0415

    return run(settings)


def open_drill(settings: Settings, drill: Drill) -> int:
    """Open the screen on what is practised, which tells `drill` how it went; returns the exit code."""
    from opsconsole.app import run  # noqa: PLC0415

    return run(settings, drill)


def connect(cluster: ClusterSettings) -> Sources:
    """The sources of `cluster`. Raises `ConfigError`."""
    from opsconsole.clock import SystemClock  # noqa: PLC0415
    from opsconsole.sources.connect import connect as connect_sources  # noqa: PLC0415  - brings httpx

    return connect_sources(cluster, SystemClock())


def attended() -> bool:
    """Whether a person can be asked: stdin and stderr are a terminal."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def operations(settings: Settings) -> Operations:
    """The engine for the cluster of `settings`, its write mode closed. The open incident tells what is done.

    Raises `ConfigError`.
    """
    from opsconsole.clock import SystemClock  # noqa: PLC0415
    from opsconsole.incidents.late_records import IncidentJournal  # noqa: PLC0415
    from opsconsole.operating import operations as operations_on  # noqa: PLC0415  - brings httpx
    from opsconsole.record_keeping import late_records  # noqa: PLC0415
    from opsconsole.write_mode import WriteMode  # noqa: PLC0415

    clock = SystemClock()
    journal = IncidentJournal(late_records(settings, clock))
    return operations_on(settings.cluster, clock, WriteMode(clock), journal=journal)


def log_in(cluster: ClusterSettings) -> LoggedIn:
    """Hand the terminal to the credential program of the cluster's context. Raises `ConfigError` or `SourceError`."""
    from opsconsole.clock import SystemClock  # noqa: PLC0415
    from opsconsole.sources.kubernetes.access import Reached  # noqa: PLC0415  - brings httpx

    if cluster.kubernetes is None:
        raise ConfigError(f"{cluster.name} has no kubernetes; see docs/configuration.md")
    return Reached(cluster.kubernetes, SystemClock()).log_in()


def audit_folder() -> Path:
    """Where this user's audit logs are."""
    from opsconsole.operating import audit_folder as usual_folder  # noqa: PLC0415  - brings httpx

    return usual_folder()


def take_picture(settings: Settings, order: PictureOrder) -> str:
    """The screen once, as text, SVG or JSON."""
    import asyncio  # noqa: PLC0415

    from opsconsole.actions import PaneName  # noqa: PLC0415
    from opsconsole.screens.headless import PictureFormat, take  # noqa: PLC0415  - brings Textual

    full = PaneName(order.full) if order.full else None
    return asyncio.run(take(settings, size=order.size, wait=order.wait, form=PictureFormat(order.form), full=full))


def practice(order: PracticeOrder) -> AbstractContextManager[str]:
    """A practice cluster in a process of its own, for as long as the context is open; gives its table in TOML.

    Raises `ConfigError` when it does not start.
    """
    from opsconsole.practice.process import PracticeProcess  # noqa: PLC0415

    return PracticeProcess(order.scenario, order.seed, order.port_base, breaks_in=order.breaks_in)


def serve_practice(order: PracticeOrder) -> int:
    """Print the table and serve in this process until stopped. Raises `ConfigError` for ports that are taken."""
    import asyncio  # noqa: PLC0415

    from opsconsole.practice.serve import DEFAULT_SEED, announce_on_stdout, serve  # noqa: PLC0415  - brings the servers

    seed = DEFAULT_SEED if order.seed is None else order.seed
    try:
        asyncio.run(serve(order.scenario, seed, order.port_base, announce_on_stdout, breaks_in=order.breaks_in))
    except OSError as error:
        where = "on loopback" if order.port_base is None else f"on five ports from {order.port_base}"
        raise ConfigError(f"can't serve {where} ({error.strerror}); choose another --port-base") from error
    return 0


@dataclass(frozen=True)
class Parts:
    """The parts; a test hands in its own."""

    prepare_screen: Callable[[], None] = prepare_screen
    open_console: Callable[[Settings], int] = open_console
    open_drill: Callable[[Settings, Drill], int] = open_drill
    connect: Callable[[ClusterSettings], Sources] = connect
    attended: Callable[[], bool] = attended
    operations: Callable[[Settings], Operations] = operations
    log_in: Callable[[ClusterSettings], LoggedIn] = log_in
    audit_folder: Callable[[], Path] = audit_folder
    take_picture: Callable[[Settings, PictureOrder], str] = take_picture
    practice: Callable[[PracticeOrder], AbstractContextManager[str]] = practice
    serve_practice: Callable[[PracticeOrder], int] = serve_practice
