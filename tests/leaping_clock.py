"""The machine's clock, made to leap ahead by a test, so that minutes of a cluster's life take none."""

from __future__ import annotations

from opsconsole.clock import SystemClock


class LeapingClock(SystemClock):
    """Wall time is ahead of the machine's by all leaps; what is waited for takes the time it takes."""

    def __init__(self) -> None:
        self._ahead = 0.0

    def now(self) -> float:
        return super().now() + self._ahead

    def leap(self, seconds: float) -> None:
        self._ahead += seconds
