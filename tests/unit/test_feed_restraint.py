"""All feeds of one source, while it answers none of them."""

from __future__ import annotations

import asyncio
import random

import pytest

from fake_clock import FakeClock
from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.domain.snapshot import FeedState, Reading, SourceName
from opsconsole.feeds.backoff import LONGEST_WAIT, Backoff
from opsconsole.feeds.feed import Feed, Pace
from opsconsole.feeds.restraint import APART, TOLERATED, Restraint
from opsconsole.sources.kubernetes.watching.patience import Patience

FEEDS = 12


class Source:
    """Fails or answers all of `FEEDS` questions, and counts."""

    def __init__(self, kind: ErrorKind = ErrorKind.SERVER) -> None:
        self.clock = FakeClock()
        self.kind = kind
        self.well: set[int] = set()
        self.asked = [0] * FEEDS
        restraint = Restraint(self.clock)
        self.feeds: list[Feed[int]] = []
        for number in range(FEEDS):
            feed: Feed[int] = Feed(
                SourceName.PROMETHEUS,
                lambda _: None,
                clock=self.clock,
                chance=random.Random(number),
                pace=Pace(jitter=0),
                asked=lambda: sum(self.asked),
            )
            feed.restraint = restraint
            self.feeds.append(feed)

    def start(self) -> None:
        for number, feed in enumerate(self.feeds):
            feed.target(lambda number=number: self._ask(number))

    async def _ask(self, number: int) -> Reading[int]:
        self.asked[number] += 1
        if number not in self.well:
            raise SourceError(self.kind, "prometheus")
        return Reading(number)

    async def stop(self) -> None:
        await asyncio.gather(*(feed.stop() for feed in self.feeds))


async def test_feeds_of_a_source_that_fails_them_all_take_turns() -> None:
    source = Source()
    source.start()
    await source.clock.advance(120.0)
    before, each = sum(source.asked), list(source.asked)
    await source.clock.advance(600.0)
    assert sum(source.asked) - before <= 600.0 / APART + 1
    assert all(now > then for now, then in zip(source.asked, each, strict=True)), "each has its turn"
    await source.stop()


async def test_the_first_that_is_answered_frees_all() -> None:
    source = Source()
    source.start()
    await source.clock.advance(300.0)
    source.well.update(range(FEEDS))
    await source.clock.advance(APART)
    assert {feed.snapshot.state for feed in source.feeds} == {FeedState.LIVE}
    await source.stop()


async def test_the_answer_to_a_question_that_was_well_all_along_makes_the_others_ask_no_sooner() -> None:
    source = Source()
    source.well.add(0)
    source.start()
    await source.clock.advance(120.0)
    before = sum(source.asked[1:])
    await source.clock.advance(600.0)
    # By themselves each asks every 15 seconds; with the one that is well they would ask every ten.
    assert sum(source.asked[1:]) - before < (FEEDS - 1) * 600.0 / 14.0
    await source.stop()


async def test_queries_that_are_wrong_do_not_make_the_others_wait() -> None:
    source = Source(ErrorKind.BAD_QUERY)
    source.well.add(0)
    source.start()
    await source.clock.advance(31.0)
    assert source.asked[0] == 4
    assert min(source.asked[1:]) == 2
    await source.stop()


async def test_a_failed_snapshot_says_how_often_the_source_was_asked() -> None:
    source = Source()
    source.start()
    await source.clock.advance(0.0)
    assert source.feeds[TOLERATED].snapshot.asked > 0
    await source.stop()


@pytest.mark.parametrize("kind", [ErrorKind.THROTTLED, ErrorKind.SERVER, ErrorKind.FORBIDDEN])
def test_a_retry_after_lengthens_a_wait_within_bounds_and_never_shortens_it(kind: ErrorKind) -> None:
    chance = random.Random(1)
    hurried = SourceError(kind, "prometheus", retry_after=0.0)
    years = SourceError(kind, "prometheus", retry_after=1e9)
    patience = Patience(FakeClock(), chance)
    for attempt in range(8):
        assert Backoff().delay(attempt, hurried, chance) >= Backoff().base / 2
        assert patience.delay(hurried) > 0
    assert Backoff().delay(0, years, chance) == LONGEST_WAIT
    assert patience.delay(years) == LONGEST_WAIT
