"""One feed: asks one question again and again, and says how fresh its last answer is."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

import msgspec

from opsconsole.clock import Clock
from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.domain.snapshot import FeedState, Problem, Reading, Snapshot, SourceName
from opsconsole.feeds.backoff import Backoff
from opsconsole.feeds.restraint import Restraint
from opsconsole.safe_text import safe_text

T = TypeVar("T")
Ask = Callable[[], Awaitable[Reading[T]]]
Changed = Callable[[int], Awaitable[int]]
"""Returns once the answer is of another version than the one given: its version. 0 is before there was any."""
log = logging.getLogger(__name__)

_STATE_OF_KIND = {
    ErrorKind.UNAUTHORIZED: FeedState.NO_ACCESS,
    ErrorKind.FORBIDDEN: FeedState.NO_ACCESS,
    ErrorKind.SIGN_IN: FeedState.NO_ACCESS,
    ErrorKind.THROTTLED: FeedState.THROTTLED,
}


class Pace(msgspec.Struct, frozen=True):
    """When a feed asks; all in seconds.

    `jitter` is the share of `interval` by which turns are spread, so that feeds do not march in step.
    An answer that is `late` turns the last one stale; at `deadline` the question is dropped. Where a source says
    that its answer has changed it is asked at once, but never sooner than `gap` after the last time. An answer that
    cost much is asked for less often: `rest` times what it took lies between, as far as `longest_gap`.
    """

    interval: float = 10.0
    jitter: float = 0.1
    late: float = 3.0
    deadline: float = 12.0
    backoff: Backoff = Backoff()
    gap: float = 0.5
    rest: float = 100.0
    longest_gap: float = 2.0

    def pause(self, took: float) -> float:
        """Seconds between an answer that took `took` seconds and the next."""
        return max(self.gap, min(self.rest * took, self.longest_gap))


class Feed(Generic[T]):
    """Owns one task that asks. The newest question wins: a replaced one is cancelled with its request.

    It asks in intervals, and sooner where the source says that the answer has changed. `publish` is called in the
    event loop with every new `Snapshot`, never twice for one answer; an equal value stays the same object.
    """

    def __init__(
        self,
        source: SourceName,
        publish: Callable[[Snapshot[T]], None],
        *,
        clock: Clock,
        chance: random.Random,
        pace: Pace,
        asked: Callable[[], int] = lambda: 0,
    ) -> None:
        """Idle until `target` is called.

        `asked` counts the requests to the source in the last minute.
        """
        self.source = source
        self.restraint = Restraint(clock)
        """Shared by all feeds of the source, once it is given to them."""
        self.snapshot: Snapshot[T] = Snapshot(FeedState.CONNECTING)
        self.kept = False
        """Whether the value answers the question before the present one, and stands there until that is answered."""
        self._publish = publish
        self._clock = clock
        self._chance = chance
        self._pace = pace
        self._asked = asked
        self._ask: Ask[T] | None = None
        self._changed: Changed | None = None
        self._repeats = True
        self._failures = 0
        self._task: asyncio.Task[None] | None = None
        self._asking = False

    def target(
        self, ask: Ask[T], *, repeats: bool = True, keep_value: bool = False, changed: Changed | None = None
    ) -> None:
        """Ask this from now on, at once, instead of the question before; `changed` says when it is worth asking.

        Without `repeats` (a window that lies in the past) one good answer is enough. `keep_value`
        leaves the old answer on the screen meanwhile; only right when it fits the new question.
        """
        self._ask = ask
        self._changed = changed
        self._repeats = repeats
        self._failures = 0
        self.kept = keep_value and self.snapshot.value is not None
        if self.kept:
            self._set(msgspec.structs.replace(self.snapshot, problem=None, next_try=None))
        else:
            self._set(Snapshot(FeedState.CONNECTING))
        self._restart()

    def refresh(self) -> None:
        """Ask now, past any back-off; nothing happens while an answer is already awaited."""
        if self._ask is not None and not self._asking:
            self._restart()

    def cancel(self) -> None:
        """Drop the question and its request; nothing is published any more."""
        if self._task is not None:
            self._task.cancel()

    async def stop(self) -> None:
        """`cancel`, and wait until the task has ended."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait({task})

    def _restart(self) -> None:
        if self._task is not None:
            self._task.cancel()
        self._asking = False
        self._task = asyncio.create_task(self._run(), name=f"feed {self.source.value}")

    def _set(self, snapshot: Snapshot[T]) -> None:
        self.snapshot = snapshot
        self._publish(snapshot)

    async def _run(self) -> None:
        ask, seen = self._ask, 0
        while ask is not None:
            self._asking = True
            began = self._clock.monotonic()
            delay = await self._turn(ask)
            took = self._clock.monotonic() - began
            self._asking = False
            if delay is None:
                return
            # What it took to wait for the first pages of a list says nothing.
            arriving = self.snapshot.completeness.arriving
            seen = await self._pause(delay, seen, self._pace.gap if arriving else self._pace.pause(took))

    async def _pause(self, delay: float, seen: int, gap: float) -> int:
        """After `delay` seconds, or after `gap` once the answer is of another version than `seen`, its version."""
        if self._changed is None:
            if self._failures:
                await self._first_of(self._clock.sleep(delay), self.restraint.freed())
            else:
                await self._clock.sleep(delay)
            return seen
        gap = min(delay, gap)
        await self._clock.sleep(gap)
        news = asyncio.ensure_future(self._changed(seen))
        await self._first_of(news, self._clock.sleep(delay - gap))
        return news.result() if news.done() and not news.cancelled() else seen

    @staticmethod
    async def _first_of(*awaited: Awaitable[object]) -> None:
        """Wait until one is done, and drop the others."""
        tasks = [asyncio.ensure_future(one) for one in awaited]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()

    async def _turn(self, ask: Ask[T]) -> float | None:
        """Ask once and publish. Returns seconds to the next turn, None when there is none."""
        try:
            reading = await self._answer(ask)
        except SourceError as error:
            return self._failed(error)
        # One of the two places that catch everything: a fault in one feed must not end the others.
        except Exception as error:
            log.exception("fault while reading %s", self.source.value)
            detail = safe_text(f"{type(error).__name__}: {error}", 200)
            return self._failed(SourceError(ErrorKind.INTERNAL, self.source.value, detail))
        self.restraint.answered(recovered=self._failures > 0)
        self._failures = 0
        self.kept = False
        delay = self._pace.interval * (1 + self._pace.jitter * self._chance.uniform(-1, 1))
        snapshot = self._snapshot(reading, delay)
        if self._says_more(snapshot):
            self._set(snapshot)
        else:
            self.snapshot = snapshot
        return delay if self._repeats else None

    def _snapshot(self, reading: Reading[T], delay: float) -> Snapshot[T]:
        """The reading as a snapshot. One with a problem is stale: its source keeps it, and can't keep it up to date."""
        now = self._clock.now()
        state = FeedState.LIVE if self._repeats else FeedState.PAUSED
        if reading.problem is not None:
            state = _STATE_OF_KIND.get(reading.problem.kind, FeedState.STALE)
        elif not reading.completeness.whole:
            state = FeedState.PARTIAL
        known = self.snapshot.value
        return Snapshot(
            state,
            known if self._changed is not None and known == reading.value else reading.value,
            now if reading.as_of is None else reading.as_of,
            reading.completeness,
            reading.problem,
            reading.next_try or (now + delay if self._repeats else None),
            0 if reading.problem is None else self._asked(),
        )

    def _says_more(self, snapshot: Snapshot[T]) -> bool:
        """Whether anything but times is new in it. Of what a source keeps, the rest is not worth drawing.

        When it is asked again is, where something is wrong.
        """
        if self._changed is None:
            return True
        if snapshot.problem is not None:
            return self.snapshot != snapshot
        times = {"as_of": snapshot.as_of, "next_try": snapshot.next_try}
        return msgspec.structs.replace(self.snapshot, **times) != snapshot

    async def _answer(self, ask: Ask[T]) -> Reading[T]:
        """The answer in time. Raises `SourceError` TIMEOUT at the deadline; marks a late one on the way."""
        question = asyncio.ensure_future(ask())
        try:
            for patience, at_last in ((self._pace.late, False), (self._pace.deadline - self._pace.late, True)):
                timer = asyncio.ensure_future(self._clock.sleep(patience))
                try:
                    await asyncio.wait({question, timer}, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    timer.cancel()
                if question.done():
                    return question.result()
                if not at_last:
                    self._mark_late()
            raise SourceError(ErrorKind.TIMEOUT, self.source.value)
        finally:
            question.cancel()

    def _mark_late(self) -> None:
        if self.snapshot.state in (FeedState.LIVE, FeedState.PARTIAL):
            self._set(msgspec.structs.replace(self.snapshot, state=FeedState.STALE))

    def _failed(self, error: SourceError) -> float:
        delay = self.restraint.failed(error, self._pace.backoff.delay(self._failures, error, self._chance))
        self._failures += 1
        state = _STATE_OF_KIND.get(error.kind)
        if state is None:
            state = FeedState.DOWN if self.snapshot.value is None else FeedState.STALE
        self._set(
            msgspec.structs.replace(
                self.snapshot,
                state=state,
                problem=Problem.of(error),
                next_try=self._clock.now() + delay,
                asked=self._asked(),
            )
        )
        return delay
