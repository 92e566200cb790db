"""The console on real servers: an alert comes, its panel surges, Prometheus dies and comes back."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable

import pytest
from textual.pilot import Pilot

from opsconsole.app import OpsConsole
from opsconsole.clock import SystemClock
from opsconsole.config.settings import Settings
from opsconsole.domain.console_snapshot import ConsoleSnapshot
from opsconsole.domain.snapshot import FeedState, SourceName
from opsconsole.feeds.backoff import Backoff
from opsconsole.feeds.feed import Pace
from opsconsole.screens.console_screen import ConsoleScreen
from opsconsole.sources.connect import connect
from servers.real_stack import RealStack
from widget_stage import screen_text

pytestmark = [pytest.mark.real, pytest.mark.long, pytest.mark.xdist_group("real-stack")]

PATIENCE = 30.0
CHANCE = random.Random(7)
PACE = Pace(interval=0.5, late=1.0, deadline=3.0, backoff=Backoff(base=0.2, cap=1.0))


def console_on(stack: RealStack) -> OpsConsole:
    clock = SystemClock()
    settings = Settings(cluster=stack.cluster, service="go-web-app", since=120.0)
    return OpsConsole(settings, lambda: connect(stack.cluster, clock), clock=clock, chance=CHANCE, pace=PACE)


def known(pilot: Pilot[int]) -> ConsoleSnapshot:
    """What the console knows."""
    screen = pilot.app.screen
    assert isinstance(screen, ConsoleScreen)
    return screen.feeds.console_snapshot()


def state_of(pilot: Pilot[int], source: SourceName) -> FeedState:
    return next(entry.state for entry in known(pilot).freshness if entry.source is source)


def most_goroutines(pilot: Pilot[int]) -> float:
    """The highest sample of the goroutine panel, 0 without one."""
    samples = [
        value
        for panel in known(pilot).panels
        if panel.panel == "goroutines" and panel.snapshot.value is not None
        for series in panel.snapshot.value.series
        for value in series.values
        if value == value  # noqa: PLR0124  - NaN stands for a gap
    ]
    return max(samples, default=0.0)


async def eventually(pilot: Pilot[int], condition: Callable[[], bool], what: str) -> None:
    """Return once `condition` holds; fail with `what` and the screen when it doesn't within PATIENCE."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(f"not within {PATIENCE:.0f} s: {what}\n{screen_text(pilot.app)}", pytrace=False)
        await pilot.pause(0.1)


async def test_a_leak_is_seen_as_alert_and_surge_and_outlives_a_crash_of_prometheus(real_stack: RealStack) -> None:
    app = console_on(real_stack)
    async with app.run_test(size=(160, 50)) as pilot:

        def shows(pattern: str) -> bool:
            return re.search(pattern, screen_text(app)) is not None

        await eventually(pilot, lambda: 0 < most_goroutines(pilot) < 100, "the calm panel")
        assert not shows("GoroutinesHigh")

        real_stack.app.break_("leak")
        await eventually(pilot, lambda: shows("GoroutinesHigh"), "the alert on the screen")
        await eventually(pilot, lambda: most_goroutines(pilot) > 1000, "the surge in its panel")

        real_stack.prometheus.kill()
        await eventually(pilot, lambda: shows(r"prom ◐ \d+s"), "the badge stale, with its age")
        assert shows("GoroutinesHigh")
        assert most_goroutines(pilot) > 1000
        assert state_of(pilot, SourceName.ALERTMANAGER) is FeedState.LIVE

        real_stack.prometheus.start()
        await eventually(pilot, lambda: shows("prom ●"), "the badge live again")
        assert most_goroutines(pilot) > 1000
