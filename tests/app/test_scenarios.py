"""Every scenario of the practice cluster tells its story on the first screen, and the links work by keys."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import msgspec
import pytest
from textual.pilot import Pilot

from opsconsole.actions import PaneName
from opsconsole.app import OpsConsole
from opsconsole.clock import SystemClock
from opsconsole.config.settings import Settings
from opsconsole.domain.alert import AlertState
from opsconsole.domain.console_snapshot import ConsoleSnapshot
from opsconsole.domain.log_record import LogLevel
from opsconsole.domain.pod import ProbeState
from opsconsole.operating import operations
from opsconsole.practice.scenarios import scenario_named
from opsconsole.screens.console_screen import ConsoleScreen
from opsconsole.screens.following import service_of
from opsconsole.screens.screen_text import screen_text
from opsconsole.sources.connect import connect
from opsconsole.write_mode import WriteMode
from servers.practice import run_practice

PATIENCE = 60.0


class Story(msgspec.Struct, frozen=True):
    """What the screen must show of a scenario. `surge` is the id of a panel, `words` stand in a log line."""

    scenario: str
    surge: str | None
    words: str
    failed_trace: bool = True
    unwell_pod: bool = True


STORIES = (
    Story("bad-release", "errors", "panic: runtime error"),
    Story("goroutine-leak", "goroutines", "goroutines, most of them in", unwell_pod=False),
    Story("pool-exhaustion", "pool-waiting", "connection pool exhausted: active 200/200", unwell_pod=False),
    Story("gc-surge", "old-generation", "Full GC", unwell_pod=False),
    Story("cache-penetration", "cache", "cache miss storm", unwell_pod=False),
    Story("slow-start", None, "warming cache", failed_trace=False),
    Story("probe-deadlock", None, "lock order violated"),
    Story("noisy-neighbour", "node-cpu", "request failed", unwell_pod=False),
)


class Watched(msgspec.Struct):
    """A console on a scenario."""

    app: OpsConsole
    pilot: Pilot[int]

    @property
    def screen(self) -> ConsoleScreen:
        return next(screen for screen in self.app.screen_stack if isinstance(screen, ConsoleScreen))

    @property
    def known(self) -> ConsoleSnapshot:
        return self.screen.feeds.console_snapshot()

    @property
    def text(self) -> str:
        return screen_text(self.app.export_screenshot(simplify=True))

    async def until(self, condition: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while not condition():
            if time.monotonic() > deadline:
                pytest.fail(f"not within {PATIENCE:.0f} s: {what}\n{self.text}", pytrace=False)
            await self.pilot.pause(0.1)


@asynccontextmanager
async def console_on(scenario: str, service: str | None = None) -> AsyncIterator[Watched]:
    with run_practice(scenario) as cluster:
        clock = SystemClock()
        settings = Settings(cluster, service=service, time_zone="UTC")
        write_mode = WriteMode(clock)
        app = OpsConsole(
            settings,
            lambda: connect(cluster, clock),
            clock=clock,
            write_mode=write_mode,
            operations=lambda: operations(cluster, clock, write_mode),
        )
        async with app.run_test(size=(120, 40), notifications=True) as pilot:
            watched = Watched(app, pilot)
            await watched.until(watched.screen.feeds.answered, "every source to answer")
            yield watched


def surged(known: ConsoleSnapshot, panel_id: str) -> bool:
    """Whether the panel is over a threshold now, and usually was not in the first half of the hour."""
    for shown in known.panels:
        reading = shown.snapshot.value
        if shown.panel.split(":")[0] != panel_id or reading is None:
            continue
        samples = [
            (moment, value)
            for series in reading.series
            for moment, value in zip(series.times, series.values, strict=True)
            if not math.isnan(value)
        ]
        before = [value for moment, value in samples if moment < known.span.end - known.span.span / 2]
        now = [value for moment, value in samples if moment > known.span.end - known.span.span / 5]
        for threshold in reading.panel.thresholds:
            if any(map(threshold.crossed_by, now)) and not threshold.crossed_by(statistics.median(before)):
                return True
    return False


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.scenario)
async def test_a_scenario_shows_its_alert_surge_lines_trace_and_pods(story: Story) -> None:
    truth = scenario_named(story.scenario).truth
    assert truth is not None
    async with console_on(story.scenario) as watched:
        known = watched.known
        firing = [alert for alert in known.alerts.value or () if alert.state is AlertState.FIRING]
        assert (truth.alert, truth.service) in {(alert.name, service_of(alert)) for alert in firing}
        chosen = known.scope.selection.service
        assert chosen in {service_of(alert) for alert in firing}
        if story.surge is not None:
            assert surged(known, story.surge), [panel.panel for panel in known.panels]
        if story.failed_trace:
            assert known.traces.value is not None
            assert known.traces.value.traces[0].error_count
        pods = known.pods.value
        assert pods is not None
        assert pods.pods
        if story.unwell_pod:
            probes = [probe for pod in pods.pods for container in pod.containers for probe in container.probes]
            restarts = sum(pod.restarts for pod in pods.pods)
            assert restarts or any(probe.state is ProbeState.FAILING for probe in probes)
        lines = [record.message for record in (known.logs.value.records if known.logs.value else ())]
        assert any(story.words in line for line in lines), lines[:20]
        assert any(record.level.rank >= LogLevel.WARN.rank for record in known.logs.value.records)
        assert truth.alert in watched.text.replace("…", "") or truth.alert[:12] in watched.text


async def test_a_healthy_shop_says_so() -> None:
    async with console_on("healthy") as watched:
        assert "no alert is firing" in watched.text
        assert watched.known.scope.selection.service is None


async def test_from_alert_to_trace_to_log_lines_to_pod_in_keys() -> None:
    async with console_on("bad-release", "gateway") as watched:
        screen = watched.screen
        alert = next(a for a in watched.known.alerts.value or () if service_of(a) == "checkout")
        rows = screen.pane(PaneName.ALERTS).focus_target
        while rows.cursor_key is None or alert.fingerprint not in rows.cursor_key:
            before = rows.cursor_key
            await watched.pilot.press("right", "down")
            assert rows.cursor_key != before, "the alert is not in the list"
        await watched.pilot.press("enter")
        await watched.until(watched.screen.feeds.answered, "the panes to follow")
        assert watched.known.scope.selection.service == "checkout"
        assert watched.known.scope.cursor == alert.started_at
        await watched.pilot.press("4", "enter")
        await watched.until(watched.screen.feeds.answered, "the panes to follow the trace")
        trace = watched.known.scope.selection.trace
        assert trace is not None
        records = watched.known.logs.value.records if watched.known.logs.value else ()
        assert {record.trace_id for record in records} <= {trace}
        await watched.pilot.press("escape", "5", "enter")
        await watched.until(watched.screen.feeds.answered, "the panes to follow the pod")
        pod = watched.known.scope.selection.pod
        assert pod is not None
        assert pod.startswith("checkout-")
        await watched.pilot.press("escape", "escape")
        assert watched.screen.scope.selection.service == "gateway"
