"""Time as something that is handed in."""

from __future__ import annotations

import asyncio
import time
from typing import Protocol

_EVER_ONWARD = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


class Clock(Protocol):
    """Wall time, monotonic time and waiting, all in seconds."""

    def now(self) -> float:
        """Wall-clock unix seconds."""
        ...

    def monotonic(self) -> float:
        """Seconds that never run backwards."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Return after `seconds`."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> float:
        """Wall-clock unix seconds."""
        return time.time()

    def monotonic(self) -> float:
        """Seconds that never run backwards, those in which the machine slept among them.

        Linux's `CLOCK_MONOTONIC` stands still meanwhile: write mode would outlast a night under a closed lid.
        """
        return time.clock_gettime(_EVER_ONWARD)

    async def sleep(self, seconds: float) -> None:
        """Return after `seconds`."""
        await asyncio.sleep(seconds)
