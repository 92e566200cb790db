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
from opsconsole.safe_text import safe_text

T = TypeVar("T")
Ask = Callable[[], Awaitable[Reading[T]]]
log = logging.getLogger(__name__)

_STATE_OF_KIND = {
    ErrorKind.UNAUTHORIZED: FeedState.NO_ACCESS,
    ErrorKind.FORBIDDEN: FeedState.NO_ACCESS,
    ErrorKind.THROTTLED: FeedState.THROTTLED,
}


class Pace(msgspec.Struct, frozen=True):
    """When a feed asks; all in seconds.

    `jitter` is the share of `interval` by which turns are spread, so that feeds do not march in step.
    An answer that is `late` turns the last one stale; at `deadline` the question is dropped.
    """

    interval: float = 10.0
    jitter: float = 0.1
    late: float = 3.0
    deadline: float = 12.0
    backoff: Backoff = Backoff()


class Feed(Generic[T]):
    """Owns one polling task. The newest question wins: a replaced one is cancelled with its request.

    `publish` is called in the event loop with every new `Snapshot`, never twice for one answer.
    """

    def __init__(
        self,
        source: SourceName,
        publish: Callable[[Snapshot[T]], None],
        *,
        clock: Clock,
        chance: random.Random,
        pace: Pace,
    ) -> None:
        """Idle until `target` is called."""
        self.source = source
        self.snapshot: Snapshot[T] = Snapshot(FeedState.CONNECTING)
        self._publish = publish
        self._clock = clock
        self._chance = chance
        self._pace = pace
        self._ask: Ask[T] | None = None
        self._repeats = True
        self._failures = 0
        self._task: asyncio.Task[None] | None = None
        self._asking = False

    def target(self, ask: Ask[T], *, repeats: bool = True, keep_value: bool = False) -> None:
        """Ask this from now on, at once, instead of the question before.

        Without `repeats` (a window that lies in the past) one good answer is enough. `keep_value`
        leaves the old answer on the screen meanwhile; only right when it fits the new question.
        """
        self._ask = ask
        self._repeats = repeats
        self._failures = 0
        if keep_value and self.snapshot.value is not None:
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
        ask = self._ask
        while ask is not None:
            self._asking = True
            delay = await self._turn(ask)
            self._asking = False
            if delay is None:
                return
            await self._clock.sleep(delay)

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
        self._failures = 0
        now = self._clock.now()
        delay = self._pace.interval * (1 + self._pace.jitter * self._chance.uniform(-1, 1))
        whole = FeedState.LIVE if self._repeats else FeedState.PAUSED
        self._set(
            Snapshot(
                whole if reading.completeness.whole else FeedState.PARTIAL,
                reading.value,
                now,
                reading.completeness,
                next_try=now + delay if self._repeats else None,
            )
        )
        return delay if self._repeats else None

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
        delay = self._pace.backoff.delay(self._failures, error, self._chance)
        self._failures += 1
        state = _STATE_OF_KIND.get(error.kind)
        if state is None:
            state = FeedState.DOWN if self.snapshot.value is None else FeedState.STALE
        self._set(
            msgspec.structs.replace(
                self.snapshot, state=state, problem=Problem.of(error), next_try=self._clock.now() + delay
            )
        )
        return delay
