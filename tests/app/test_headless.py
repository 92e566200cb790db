"""The same screen once, without a terminal."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from console_case import SETTINGS
from rich.cells import cell_len

from opsconsole.actions import PaneName
from opsconsole.clock import SystemClock
from opsconsole.domain.console_snapshot import SCHEMA
from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.screens.headless import Picture, PictureFormat, look
from opsconsole.screens.screen_text import screen_text
from still_sources import backends
from widget_samples import NOW


class StoppedClock(SystemClock):
    """Wall time stands still at the samples' moment; waiting is real."""

    def now(self) -> float:
        return NOW


async def taken(size: tuple[int, int] = (120, 40), full: PaneName | None = None, failing: str | None = None) -> Picture:
    told = backends()
    if failing:
        getattr(told, failing).failing = SourceError(ErrorKind.UNREACHABLE, failing)
    return await look(SETTINGS, told.sources(), size=size, wait=20.0, full=full, clock=StoppedClock())


async def test_text_is_the_screen_with_every_pane_filled() -> None:
    text = (await taken()).written(PictureFormat.TEXT)
    assert len(text.splitlines()) == 40
    for word in ("ErrorRateHigh", "requests/s", "pool wait timeout", "POST /pay", "checkout-7d9f8b6c5-abcde"):
        assert word in text


async def test_json_is_the_domain_with_a_schema_version_and_no_nan() -> None:
    value = json.loads((await taken()).written(PictureFormat.JSON), parse_constant=pytest.fail)
    assert value["schema"] == SCHEMA
    assert value["scope"]["selection"]["service"] == "checkout"
    assert {entry["source"] for entry in value["freshness"]} == {
        "kubernetes",
        "prometheus",
        "alertmanager",
        "elasticsearch",
        "jaeger",
    }
    assert value["alerts"]["value"][0]["name"] == "ErrorRateHigh"
    assert value["panels"][0]["snapshot"]["value"]["series"]


async def test_svg_is_a_picture_whose_text_is_the_screens() -> None:
    picture = await taken()
    assert picture.written(PictureFormat.SVG).startswith("<svg")
    assert screen_text(picture.svg) + "\n" == picture.written(PictureFormat.TEXT)


async def test_full_shows_the_pane_alone() -> None:
    text = (await taken(full=PaneName.TRACES)).written(PictureFormat.TEXT)
    assert "4 Traces" in text
    assert "╭─ 1 Alerts" not in text


async def test_a_dead_source_does_not_keep_the_picture_waiting() -> None:
    text = (await taken(failing="logs")).written(PictureFormat.TEXT)
    assert "can't be reached" in " ".join(text.split())
    assert "POST /pay" in text


async def test_ideographs_count_two_cells_and_keep_the_frames_in_line() -> None:
    text = (await taken()).written(PictureFormat.TEXT)
    assert "用户登录成功" in text
    framed = [line for line in text.splitlines() if line.endswith("│")]
    assert framed
    assert {cell_len(line) for line in framed} == {120}


HEADLESS_STOP = """
import asyncio
from console_case import console

async def main():
    async with console() as case:
        await case.press("ctrl+z")
        assert "no shell has started this console" in case.text, case.text

asyncio.run(main())
"""


def test_ctrl_z_without_a_terminal_stops_nobody() -> None:
    """It would be the caller that stood still, with everything it started: a script, or the runner of these tests."""
    command = [sys.executable, "-c", HEADLESS_STOP]
    folders = os.pathsep.join(str(Path(__file__).parents[at]) for at in (0, 1))
    # A group of its own whose parent is in the same session: one that a shell could stop and bring back.
    process = subprocess.Popen(command, process_group=0, env={**os.environ, "PYTHONPATH": folders})
    try:
        _, status = os.waitpid(process.pid, os.WUNTRACED)
        assert not os.WIFSTOPPED(status)
        assert os.waitstatus_to_exitcode(status) == 0
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.returncode = 0
