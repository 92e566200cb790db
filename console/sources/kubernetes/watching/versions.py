"""Numbers that grow when something changes, and waiting for them to."""

from __future__ import annotations

import asyncio

from opsconsole.sources.protocols import Watched


class Versions:
    """One number for each thing that is watched, 0 before anything is known of it."""

    def __init__(self) -> None:
        """All 0."""
        self._numbers = dict.fromkeys(Watched, 0)
        self._bells = {what: asyncio.Event() for what in Watched}

    def of(self, what: Watched) -> int:
        """The number of now."""
        return self._numbers[what]

    def grow(self, *changed: Watched) -> None:
        """These have changed."""
        for what in changed:
            self._numbers[what] += 1
            bell, self._bells[what] = self._bells[what], asyncio.Event()
            bell.set()

    async def changed(self, what: Watched, seen: int) -> int:
        """The number of `what`, once it is another than `seen`."""
        while self._numbers[what] == seen:
            await self._bells[what].wait()
        return self._numbers[what]
