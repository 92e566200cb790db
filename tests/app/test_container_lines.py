"""The logs pane without a log store: what the containers write, by way of Kubernetes alone."""

from __future__ import annotations

import time
from collections.abc import Callable

import msgspec
import pytest
from textual.pilot import Pilot

from opsconsole.actions import PaneName
from opsconsole.app import OpsConsole
from opsconsole.clock import SystemClock
from opsconsole.config.settings import Settings
from opsconsole.domain.log_record import LogLevel
from opsconsole.domain.snapshot import FeedState, SourceName
from opsconsole.screens.console_screen import ConsoleScreen
from opsconsole.screens.logs_pane import LogsPane
from opsconsole.screens.screen_text import screen_text
from opsconsole.sources.connect import connect
from servers.practice import run_practice

PATIENCE = 90.0


async def until(pilot: Pilot[int], condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(
                f"not within {PATIENCE:.0f} s: {what}\n{screen_text(pilot.app.export_screenshot())}", pytrace=False
            )
        await pilot.pause(0.05)


async def test_lines_of_all_containers_are_shown_followed_and_searched_with_kubernetes_alone() -> None:
    with run_practice("bad-release") as whole:
        cluster = msgspec.structs.replace(whole, prometheus=None, alertmanager=None, elasticsearch=None, jaeger=None)
        clock = SystemClock()
        settings = Settings(cluster, service="checkout", time_zone="UTC")
        app = OpsConsole(settings, lambda: connect(cluster, clock), clock=clock, full=PaneName.LOGS)
        async with app.run_test(size=(120, 40), notifications=True) as pilot:
            screen = app.screen
            assert isinstance(screen, ConsoleScreen)
            pane = screen.pane(PaneName.LOGS)
            assert isinstance(pane, LogsPane)
            lines = pane.lines
            await until(pilot, lambda: len(lines.records) > 10, "lines of the containers")
            assert {record.service for record in lines.records} == {"checkout"}
            assert len({record.pod for record in lines.records}) > 1
            text = screen_text(app.export_screenshot())
            assert "containers" in text.split("─ 3 Logs")[1].splitlines()[0]
            newest = lines.records[-1]
            await until(pilot, lambda: lines.records[-1] is not newest, "a line that is written now")
            assert lines.follows
            states = {one.source: one.state for one in screen.feeds.freshness()}
            assert states[SourceName.ELASTICSEARCH] is FeedState.NOT_CONFIGURED
            assert states[SourceName.KUBERNETES] in (FeedState.LIVE, FeedState.PARTIAL)
            await pilot.press("slash", *"panic", "enter", "E", "E")
            await until(pilot, lambda: len(lines.records) > 0, "lines with the word")
            assert all("panic" in record.message for record in lines.records)
            assert {record.level for record in lines.records} == {LogLevel.ERROR}
            await pilot.press("c")
            await until(
                pilot, lambda: "lines before" in screen_text(app.export_screenshot()), "the lines around one of them"
            )
