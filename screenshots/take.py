"""`make screenshots`: takes every picture of this folder anew, each from a practice cluster of its own.

Two sizes of each scenario, the themes, one pane alone, the dialogs of operations, what keys open over the panes, an
incident's screen and a runbook's walk. Incidents are kept in a folder that is gone afterwards.
SVG, so that pictures stay sharp; the text in them is the console's own.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import re
import sys
import tempfile
from pathlib import Path

import msgspec

from opsconsole.actions import LIVE_PANES, PaneName
from opsconsole.clock import Clock, SystemClock
from opsconsole.config.configuration import clusters_in
from opsconsole.config.settings import ClusterSettings, Settings, ThemeName
from opsconsole.domain.text import SafeText
from opsconsole.incidents.attachment import attachment_of
from opsconsole.incidents.book import Book
from opsconsole.incidents.late_records import LateRecords
from opsconsole.incidents.records import Records
from opsconsole.incidents.store.sqlite_incidents import SqliteIncidents
from opsconsole.operating import operations
from opsconsole.practice.process import PracticeProcess
from opsconsole.practice.scenarios import SCENARIOS
from opsconsole.runbooks.late_bookcase import LateBookcase
from opsconsole.safe_text import safe_text
from opsconsole.screens.headless import Picture, look
from opsconsole.sources.connect import connect
from opsconsole.write_mode import WriteMode

FOLDER = Path(__file__).resolve().parent
SEED = 7
DIALOGS = {"restart": ("5", "r"), "revisions": ("5", "b"), "roll-back": ("5", "b", "enter"), "describe": ("5", "d")}
"""Pictures of what is opened on the first pod, and the keys that open it."""
_ANSWERED = "wait:4000"
"""Time for a view to ask and be answered, in milliseconds, as Textual's pilot understands it."""


def _typed(words: str) -> tuple[str, ...]:
    """The keys of `words` and Enter."""
    return (*("space" if letter == " " else letter for letter in words), "enter")


_NOTE = ("J", _ANSWERED, *_typed("callers wait for a connection"))
_CAUSE = ("i", _ANSWERED, "c", _ANSWERED, *_typed("threads never give their connection back"), _ANSWERED, "wait:6000")
_OPENED = ("i", _ANSWERED, "enter", _ANSWERED)
_WALKED = ("w", _ANSWERED, "enter", _ANSWERED, "enter", *[_ANSWERED] * 2, *["enter", _ANSWERED] * 3)
"""The first runbook that fits, up to the step that names the cause."""
_CHART_KEPT = ("F", *_typed("evi"), "down", "F", *_typed("all"))
"""The cursor on the chart that an incident is opened with, whatever comes on top of it meanwhile."""
VIEWS = {
    "bad-release": {
        "jumps": ("x",),
        "change": ("h", _ANSWERED),
        "logs": ("3", "f", "slash", *"panic", "enter", _ANSWERED, "o"),
        "context": ("l", _ANSWERED, "n", "n", "n", "c", _ANSWERED, _ANSWERED),
        "log-level": ("3", "D", "enter", _ANSWERED),
        "walk": (*_OPENED, *_WALKED),
    },
    "cache-penetration": {
        "patterns": ("3", "P", _ANSWERED),
        "comparison": ("4", "end", "space", "home", "V", _ANSWERED),
    },
    "pool-exhaustion": {
        "waterfall": ("4", "o", _ANSWERED, *["down"] * 5),
        "service-map": ("4", "M", _ANSWERED),
        "incident": (*_OPENED, *_NOTE, *_CAUSE, *_CHART_KEPT),
    },
}
"""By scenario: names of pictures, and the keys from the first screen to what they show."""
SMALL_TOO = ("walk", "incident")
_WEB_FONT = re.compile(r"@font-face\s*\{.*?\}\s*", re.DOTALL)


def picture(
    settings: Settings,
    path: Path,
    size: tuple[int, int],
    full: PaneName | None = None,
    keys: tuple[str, ...] = (),
) -> None:
    """One SVG, after `keys`. Its fonts are the viewer's own: nothing is fetched when it is looked at."""
    taken = asyncio.run(taken_of(settings, size, full, keys))
    svg = _WEB_FONT.sub("", taken.svg).replace("Fira Code", "Fira Code, DejaVu Sans Mono, Menlo, Consolas")
    path.write_text(re.sub(r"terminal-\d+", "terminal", svg))
    sys.stdout.write(f"{path.name}\n")


async def taken_of(settings: Settings, size: tuple[int, int], full: PaneName | None, keys: tuple[str, ...]) -> Picture:
    """The console on the settings' cluster, read-only, with the engine, the records and the runbooks it needs."""
    clock = SystemClock()
    engine = operations(settings.cluster, clock, WriteMode(clock))
    sources = connect(settings.cluster, clock)
    with tempfile.TemporaryDirectory() as folder:
        records = records_in(Path(folder), settings, clock)
        return await look(
            settings,
            sources,
            size=size,
            wait=15.0,
            full=full,
            operations=lambda: engine,
            records=records,
            runbooks=LateBookcase(settings, clock, records.if_needed),
            keys=keys,
        )


def records_in(folder: Path, settings: Settings, clock: Clock) -> LateRecords:
    """Records in `folder`. Names of incidents and their author are the same in every run."""
    attachment = attachment_of(folder, settings.cluster.name)

    async def opened() -> Records:
        store = SqliteIncidents(folder / "incidents.db")
        chance = random.Random(SEED).getrandbits  # noqa: S311 - the same name for the same incident
        cluster, author = safe_text(settings.cluster.name), SafeText("duty@laptop")
        return Records(
            store, Book(store, clock, cluster=cluster, operator=author, attachment=attachment, chance=chance)
        )

    return LateRecords(opened, attachment)


def pictures(cluster: ClusterSettings, scenario: str) -> None:
    """Those of one scenario."""
    settings = Settings(cluster, time_zone="UTC")
    picture(settings, FOLDER / f"{scenario}.svg", (120, 40))
    picture(settings, FOLDER / f"{scenario}-80x24.svg", (80, 24))
    for name, keys in VIEWS.get(scenario, {}).items():
        picture(settings, FOLDER / f"{name}.svg", (120, 40), keys=keys)
        if name in SMALL_TOO:
            picture(settings, FOLDER / f"{name}-80x24.svg", (80, 24), keys=keys)
    if scenario != "bad-release":
        return
    picture(settings, FOLDER / "wide.svg", (200, 50))
    for theme in ThemeName:
        themed = msgspec.structs.replace(settings, theme=theme)
        picture(themed, FOLDER / f"theme-{theme.value}.svg", (120, 40))
    production = msgspec.structs.replace(settings, cluster=msgspec.structs.replace(cluster, environment="production"))
    for name, keys in DIALOGS.items():
        picture(production, FOLDER / f"{name}.svg", (120, 40), keys=keys)
    for pane in LIVE_PANES:
        picture(settings, FOLDER / f"pane-{pane.value}.svg", (120, 40), pane)


def main() -> int:
    """Take what was asked for, or everything."""
    names = [scenario.id for scenario in SCENARIOS]
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument(
        "scenario", nargs="*", metavar="SCENARIO", help=f"any of {', '.join(names)}; all when left out"
    )
    for name in options.parse_args().scenario or names:
        with PracticeProcess(name, seed=SEED) as table:
            cluster = next(iter(clusters_in(table, "practice").values()))
            pictures(cluster, name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
