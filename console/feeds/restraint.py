"""How often all feeds of one source together ask it while it answers none of them."""

from __future__ import annotations

import asyncio

from opsconsole.clock import Clock
from opsconsole.domain.errors import ErrorKind, SourceError

TOLERATED = 5
"""Failures in a row, of whatever feeds, after which a source is asked by turns."""

APART = 5.0
"""Seconds between two questions by turns: a source that answers nothing hears of twelve a minute."""

_NOT_ITS_FAULT = frozenset(
    {
        ErrorKind.BAD_QUERY,
        ErrorKind.REFUSED_WRITE,
        ErrorKind.SIGN_IN,
        ErrorKind.CONFIGURATION,
        ErrorKind.INTERNAL,
    }
)


class Restraint:
    """A circuit breaker that is never quite open: one question at a time goes through, from each feed in turn.

    The answer to one that had failed before frees all at once; one from a feed that was well all along proves
    nothing for the others.
    """

    def __init__(self, clock: Clock) -> None:
        """Nothing has failed yet."""
        self._clock = clock
        self._failures = 0
        self._next_turn = 0.0
        self._freed = asyncio.Event()

    def failed(self, error: SourceError, delay: float) -> float:
        """Seconds that a feed waits after `error`: its own `delay`, or longer where others are before it."""
        if error.kind in _NOT_ITS_FAULT:
            return delay
        self._failures += 1
        if self._failures < TOLERATED:
            return delay
        now = self._clock.monotonic()
        turn = max(now + delay, self._next_turn)
        self._next_turn = turn + APART
        return turn - now

    def answered(self, *, recovered: bool) -> None:
        """There was an answer; `recovered` when the feed that got it had failed before."""
        self._failures = 0
        self._next_turn = 0.0
        if recovered:
            freed, self._freed = self._freed, asyncio.Event()
            freed.set()

    async def freed(self) -> None:
        """Return once a question that had failed is answered."""
        await self._freed.wait()
