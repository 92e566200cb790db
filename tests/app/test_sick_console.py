"""The whole console on a practice cluster whose five backends fall sick, each in its own way, and get well."""

from __future__ import annotations

import random
import re
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import msgspec
import pytest
from textual.pilot import Pilot

from fake_clock import FakeClock
from fault_proxy import FaultProxy, black_hole
from faulty_server import Script, replying, resetting
from looped_practice import ProxiedCluster, proxied_practice
from opsconsole.actions import PaneName
from opsconsole.app import OpsConsole
from opsconsole.config.settings import ClusterSettings, Settings
from opsconsole.domain.snapshot import FeedState
from opsconsole.feeds.feed import Pace
from opsconsole.practice.serve import BACKENDS
from opsconsole.screens.console_screen import ConsoleScreen
from opsconsole.screens.screen_text import screen_text
from opsconsole.sources.connect import connect

PATIENCE = 60.0
HTML = {"Content_Type": "text/html"}

SICK: dict[str, tuple[Script, FeedState, str, PaneName]] = {
    "prometheus": (replying(503, b'"it is starting"'), FeedState.STALE, "failed to answer: it is", PaneName.METRICS),
    "alertmanager": (resetting, FeedState.STALE, "connection reset by peer", PaneName.ALERTS),
    "elasticsearch": (
        replying(429, b'"queue full"', Retry_After="20"),
        FeedState.THROTTLED,
        "is limiting requests (429)",
        PaneName.LOGS,
    ),
    "jaeger": (replying(200, b"<title>Sign in</title>", **HTML), FeedState.STALE, "web page", PaneName.TRACES),
    "kubernetes": (replying(401, b'"who are you"'), FeedState.NO_ACCESS, "wants credentials (401)", PaneName.PODS),
}


class Case:
    """A running console, its clock, and what stands before its backends."""

    def __init__(self, app: OpsConsole, pilot: Pilot[int], clock: FakeClock, cluster: ProxiedCluster) -> None:
        self.app, self.pilot, self.clock, self.proxies = app, pilot, clock, cluster.proxies

    @property
    def screen(self) -> ConsoleScreen:
        (screen,) = (one for one in self.app.screen_stack if isinstance(one, ConsoleScreen))
        return screen

    @property
    def text(self) -> str:
        return screen_text(self.app.export_screenshot())

    def states(self) -> dict[str, FeedState]:
        return {entry.source.value: entry.state for entry in self.screen.feeds.freshness()}

    def told(self) -> dict[str, str]:
        """Each source's problem."""
        entries = self.screen.feeds.freshness()
        return {entry.source.value: entry.problem.sentence if entry.problem else "" for entry in entries}

    async def until(self, condition: Callable[[], bool], step: float = 0.0) -> None:
        """Let `step` seconds of the console pass again and again until `condition` holds."""
        deadline = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < deadline, f"{self.states()} {self.told()}\n{self.text}"
            await self.clock.advance(step)
            self.screen.tick()
            await self.pilot.pause(0.01)

    async def infect(self, faults: dict[str, Script | None]) -> None:
        for name, fault in faults.items():
            await self.proxies[name].infect(fault)


def all_live(case: Case) -> bool:
    return case.screen.feeds.answered() and set(case.states().values()) == {FeedState.LIVE}


def patient(cluster: ClusterSettings) -> ClusterSettings:
    """Deadlines are the feeds', which go by the console's clock."""
    changed = {name: msgspec.structs.replace(getattr(cluster, name), timeout=600.0) for name in BACKENDS}
    return msgspec.structs.replace(cluster, **changed)


@asynccontextmanager
async def console() -> AsyncIterator[Case]:
    clock = FakeClock()
    async with proxied_practice("bad-release", clock) as cluster:
        settings = patient(cluster.settings)
        app = OpsConsole(
            Settings(settings, time_zone="UTC"),
            lambda: connect(settings, clock),
            clock=clock,
            chance=random.Random(1),
            pace=Pace(interval=10, jitter=0),
        )
        async with app.run_test(size=(200, 50)) as pilot:
            yield Case(app, pilot, clock, cluster)


def held(proxies: dict[str, FaultProxy]) -> bool:
    return all(proxy.held for proxy in proxies.values())


@pytest.mark.long
async def test_keys_are_answered_and_each_backend_says_what_it_has_until_it_is_well_again() -> None:
    async with console() as case:
        await case.until(lambda: all_live(case), step=0.5)
        assert case.text.splitlines()[-1].count("live") == 5

        # Nobody answers: keys do all that they do otherwise.
        await case.infect(dict.fromkeys(BACKENDS, black_hole))
        await case.until(lambda: held(dict(case.proxies)), step=0.5)
        asked = {name: len(proxy.asked) for name, proxy in case.proxies.items()}
        for pane in PaneName.METRICS, PaneName.LOGS, PaneName.TRACES, PaneName.PODS, PaneName.ALERTS:
            await case.pilot.press(pane.digit)
            assert case.screen.focused_pane is pane
        await case.pilot.press("question_mark")
        assert case.app.screen is not case.screen
        await case.pilot.press("escape")
        assert case.app.screen is case.screen
        assert held(dict(case.proxies)), "a backend has answered meanwhile"
        assert asked == {name: len(proxy.asked) for name, proxy in case.proxies.items()}

        # Each in its own way, and what was there stays.
        await case.infect({name: fault for name, (fault, *_) in SICK.items()})
        await case.until(lambda: all(words in case.told()[name] for name, (_, _, words, _) in SICK.items()), step=1.0)
        assert case.states() == {name: state for name, (_, state, _, _) in SICK.items()}
        bottom = case.text.splitlines()[-1]
        for shown in (
            r"prom ◐ \d+\w+ old",
            r"am ◐ \d+\w+ old",
            r"es ◐ \d+\w+ limited",
            r"jaeger ◐",
            r"k8s ⚿ no access",
        ):
            assert re.search(shown, bottom), bottom
        for name, (_, _, words, pane) in SICK.items():
            await case.pilot.press(pane.digit, "f")
            await case.pilot.pause()
            said = " ".join(re.sub(r"[│╭╮╰╯─]", " ", case.text).split())
            assert words in said, f"{name}\n{case.text}"
            assert re.search(r"asks again at \d\d:\d\d:\d\d; \d+ requests? in the last minute", said), case.text
            await case.pilot.press("escape")

        # Well again, and no key pressed.
        await case.infect(dict.fromkeys(BACKENDS))
        await case.until(lambda: all_live(case), step=1.0)
        assert case.text.splitlines()[-1].count("live") == 5
