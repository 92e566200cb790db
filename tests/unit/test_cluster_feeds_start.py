"""What is asked at once when a cluster's feeds start."""

from __future__ import annotations

import random

import pytest

from fake_clock import FakeClock
from opsconsole.domain.scope import Scope
from opsconsole.domain.selection import Selection
from opsconsole.domain.snapshot import FeedState
from opsconsole.domain.text import SafeText
from opsconsole.domain.time_range import TimeWindow
from opsconsole.feeds import topic as topics
from opsconsole.feeds.cluster_feeds import ClusterFeeds
from opsconsole.feeds.feed import Pace
from still_sources import backends


@pytest.mark.parametrize(
    ("without", "asked"), [((), False), (("alerts",), False), (("metrics",), False), (("alerts", "metrics"), True)]
)
async def test_other_questions_wait_for_the_alerts_only_where_something_tells_of_alerts(
    without: tuple[str, ...], asked: bool
) -> None:
    sources = backends().sources("traces", *without)
    feeds = ClusterFeeds(
        lambda: sources,
        Scope(Selection(SafeText("shop")), TimeWindow(3600.0)),
        lambda _: None,
        clock=FakeClock(),
        chance=random.Random(1),
        pace=Pace(),
    )
    feeds.start(alerts_first=True)
    try:
        # A topic that nobody answers says so once it is asked.
        assert (feeds.snapshot(topics.TRACES).state is FeedState.NOT_CONFIGURED) is asked
    finally:
        await feeds.stop()
