"""How often a source was asked lately."""

from __future__ import annotations

from collections import deque

from opsconsole.clock import Clock

LATELY = 60.0
"""Seconds for which requests are remembered."""

_MOST = 10_000


class Asking:
    """When requests left for one source, over all its connections."""

    def __init__(self, clock: Clock) -> None:
        """None has left yet."""
        self._clock = clock
        self._left: deque[float] = deque(maxlen=_MOST)

    def left(self, at: float) -> None:
        """A request leaves, at `at` by the monotonic clock."""
        self._left.append(at)

    def lately(self) -> int:
        """Requests that left in the last minute, at most 10,000."""
        since = self._clock.monotonic() - LATELY
        while self._left and self._left[0] < since:
            self._left.popleft()
        return len(self._left)
