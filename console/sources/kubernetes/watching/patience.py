"""How long a watch waits after a failure."""

from __future__ import annotations

import asyncio
import random

from opsconsole.clock import Clock
from opsconsole.domain.errors import ErrorKind, SourceError

BASE = 0.8
CAP = 30.0
HEALTHY = 120.0
"""Seconds: 0.8, doubling to 30, from the beginning after 2 minutes without a failure (client-go, `reflector.go`)."""

SELDOM = 60.0
"""Seconds between two questions whose answer only a person can change."""

LONGEST_WAIT = 600.0
"""Seconds that a Retry-After can lengthen a wait to."""

_PERMANENT = frozenset(
    {ErrorKind.FORBIDDEN, ErrorKind.SIGN_IN, ErrorKind.TLS, ErrorKind.CONFIGURATION, ErrorKind.REFUSED_WRITE}
)


class Patience:
    """Waits with full jitter; `nudge` ends a wait."""

    def __init__(self, clock: Clock, chance: random.Random) -> None:
        """No failure yet."""
        self._clock = clock
        self._chance = chance
        self._failures = 0
        self._failed_at: float | None = None
        self._nudged = asyncio.Event()

    def delay(self, error: SourceError) -> float:
        """Seconds to wait after `error`; a Retry-After may lengthen that, never shorten it."""
        now = self._clock.monotonic()
        if self._failed_at is not None and now - self._failed_at > HEALTHY:
            self._failures = 0
        self._failed_at = now
        ceiling = min(CAP, BASE * 2.0 ** min(self._failures, 16))
        self._failures += 1
        own = SELDOM if error.kind in _PERMANENT else self._chance.uniform(BASE / 8, ceiling)
        return own if error.retry_after is None else max(own, min(error.retry_after, LONGEST_WAIT))

    async def wait(self, seconds: float) -> None:
        """Return after `seconds`, or when nudged."""
        self._nudged.clear()
        alarm = asyncio.ensure_future(self._clock.sleep(seconds))
        nudge = asyncio.ensure_future(self._nudged.wait())
        try:
            await asyncio.wait({alarm, nudge}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            alarm.cancel()
            nudge.cancel()

    def nudge(self) -> None:
        """Wait no longer."""
        self._nudged.set()
