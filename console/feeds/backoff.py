"""How long to leave a failing backend alone."""

from __future__ import annotations

import random

import msgspec

from opsconsole.domain.errors import ErrorKind, SourceError

PERMANENT = frozenset({ErrorKind.FORBIDDEN, ErrorKind.TLS, ErrorKind.BAD_QUERY, ErrorKind.UNSUPPORTED})
"""Kinds that asking again does not cure; they are asked again at the longest delay only."""


LONGEST_WAIT = 600.0
"""Seconds; a backend that asks for a longer silence is asked again then, or nobody would see that it is well."""


class Backoff(msgspec.Struct, frozen=True):
    """Exponential back-off with full jitter (AWS Architecture Blog, "Exponential Backoff And Jitter").

    Delays are seconds: uniformly random up to `base` x 2^(attempt + 1), within `base` and `cap`.
    """

    base: float = 0.5
    cap: float = 30.0

    def delay(self, attempt: int, error: SourceError, source_of_chance: random.Random) -> float:
        """Seconds to wait after failure number `attempt` (from 0). A Retry-After may lengthen that, never shorten."""
        own = self.cap
        if error.kind not in PERMANENT:
            longest = min(self.cap, self.base * 2.0 ** min(attempt, 16)) + self.base / 2
            own = source_of_chance.uniform(self.base / 2, longest)
        return own if error.retry_after is None else max(own, min(error.retry_after, LONGEST_WAIT))
