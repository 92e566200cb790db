"""What an incident costs: at the start, while nothing happens, and on its own screen with a long timeline."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from bench.budgets import Figure
from bench.painted import Painted
from bench.terminal import Terminal
from opsconsole.clock import SystemClock
from opsconsole.config.configuration import clusters_in
from opsconsole.domain.incident import IncidentSeverity
from opsconsole.domain.incident_event import Fact, Noted
from opsconsole.domain.text import SafeText
from opsconsole.incidents.attachment import attachment_of
from opsconsole.incidents.book import Book
from opsconsole.incidents.store.sqlite_incidents import SqliteIncidents
from opsconsole.practice.process import PracticeProcess
from opsconsole.safe_text import safe_text

EVENTS = 2000
IDLE_SECONDS = 30.0
_SIZE = (120, 40)


def incident_figures(folder: Path, runs: int, keys: int) -> list[Figure]:
    """On a cluster in which nothing is wrong: with an incident of `EVENTS` events that is worked on, and without.

    Starts alternate, so that both meet the same machine.
    """
    with PracticeProcess("healthy", seed=1) as table:
        without = _environment(folder / "without", table)
        attached = _environment(folder / "attached", table)
        asyncio.run(_fill(folder / "attached", next(iter(clusters_in(table, "practice")))))
        first: dict[str, list[float]] = {"without": [], "attached": []}
        for _ in range(runs + 1):
            for name, environment in (("without", without), ("attached", attached)):
                with Terminal(_command(), _SIZE, environment) as terminal:
                    first[name].append(1000 * terminal.fill(["1 Alerts"])["1 Alerts"])
        return [
            Figure("no incident: first paint", "ms", first["without"][1:]),
            Figure("an incident attached: first paint", "ms", first["attached"][1:]),
            *_idle("no incident", without),
            *_idle("an incident attached", attached),
            *_on_its_screen(attached, keys),
        ]


def _command() -> list[str]:
    return [str(Path(sys.executable).with_name("opsconsole"))]


def _environment(folder: Path, table: str) -> dict[str, str]:
    """A configuration whose record is in `folder`."""
    folder.mkdir()
    config = folder / "config.toml"
    config.write_text(f'{table}\n[incidents]\nstore = "{folder / "incidents.db"}"\n')
    config.chmod(0o600)
    return {"OPSCONSOLE_CONFIG": str(config), "PYTHONDONTWRITEBYTECODE": "", "XDG_STATE_HOME": str(folder)}


async def _fill(folder: Path, cluster: str) -> None:
    store = SqliteIncidents(folder / "incidents.db")
    book = Book(
        store,
        SystemClock(),
        cluster=safe_text(cluster),
        operator=SafeText("jane@laptop"),
        attachment=attachment_of(folder, cluster),
    )
    try:
        await book.open([], title=SafeText("checkout is slow"), severity=IncidentSeverity.P2)
        now = time.time()
        notes = [Fact(Noted(SafeText(f"note {number} of many")), now - EVENTS + number) for number in range(EVENTS)]
        await book.write_facts(notes)
    finally:
        await store.close()


def _idle(name: str, environment: Mapping[str, str]) -> list[Figure]:
    with Terminal(_command(), _SIZE, dict(environment)) as terminal:
        terminal.fill(["1 Alerts", "5 Pods"])
        terminal.watch(15)
        return _calm(name, terminal)


def _calm(name: str, terminal: Terminal) -> list[Figure]:
    before, began = terminal.processor_seconds, time.monotonic()
    sent = terminal.watch(IDLE_SECONDS)
    lasted = time.monotonic() - began
    return [
        Figure(f"{name}: idle bytes to the terminal", "B/s", [sent / lasted]),
        Figure(f"{name}: idle processor", "% of a core", [100 * (terminal.processor_seconds - before) / lasted]),
    ]


def _on_its_screen(environment: Mapping[str, str], keys: int) -> list[Figure]:
    with Terminal(_command(), _SIZE, dict(environment)) as terminal:
        terminal.fill(["1 Alerts", "INC-"])
        terminal.watch(5)
        screen = Painted(terminal)
        terminal.send(b"i")
        screen.until(lambda rows: any("note 1999 of many" in row for row in rows), 20, "the timeline")
        idle = _calm("an incident's screen", terminal)
        paints = [terminal.key_to_paint(b"j" if number % 40 < 20 else b"k") for number in range(keys)]
        pages = [terminal.key_to_paint(b"\x1b[6~" if number % 20 < 10 else b"\x1b[5~") for number in range(keys // 4)]
        return [
            *idle,
            Figure("an incident's screen, 2,000 events: key to paint", "ms", [1000 * one for one in paints]),
            Figure("an incident's screen, 2,000 events: page to paint", "ms", [1000 * one for one in pages]),
        ]
