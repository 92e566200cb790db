"""A feed whose source says when its answer has changed."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator

import pytest

from fake_clock import FakeClock, settle
from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.domain.snapshot import Completeness, FeedState, Problem, Reading, Snapshot, SourceName
from opsconsole.domain.text import SafeText
from opsconsole.feeds.feed import Feed, Pace

Names = tuple[str, ...]


class WatchedBackend:
    """An answer that is kept, with a version that grows when the test changes it."""

    def __init__(self) -> None:
        self.answer: Reading[Names] | SourceError = Reading(("a",))
        self.version = 1
        self.asked = 0
        self._bell = asyncio.Event()

    def change(self, answer: Reading[Names] | SourceError) -> None:
        self.answer = answer
        self.version += 1
        bell, self._bell = self._bell, asyncio.Event()
        bell.set()

    async def ask(self) -> Reading[Names]:
        self.asked += 1
        if isinstance(self.answer, SourceError):
            raise self.answer
        return self.answer

    async def changed(self, seen: int) -> int:
        while self.version == seen:
            await self._bell.wait()
        return self.version


class Case:
    def __init__(self) -> None:
        self.clock = FakeClock()
        self.seen: list[Snapshot[Names]] = []
        self.backend = WatchedBackend()
        pace = Pace(interval=10, jitter=0, gap=0.5)
        self.feed: Feed[Names] = Feed(
            SourceName.KUBERNETES, self.seen.append, clock=self.clock, chance=random.Random(1), pace=pace
        )

    async def start(self) -> None:
        self.feed.target(self.backend.ask, changed=self.backend.changed)
        await self.clock.advance(1.0)  # past the first question, and the one for the version it had


@pytest.fixture
async def case() -> AsyncIterator[Case]:
    one = Case()
    yield one
    await one.feed.stop()


async def test_a_change_is_published_without_waiting_for_the_interval(case: Case) -> None:
    await case.start()
    case.backend.change(Reading(("a", "b")))
    await settle()
    assert case.seen[-1].value == ("a", "b")


async def test_many_changes_are_published_together_after_half_a_second(case: Case) -> None:
    await case.start()
    published = len(case.seen)
    for number in range(100):
        case.backend.change(Reading((str(number),)))
        await case.clock.advance(0.01)
    assert 2 <= len(case.seen) - published <= 3
    await case.clock.advance(0.5)
    assert case.seen[-1].value == ("99",)


async def test_an_equal_answer_is_not_published_and_stays_the_same_object(case: Case) -> None:
    await case.start()
    published, value = len(case.seen), case.seen[-1].value
    equal = tuple(letter for letter in "a")
    case.backend.change(Reading(equal, as_of=case.clock.now()))
    await case.clock.advance(30)
    assert len(case.seen) == published
    assert case.feed.snapshot.value is value
    assert case.backend.asked >= 3


async def test_the_time_of_an_answer_moves_on_although_nothing_is_published(case: Case) -> None:
    await case.start()
    case.backend.answer = Reading(("a",), as_of=case.clock.now() + 7)
    await case.clock.advance(20)
    assert case.feed.snapshot.as_of == case.clock.now() - 13


async def test_an_answer_that_can_not_be_kept_up_to_date_is_stale_with_its_age(case: Case) -> None:
    await case.start()
    heard = case.clock.now()
    problem = Problem.of(SourceError(ErrorKind.UNREACHABLE, "kubernetes", SafeText("connection refused")))
    await case.clock.advance(5)
    case.backend.change(Reading(("a",), as_of=heard, problem=problem, next_try=case.clock.now() + 3))
    await settle()
    last = case.seen[-1]
    assert (last.state, last.value, last.problem) == (FeedState.STALE, ("a",), problem)
    assert last.age(case.clock.now()) == 5
    assert last.next_try == case.clock.now() + 3
    case.backend.change(Reading(("a",), as_of=case.clock.now()))
    await case.clock.advance(1)
    assert case.seen[-1].state is FeedState.LIVE


async def test_the_first_pages_are_partial_until_the_rest_is_there(case: Case) -> None:
    case.backend.answer = Reading(("a",), Completeness(arriving=True))
    await case.start()
    assert case.seen[-1].state is FeedState.PARTIAL
    case.backend.change(Reading(("a", "b")))
    await settle()
    assert case.seen[-1].state is FeedState.LIVE


async def test_a_failing_source_is_asked_again_as_soon_as_it_says_so(case: Case) -> None:
    case.backend.answer = SourceError(ErrorKind.FORBIDDEN, "kubernetes")
    await case.start()
    assert case.seen[-1].state is FeedState.NO_ACCESS
    case.backend.change(Reading(("a",)))
    await case.clock.advance(0.5)
    assert case.seen[-1].state is FeedState.LIVE


async def test_an_answer_that_costs_much_is_asked_for_less_often(case: Case) -> None:
    await case.start()
    ask = case.backend.ask

    async def dear() -> Reading[Names]:
        case.clock.turn_on(0.015)
        return await ask()

    case.feed.target(dear, changed=case.backend.changed)
    await case.clock.advance(5.0)
    asked = case.backend.asked
    for number in range(30):
        case.backend.change(Reading((f"b{number}",)))
        await case.clock.advance(0.1)
    assert case.backend.asked - asked == 2  # in three seconds, at a hundred times 15 ms each


def test_no_answer_is_so_dear_that_it_grows_old() -> None:
    assert Pace().pause(0.001) == Pace().gap
    assert Pace().pause(10.0) == Pace().longest_gap
