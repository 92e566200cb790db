"""`make screenshots`: takes every picture of this folder anew, each from a practice cluster of its own.

Two sizes of each scenario, the themes, and one pane alone. SVG, so that they stay sharp; the text in
them is the console's own.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import sys
from pathlib import Path

import msgspec

from opsconsole.actions import PaneName
from opsconsole.clock import SystemClock
from opsconsole.config.configuration import clusters_in
from opsconsole.config.settings import ClusterSettings, Settings, ThemeName
from opsconsole.practice.process import PracticeProcess
from opsconsole.practice.scenarios import SCENARIOS
from opsconsole.screens.headless import look
from opsconsole.sources.connect import connect

FOLDER = Path(__file__).resolve().parent
SEED = 7
_WEB_FONT = re.compile(r"@font-face\s*\{.*?\}\s*", re.DOTALL)


def picture(settings: Settings, path: Path, size: tuple[int, int], full: PaneName | None = None) -> None:
    """One SVG. Its fonts are the viewer's own: nothing is fetched when it is looked at."""
    taken = asyncio.run(look(settings, connect(settings.cluster, SystemClock()), size=size, wait=15.0, full=full))
    svg = _WEB_FONT.sub("", taken.svg).replace("Fira Code", "Fira Code, DejaVu Sans Mono, Menlo, Consolas")
    path.write_text(re.sub(r"terminal-\d+", "terminal", svg))
    sys.stdout.write(f"{path.name}\n")


def pictures(cluster: ClusterSettings, scenario: str) -> None:
    """Those of one scenario."""
    settings = Settings(cluster, time_zone="UTC")
    picture(settings, FOLDER / f"{scenario}.svg", (120, 40))
    picture(settings, FOLDER / f"{scenario}-80x24.svg", (80, 24))
    if scenario != "bad-release":
        return
    picture(settings, FOLDER / "wide.svg", (200, 50))
    for theme in ThemeName:
        themed = msgspec.structs.replace(settings, theme=theme)
        picture(themed, FOLDER / f"theme-{theme.value}.svg", (120, 40))
    for pane in PaneName:
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
