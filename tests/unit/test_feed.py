"""What a feed promises: newest wins, back-off, honest states."""

from __future__ import annotations

import asyncio
import random

import pytest

from fake_clock import FakeClock, settle
from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.domain.snapshot import Completeness, FeedState, Reading, Snapshot, SourceName
from opsconsole.domain.text import SafeText
from opsconsole.feeds.backoff import Backoff
from opsconsole.feeds.feed import Feed, Pace


class Backend:
    """Answers with what it is told, counts and can be left hanging."""

    def __init__(self) -> None:
        self.answer: Reading[str] | SourceError | Exception = Reading("first")
        self.asked = 0
        self.dropped = 0
        self.gate: asyncio.Event | None = None

    async def ask(self) -> Reading[str]:
        self.asked += 1
        try:
            if self.gate is not None:
                await self.gate.wait()
        except asyncio.CancelledError:
            self.dropped += 1
            raise
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


class Case:
    def __init__(self, pace: Pace) -> None:
        self.clock = FakeClock()
        self.seen: list[Snapshot[str]] = []
        self.backend = Backend()
        self.feed: Feed[str] = Feed(
            SourceName.JAEGER, self.seen.append, clock=self.clock, chance=random.Random(1), pace=pace
        )

    @property
    def states(self) -> list[FeedState]:
        return [snapshot.state for snapshot in self.seen]


@pytest.fixture
async def case():
    one = Case(Pace(interval=10, jitter=0))
    yield one
    await one.feed.stop()


def problem(kind: ErrorKind, retry_after: float | None = None) -> SourceError:
    return SourceError(kind, "jaeger", SafeText("said so"), retry_after=retry_after)


async def test_an_answer_is_published_live_with_the_time_it_was_complete(case: Case) -> None:
    case.feed.target(case.backend.ask)
    await settle()
    assert case.states == [FeedState.CONNECTING, FeedState.LIVE]
    assert case.seen[-1].value == "first"
    assert case.seen[-1].as_of == case.clock.now()


async def test_it_asks_again_after_the_interval_and_not_before(case: Case) -> None:
    case.feed.target(case.backend.ask)
    await case.clock.advance(9.9)
    assert case.backend.asked == 1
    await case.clock.advance(0.2)
    assert case.backend.asked == 2


async def test_jitter_spreads_turns_within_its_share_of_the_interval() -> None:
    case = Case(Pace(interval=10, jitter=0.2))
    case.feed.target(case.backend.ask)
    await settle()
    wait = (case.seen[-1].next_try or 0) - case.clock.now()
    assert 8 <= wait <= 12
    assert wait != 10
    await case.feed.stop()


async def test_a_new_target_drops_the_request_under_way_and_its_answer_never_shows(case: Case) -> None:
    case.backend.gate = asyncio.Event()
    case.feed.target(case.backend.ask)
    await settle()
    newer = Backend()
    newer.answer = Reading("newer")
    case.feed.target(newer.ask)
    case.backend.gate.set()
    await settle()
    assert case.backend.dropped == 1
    assert [snapshot.value for snapshot in case.seen if snapshot.value] == ["newer"]


async def test_a_new_target_forgets_the_old_value_unless_told_to_keep_it(case: Case) -> None:
    case.feed.target(case.backend.ask)
    await settle()
    hanging = Backend()
    hanging.gate = asyncio.Event()
    case.feed.target(hanging.ask, keep_value=True)
    assert case.seen[-1].value == "first"
    case.feed.target(hanging.ask)
    assert case.seen[-1].value is None
    assert case.seen[-1].state is FeedState.CONNECTING


async def test_a_failure_keeps_the_last_value_as_stale_with_its_age_and_the_reason(case: Case) -> None:
    case.feed.target(case.backend.ask)
    await settle()
    born = case.clock.now()
    case.backend.answer = problem(ErrorKind.UNREACHABLE)
    await case.clock.advance(10)
    last = case.seen[-1]
    assert (last.state, last.value, last.as_of) == (FeedState.STALE, "first", born)
    assert last.problem is not None
    assert last.problem.kind is ErrorKind.UNREACHABLE
    assert last.age(case.clock.now()) == 10


async def test_a_failure_without_any_value_is_down_and_heals_by_itself(case: Case) -> None:
    case.backend.answer = problem(ErrorKind.SERVER)
    case.feed.target(case.backend.ask)
    await settle()
    assert case.states[-1] is FeedState.DOWN
    case.backend.answer = Reading("well again")
    await case.clock.advance(60)
    assert case.states[-1] is FeedState.LIVE
    assert case.seen[-1].problem is None


@pytest.mark.parametrize(
    ("kind", "state"),
    [
        (ErrorKind.UNAUTHORIZED, FeedState.NO_ACCESS),
        (ErrorKind.FORBIDDEN, FeedState.NO_ACCESS),
        (ErrorKind.THROTTLED, FeedState.THROTTLED),
    ],
)
async def test_refusals_have_a_state_of_their_own(case: Case, kind: ErrorKind, state: FeedState) -> None:
    case.backend.answer = problem(kind)
    case.feed.target(case.backend.ask)
    await settle()
    assert case.states[-1] is state


async def test_retry_after_is_honoured_to_the_second(case: Case) -> None:
    case.backend.answer = problem(ErrorKind.THROTTLED, retry_after=42)
    case.feed.target(case.backend.ask)
    await case.clock.advance(41.9)
    assert case.backend.asked == 1
    await case.clock.advance(0.2)
    assert case.backend.asked == 2


async def test_refresh_goes_past_the_back_off_but_never_doubles_a_question(case: Case) -> None:
    case.backend.answer = problem(ErrorKind.THROTTLED, retry_after=1000)
    case.feed.target(case.backend.ask)
    await settle()
    case.backend.gate = asyncio.Event()
    case.feed.refresh()
    await settle()
    case.feed.refresh()
    await settle()
    assert case.backend.asked == 2


async def test_a_late_answer_turns_the_old_one_stale_before_it_arrives(case: Case) -> None:
    case.feed.target(case.backend.ask)
    await settle()
    case.backend.gate = asyncio.Event()
    await case.clock.advance(10 + 3)
    assert case.states[-1] is FeedState.STALE
    case.backend.gate.set()
    await settle()
    assert case.states[-1] is FeedState.LIVE


async def test_a_backend_that_never_answers_is_dropped_at_the_deadline(case: Case) -> None:
    case.backend.gate = asyncio.Event()
    case.feed.target(case.backend.ask)
    await case.clock.advance(12)
    last = case.seen[-1]
    assert last.problem is not None
    assert last.problem.kind is ErrorKind.TIMEOUT
    assert case.backend.dropped == 1


async def test_a_partial_answer_is_never_called_live(case: Case) -> None:
    case.backend.answer = Reading("some", Completeness(3, 5, (SafeText("2 shards failed"),)))
    case.feed.target(case.backend.ask)
    await settle()
    assert case.states[-1] is FeedState.PARTIAL
    assert case.seen[-1].completeness.got == 3


async def test_a_window_in_the_past_is_asked_once(case: Case) -> None:
    case.feed.target(case.backend.ask, repeats=False)
    await case.clock.advance(1000)
    assert case.backend.asked == 1
    assert case.states[-1] is FeedState.PAUSED


async def test_a_fault_of_our_own_ends_as_a_problem_and_the_feed_goes_on(case: Case) -> None:
    case.backend.answer = ZeroDivisionError("oops \x1b[31m")
    case.feed.target(case.backend.ask)
    await settle()
    last = case.seen[-1]
    assert last.problem is not None
    assert last.problem.kind is ErrorKind.INTERNAL
    assert "\x1b" not in last.problem.sentence
    case.backend.answer = Reading("on it goes")
    await case.clock.advance(60)
    assert case.states[-1] is FeedState.LIVE


async def test_a_stopped_feed_says_nothing_more(case: Case) -> None:
    case.feed.target(case.backend.ask)
    await settle()
    await case.feed.stop()
    count = len(case.seen)
    await case.clock.advance(100)
    assert len(case.seen) == count


def test_back_off_grows_to_its_cap_and_stays_within_bounds() -> None:
    chance = random.Random(7)
    error = problem(ErrorKind.SERVER)
    backoff = Backoff()
    longest = [max(backoff.delay(n, error, chance) for _ in range(200)) for n in range(10)]
    assert longest == sorted(longest) or longest[-1] > 25
    assert all(0.5 <= backoff.delay(n, error, chance) <= 30 for n in range(40))
    assert longest[0] <= 1.0


def test_what_asking_again_does_not_cure_is_asked_seldom() -> None:
    delay = Backoff().delay(0, problem(ErrorKind.FORBIDDEN), random.Random(1))
    assert delay == 30


async def test_a_kept_value_is_told_from_the_answer_to_the_present_question(case: Case) -> None:
    case.feed.target(case.backend.ask)
    assert not case.feed.kept
    await settle()
    case.backend.answer = Reading("second")
    case.feed.target(case.backend.ask, keep_value=True)
    assert (case.feed.snapshot.value, case.feed.kept) == ("first", True)
    await settle()
    assert (case.feed.snapshot.value, case.feed.kept) == ("second", False)
    case.feed.target(case.backend.ask)
    assert not case.feed.kept
