"""The present scope and the way back."""

from __future__ import annotations

from collections import deque

from opsconsole.domain.scope import Scope

_DEPTH = 100


class ScopeHistory:
    """Remembers scopes that were followed from; moves of time and cursor alone are not remembered."""

    def __init__(self, scope: Scope) -> None:
        """Starts at `scope`."""
        self.now = scope
        self._back: deque[Scope] = deque(maxlen=_DEPTH)

    def follow(self, scope: Scope) -> None:
        """Go to `scope`; `back` returns to the present one."""
        if scope != self.now:
            self._back.append(self.now)
            self.now = scope

    def move(self, scope: Scope) -> None:
        """Change the present scope without a step in the history."""
        self.now = scope

    def back(self) -> Scope | None:
        """The scope before, now the present one; None at the start."""
        if not self._back:
            return None
        self.now = self._back.pop()
        return self.now
