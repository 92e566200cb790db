"""A read-only console in the hands of somebody who tries everything: the cluster sees no change asked for."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
from textual.pilot import Pilot

from opsconsole.actions import ACTIONS, Action, PaneName, available
from opsconsole.app import OpsConsole
from opsconsole.clock import SystemClock
from opsconsole.config.settings import ClusterSettings, KubernetesSettings, Settings, SourceSettings
from opsconsole.domain.pod import PodList
from opsconsole.feeds import topic as topics
from opsconsole.feeds.feed import Pace
from opsconsole.operating import operations
from opsconsole.screens.commands import commands
from opsconsole.screens.console_screen import ConsoleScreen
from opsconsole.screens.operations.plan_screen import ARMING
from opsconsole.screens.screen_text import screen_text
from opsconsole.sources.connect import connect
from opsconsole.write_mode import WriteMode
from recording_cluster import RecordingCluster, recording_cluster
from tmux_screen import OPSCONSOLE

pytestmark = [pytest.mark.xdist_group("read-only")]

NOT_TRIED = {"write_mode", "quit", "log_in"}
"""Opening write mode is the one way to more; the others end the console or hand its terminal away."""

IN_DIALOGS = ("enter", "down", "enter", "y", "tab", "y", "enter", "1", "escape", "escape", "escape")
"""What an impatient operator presses in whatever has opened."""


@pytest.fixture(scope="module")
def cluster() -> Iterator[RecordingCluster]:
    with recording_cluster() as running:
        yield running


@contextlib.asynccontextmanager
async def console_on(
    cluster: RecordingCluster, folder: Path, write_mode: Callable[[WriteMode], None] = WriteMode.close
) -> AsyncIterator[Pilot[int]]:
    """The whole console on that cluster, not a production one, so that a key would be enough."""
    clock = SystemClock()
    told = cluster.told
    settings = ClusterSettings(
        "practice",
        prometheus=SourceSettings(told["prometheus"]),
        alertmanager=SourceSettings(told["alertmanager"]),
        kubernetes=KubernetesSettings(told["kubernetes"]),
        namespace="shop",
    )
    mode = WriteMode(clock)
    write_mode(mode)
    app = OpsConsole(
        Settings(settings, service="checkout"),
        lambda: connect(settings, clock, write_mode=mode),
        clock=clock,
        chance=random.Random(1),
        pace=Pace(interval=1.0),
        write_mode=mode,
        operations=lambda: operations(settings, clock, mode, folder=folder),
    )
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await _until(pilot, lambda: isinstance(app.screen, ConsoleScreen) and _has_pods(app.screen))
        yield pilot


def _has_pods(screen: ConsoleScreen) -> bool:
    found = screen.feeds.snapshot(topics.PODS).value
    return isinstance(found, PodList) and bool(found.pods)


async def _until(pilot: Pilot[int], condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        await pilot.pause(0.05)


async def _home(pilot: Pilot[int]) -> ConsoleScreen:
    """Back on the panes, whatever stands over them."""
    while not isinstance(pilot.app.screen, ConsoleScreen):
        pilot.app.pop_screen()
        await pilot.pause()
    return pilot.app.screen


def _key(one: Action) -> str:
    return one.keys.split(",")[0]


@pytest.mark.long
@pytest.mark.parametrize("pane", PaneName)
async def test_no_key_in_any_pane_asks_for_a_change(cluster: RecordingCluster, tmp_path: Path, pane: PaneName) -> None:
    async with console_on(cluster, tmp_path) as pilot:
        for one in available(pane):
            everywhere = not one.panes  # tried once, where it finds a pod
            if one.id in NOT_TRIED or (everywhere and pane is not PaneName.PODS):
                continue
            screen = await _home(pilot)
            screen.jump_to(pane)
            await pilot.press(_key(one))
            await pilot.pause(0.2 if one.needs_write else 0)
            for key in IN_DIALOGS if one.needs_write else ("escape",):
                await pilot.press(key)
                await pilot.pause(0.1 if one.needs_write else 0)
    assert cluster.recorder.changing == []


@pytest.mark.long
async def test_no_entry_of_the_palette_asks_for_a_change(cluster: RecordingCluster, tmp_path: Path) -> None:
    avoided = {one.title for one in ACTIONS if one.id in NOT_TRIED}
    async with console_on(cluster, tmp_path) as pilot:
        screen = await _home(pilot)
        entries = commands(screen)
        assert len(entries) > 30
        for entry in entries:
            if entry.title in avoided:
                continue
            await _home(pilot)
            called = entry.run()
            if asyncio.iscoroutine(called):
                await called
            await pilot.pause()
            await pilot.press("enter", "y")
    assert cluster.recorder.changing == []


@pytest.mark.long
async def test_no_click_asks_for_a_change(cluster: RecordingCluster, tmp_path: Path) -> None:
    async with console_on(cluster, tmp_path) as pilot:
        for key in ("", "r", "b", "a"):
            await _home(pilot)
            if key:
                await pilot.press("5", key)
                await pilot.pause(0.5)
            for y in range(1, 40, 9):
                for x in range(8, 120, 34):
                    await pilot.click(offset=(x, y))
    assert cluster.recorder.changing == []


@pytest.mark.parametrize(
    "command",
    [
        ["restart", "deployment/checkout"],
        ["rollback", "deployment/checkout"],
        ["scale", "deployment/checkout", "--replicas", "5"],
        ["pause", "deployment/checkout"],
        ["resume", "deployment/checkout"],
        ["cordon", "node/node-1"],
        ["uncordon", "node/node-1"],
        ["rollback", "deployment/checkout", "--dry-run", "--confirm", "checkout"],
        ["snapshot"],
        ["check"],
    ],
    ids=" ".join,
)
def test_no_command_that_was_not_confirmed_asks_for_a_change(
    cluster: RecordingCluster, tmp_path: Path, command: list[str]
) -> None:
    config = tmp_path / "config.toml"
    config.write_text(cluster.table)
    config.chmod(0o600)
    environment = {**os.environ, "HOME": str(tmp_path), "OPSCONSOLE_CONFIG": str(config)}
    subprocess.run([OPSCONSOLE, *command], env=environment, capture_output=True, timeout=120, check=False)
    assert cluster.recorder.changing == []


async def test_the_same_hands_change_the_cluster_once_write_mode_is_open(tmp_path: Path) -> None:
    """What the tests above press does lead to a change: otherwise they would show nothing."""
    with recording_cluster() as own:
        async with console_on(own, tmp_path, WriteMode.open) as pilot:
            await pilot.press("5", "b")
            await _until(pilot, lambda: "in force now" in screen_text(pilot.app.export_screenshot()))
            await pilot.press("enter")
            await _until(pilot, lambda: "y does it" in screen_text(pilot.app.export_screenshot()))
            await pilot.pause(ARMING)
            await pilot.press("y")
            await _until(pilot, lambda: bool(own.recorder.changing))
        assert own.recorder.changing == ["PATCH /apis/apps/v1/namespaces/shop/deployments/checkout"]
