"""Every scenario of the practice cluster tells its story on the first screen, from where keys lead to its cause."""

from __future__ import annotations

import re

import msgspec
import pytest
from scenario_case import Watched, console_on
from scenario_stories import STORIES, assert_told

from opsconsole.actions import PaneName
from opsconsole.practice.scenarios import SCENARIOS, scenario_named

MOST_KEYS = 12
QUICK = {"probe-deadlock"}
"""Scenarios that are walked whenever anything is tested."""


class Leg(msgspec.Struct, frozen=True):
    """A key, and what is to be on the screen then: patterns of lines, and the pane that has the keys.

    With `most` above 1 the key is pressed until they are there, so many times at most.
    """

    key: str
    shows: tuple[str, ...]
    pane: PaneName | None = None
    most: int = 1


class Walk(msgspec.Struct, frozen=True):
    """The way an engineer goes who knows the keys and not the answer. The last leg names the cause."""

    scenario: str
    service: str
    legs: tuple[Leg, ...]

    @property
    def keys(self) -> int:
        """Keys pressed at most."""
        return sum(leg.most for leg in self.legs)


def chart(title: str = r"[A-Za-z]") -> Leg:
    """The alert's metric when it fired; `title` is the panel's."""
    return Leg("m", (rf"▌{title}", r"by alert ▸ chart \d\d:\d\d"), PaneName.METRICS)


def lines(*shows: str) -> Leg:
    """The lines of that moment."""
    return Leg("l", ("▸ log  ", *shows), PaneName.LOGS)


def grave(*shows: str) -> Leg:
    """Only lines that warn."""
    return Leg("E", shows, PaneName.LOGS)


def change(*shows: str) -> Leg:
    """What changed before, and the difference it made."""
    return Leg("h", ("What changed in", *shows))


BACK = Leg("escape", ("1 Alerts",))
CURSOR = r"▌\d\d:\d\d:\d\d\.\d+ +"
WALKS = (
    Walk(
        "bad-release",
        "checkout",
        (
            chart("errors"),
            lines(),
            Leg("n", (CURSOR + "ERROR panic: runtime error: invalid memory",), PaneName.LOGS, most=7),
            Leg("v", (r"in applyCoupon", r"▌ +└ ✘checkout ", r"service.version +1\.15\.0")),
            Leg("d", (r"▸ trace [0-9a-f]{8} ▸ pod", "▌checkout-"), PaneName.PODS),
            change(
                "deploy checkout 1.15.0: coupons at checkout",
                r"containers\[checkout\].image",
                r"- registry.shop.example/checkout:1\.14\.2",
                r"\+ registry.shop.example/checkout:1\.15\.0",
            ),
        ),
    ),
    Walk(
        "goroutine-leak",
        "gateway",
        (
            chart("goroutines"),
            lines(),
            grave(r"goroutines, most of them in retry\.\(\*Hedger\)\.wait"),
            change("deploy gateway 2.8.0: retries with hedging", r"\+ registry.shop.example/gateway:2\.8\.0"),
        ),
    ),
    Walk(
        "pool-exhaustion",
        "orders",
        (
            chart(),
            lines(),
            grave("connection pool exhausted: active 200/200"),
            change(r"env\[DB_CLOSE_TIMEOUT\] +5s ▸ 0s"),
        ),
    ),
    Walk(
        "gc-surge",
        "payments",
        (
            chart(),
            lines(),
            grave("Full GC: Pause Full"),
            change(
                r"env\[JAVA_TOOL_OPTIONS\]",
                "- .*InitiatingHeapOccupancyPercent=35",
                r"\+ .*InitiatingHeapOccupancyPercent=45",
            ),
        ),
    ),
    Walk(
        "cache-penetration",
        "payments",
        (
            # Which of its callers suffers most changes by the minute; its own alert is there in all of them.
            Leg("down", (r"▌ *●[CW] CacheHitRateLow +payments",), PaneName.ALERTS, most=7),
            chart("cache"),
            lines(),
            grave("cache miss storm: hit ratio"),
            change("deploy payments 3.9.0: cache key per request", r"\+ registry.shop.example/payments:3\.9\.0"),
        ),
    ),
    Walk(
        "slow-start",
        "users",
        (
            Leg("d", ("by alert ▸ pod", "▌users-", r"startup ✘"), PaneName.PODS),
            Leg("d", ("Startup probe failed", "every 5s, timeout 5s, fails after 12")),
            BACK,
            lines(r"warming cache: \d+%"),
            change("deploy users 5.2.0: warm the cache at start", r"\+ registry.shop.example/users:5\.2\.0"),
        ),
    ),
    Walk(
        "probe-deadlock",
        "orders",
        (
            Leg("d", ("by alert ▸ pod", "▌orders-"), PaneName.PODS),
            Leg("d", ("Liveness probe failed: .*context deadline", "failed liveness probe, will be restarted")),
            BACK,
            lines(),
            Leg("N", (CURSOR + "ERROR lock order violated: settlement holds the ledger",), PaneName.LOGS, most=7),
            change("deploy orders 4.3.0: settle while orders come in", r"\+ registry.shop.example/orders:4\.3\.0"),
        ),
    ),
    Walk(
        "noisy-neighbour",
        "checkout",
        (
            Leg("down", ("▌ *●W CPUHigh +report-batch",), PaneName.ALERTS, most=7),
            chart("node CPU"),
            Leg("d", ("▸ pod ", "▌report-batch-"), PaneName.PODS),
            Leg("d", ("no requests, no limits", "node +node-2")),
            BACK,
            change(r"job report-batch-\d+ started on node-2"),
        ),
    ),
)


async def go(watched: Watched, leg: Leg) -> int:
    """Press the leg's key until the screen shows what it must; returns how often."""

    def shown() -> bool:
        picture = watched.text
        text = re.sub(r"\s*(│|┃)?\n[│ ]*", " ", picture) + "\n" + picture
        return all(re.search(pattern, text) for pattern in leg.shows)

    for times in range(1, leg.most + 1):
        await watched.pilot.press(leg.key)
        if times == leg.most:
            break
        await watched.until(watched.screen.feeds.answered, "the panes to follow")
        await watched.pilot.pause()  # the key may be on its way while nothing is being asked
        if shown():
            break
    await watched.until(shown, f"{leg.shows} after {leg.key}")
    if leg.pane is not None:
        assert watched.screen.focused_pane is leg.pane
    return times


@pytest.mark.parametrize(
    "walk",
    [walk if walk.scenario in QUICK else pytest.param(walk, marks=pytest.mark.long) for walk in WALKS],
    ids=[walk.scenario for walk in WALKS],
)
async def test_the_first_screen_tells_the_story_and_keys_alone_lead_from_its_alert_to_the_cause(walk: Walk) -> None:
    async with console_on(walk.scenario) as watched:
        (story,) = (story for story in STORIES if story.scenario == walk.scenario)
        assert_told(watched, story)
        assert watched.screen.focused_pane is PaneName.ALERTS
        keys = [await go(watched, leg) for leg in walk.legs]
        assert sum(keys) <= MOST_KEYS


def test_every_scenario_that_breaks_something_is_walked_in_at_most_twelve_keys() -> None:
    broken = {scenario.id for scenario in SCENARIOS if scenario.truth is not None}
    assert {walk.scenario for walk in WALKS} == {story.scenario for story in STORIES} == broken
    assert all(walk.keys <= MOST_KEYS for walk in WALKS)


@pytest.mark.parametrize("walk", WALKS, ids=lambda walk: walk.scenario)
def test_the_last_screen_names_the_change_of_the_ground_truth(walk: Walk) -> None:
    truth = scenario_named(walk.scenario).truth
    assert truth is not None
    change = re.search(r"\d+\.\d+\.\d+|DB_CLOSE_TIMEOUT|InitiatingHeapOccupancyPercent|report-batch", truth.change)
    assert change is not None
    assert change[0] in " ".join(walk.legs[-1].shows).replace("\\", "")
