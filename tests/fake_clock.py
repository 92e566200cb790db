"""A clock that stands still until a test moves it."""

from __future__ import annotations

import asyncio


class FakeClock:
    """Time moves only by `advance`; sleepers wake in the order of their alarms."""

    def __init__(self, now: float = 1_800_000_000.0) -> None:
        self._now = now
        self._start = now
        self._ahead = 0.0
        self._sleepers: list[tuple[float, asyncio.Future[None]]] = []

    def now(self) -> float:
        return self._now + self._ahead

    def monotonic(self) -> float:
        return self._now - self._start

    async def sleep(self, seconds: float) -> None:
        alarm = asyncio.get_running_loop().create_future()
        self._sleepers.append((self._now + seconds, alarm))
        await alarm

    @property
    def awaited(self) -> bool:
        """Whether anybody waits for time to pass."""
        return any(not alarm.done() for _, alarm in self._sleepers)

    def set_wall(self, seconds: float) -> None:
        """Put the wall clock forward by `seconds`, or back; nothing else has happened."""
        self._ahead += seconds

    def turn_on(self, seconds: float) -> None:
        """Let `seconds` pass in the middle of something, waking nobody."""
        self._now += seconds

    async def advance(self, seconds: float) -> None:
        """Let `seconds` pass, running whoever wakes on the way."""
        await settle()
        goal = self._now + seconds
        while True:
            self._sleepers = [(at, alarm) for at, alarm in self._sleepers if not alarm.done()]
            due = min((at for at, _ in self._sleepers), default=goal + 1)
            if due > goal:
                break
            self._now = max(self._now, due)
            for at, alarm in self._sleepers:
                if at <= self._now and not alarm.done():
                    alarm.set_result(None)
            await settle()
        self._now = max(self._now, goal)
        await settle()


async def settle() -> None:
    """Run everything that can run without time passing."""
    for _ in range(50):
        await asyncio.sleep(0)
