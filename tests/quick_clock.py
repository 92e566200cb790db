"""A clock that is quicker than the machine's, so that a rollout on the practice cluster takes seconds."""

from __future__ import annotations

import asyncio
import time

from opsconsole.clock import SystemClock


class QuickClock(SystemClock):
    """The machine's wall time when it is made; from then on `speed` seconds go by in one, also while one waits."""

    def __init__(self, speed: float = 10.0) -> None:
        self._speed = speed
        self._wall = time.time()
        self._begin = time.monotonic()

    def now(self) -> float:
        return self._wall + self._gone()

    def monotonic(self) -> float:
        return self._begin + self._gone()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / self._speed)

    def _gone(self) -> float:
        return (time.monotonic() - self._begin) * self._speed
