"""Operations that a crash, or a lost answer, left open: looked at until none is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from opsconsole.clock import Clock
from opsconsole.domain.errors import OpsConsoleError
from opsconsole.domain.operation import AuditRecord, OperationState
from opsconsole.domain.text import SafeText
from opsconsole.safe_text import safe_text
from opsconsole.widgets.operations.progress_page import STATE_WORDS

PAUSE = 60.0
"""Seconds between two looks."""


class Unsettled:
    """Looks about once a minute while something is open, and says only what it has not said before."""

    def __init__(
        self, look: Callable[[], Awaitable[tuple[AuditRecord, ...]]], say: Callable[[SafeText], object], clock: Clock
    ) -> None:
        """`look` settles what it can and gives the last record of each operation that was open."""
        self._look = look
        self._say = say
        self._clock = clock
        self._said: set[SafeText] = set()
        self._looking = False

    async def settle(self, after: float = 0.0) -> None:
        """Look after so many seconds, then again until nothing is open. Nothing happens when that goes on already."""
        if self._looking:
            return
        self._looking = True
        try:
            if after:
                await self._clock.sleep(after)
            while await self._looked():
                await self._clock.sleep(PAUSE)
        finally:
            self._looking = False

    async def _looked(self) -> bool:
        """Whether it is worth another look."""
        try:
            records = await self._look()
        except OpsConsoleError as error:
            self._tell(safe_text(error))
            return True
        for record in records:
            words = f"left open earlier: {record.kind.value} {record.target.words} is {STATE_WORDS[record.state]}"
            self._tell(SafeText(f"{words}. {record.words}"))
        return any(record.state is OperationState.UNKNOWN for record in records)

    def _tell(self, words: SafeText) -> None:
        if words not in self._said:
            self._said.add(words)
            self._say(words)
