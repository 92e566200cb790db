"""The way an operator took through the console: which actions were used, and when."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from opsconsole.domain.drill import ActionUsed

MOST = 400
"""Actions kept; what comes later is counted alone."""


class KeyPath:
    """Remembers uses of known actions, one after another of the same kind as one. Never what was typed."""

    def __init__(self, ids: Mapping[str, str], most: int = MOST) -> None:
        """`ids` leads from what an action calls to its id; everything else is passed over."""
        self._ids = ids
        self._most = most
        self._used: list[ActionUsed] = []
        self._unlisted = 0

    @property
    def used(self) -> tuple[ActionUsed, ...]:
        """Oldest first."""
        return tuple(self._used)

    @property
    def unlisted(self) -> int:
        """Uses that found no room."""
        return self._unlisted

    def note(self, call: str, now: float) -> None:
        """`call` was made at `now` (unix seconds)."""
        action = self._ids.get(call)
        if action is None:
            return
        last = self._used[-1] if self._used else None
        if last is not None and last.action == action and not self._unlisted:
            self._used[-1] = msgspec.structs.replace(last, times=last.times + 1)
        elif len(self._used) < self._most:
            self._used.append(ActionUsed(action, now))
        else:
            self._unlisted += 1
