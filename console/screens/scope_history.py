"""The present scope, the trail that led to it, and the way back."""

from __future__ import annotations

from collections import deque

import msgspec

from opsconsole.actions import PaneName
from opsconsole.domain.scope import Scope
from opsconsole.screens.jumps.jump import Step, ViewMaker

_DEPTH = 100


class Place(msgspec.Struct, frozen=True):
    """Where the operator stood: the scope, the pane with the keys, its row under the cursor, the view over it.

    `full` when the pane was alone on the board. `trail` are the steps that led there.
    """

    scope: Scope
    pane: PaneName | None = None
    row: str = ""
    full: bool = False
    view: ViewMaker | None = None
    trail: tuple[Step, ...] = ()


class ScopeHistory:
    """Remembers places that were left for others; moves of time and cursor alone are not remembered."""

    def __init__(self, scope: Scope) -> None:
        """Starts at `scope`."""
        self.now = scope
        self.trail: tuple[Step, ...] = ()
        self._back: deque[Place] = deque(maxlen=_DEPTH)

    @property
    def before(self) -> Place | None:
        """The place that `back` would return to."""
        return self._back[-1] if self._back else None

    def follow(self, scope: Scope, left: Place | None = None, trail: tuple[Step, ...] = ()) -> None:
        """Go to `scope` by `trail`; `back` returns to the place that was `left`, None for the present scope alone."""
        if scope != self.now or left is not None:
            place = left or Place(self.now)
            self._back.append(msgspec.structs.replace(place, scope=self.now, trail=self.trail))
            self.now, self.trail = scope, trail

    def move(self, scope: Scope) -> None:
        """Change the present scope without a step in the history."""
        self.now = scope

    def back(self) -> Place | None:
        """The place before, its scope now the present one; None at the start."""
        if not self._back:
            return None
        place = self._back.pop()
        self.now, self.trail = place.scope, place.trail
        return place
