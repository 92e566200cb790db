"""Where the operator stands, how he got there, and the way back."""

from __future__ import annotations

from collections.abc import Callable

from opsconsole.actions import PaneName
from opsconsole.domain.alert import Alert
from opsconsole.domain.scope import Scope
from opsconsole.domain.text import SafeText
from opsconsole.screens.following import follow_alert
from opsconsole.screens.jumps.jump import NOUNS, NOWHERE, Spot, Step, ViewMaker, extended
from opsconsole.screens.messages import JumpAsked
from opsconsole.screens.pane import Pane
from opsconsole.screens.scope_history import Place, ScopeHistory


class Navigation:
    """Changes the scope, gives the keys to the pane a jump goes to, and undoes both."""

    def __init__(
        self,
        scope: Scope,
        *,
        pane: Callable[[PaneName], Pane],
        focused: Callable[[], PaneName | None],
        is_full: Callable[[], bool],
        give_keys: Callable[[PaneName], None],
        on_change: Callable[[], None],
    ) -> None:
        """`pane` finds a pane, `focused` says which has the keys, `is_full` whether alone; `give_keys` moves them.

        `on_change` lets feeds and panes follow the scope.
        """
        self._history = ScopeHistory(scope)
        self._pane = pane
        self._focused = focused
        self._is_full = is_full
        self._give_keys = give_keys
        self._on_change = on_change
        self.chosen = scope.selection.service is not None
        """Whether it is settled which service is looked at, by a setting, a key or the first alert."""

    @property
    def came_full(self) -> bool:
        """Whether the place before was a pane that had the whole board: then Esc goes there, not out of it."""
        return self._history.before is not None and self._history.before.full

    @property
    def scope(self) -> Scope:
        """What every pane follows now."""
        return self._history.now

    @property
    def trail(self) -> tuple[Step, ...]:
        """The steps that led here from where nothing was followed yet."""
        return self._history.trail

    def begin(self, alert: Alert, now: float) -> None:
        """While nobody has chosen anything, look at the service of `alert`, as of now: nobody named a moment yet."""
        self.chosen = True
        followed = follow_alert(self.scope, alert, now)
        self.move(Scope(followed.selection, followed.window))
        self._pane(PaneName.ALERTS).stand_on(Spot(row=f"alert:{alert.fingerprint}"))

    def move(self, scope: Scope) -> None:
        """Go to `scope` without a step in the history."""
        self._history.move(scope)
        self._on_change()

    def follow(self, scope: Scope, words: SafeText = SafeText("")) -> None:
        """Go to `scope`, the keys staying where they are.

        `words` name what was followed; without them it is a question of its own, and a new trail begins.
        """
        self.chosen = True
        pane = self._focused()
        trail: tuple[Step, ...] = ()
        if words and pane is not None:
            step = Step(pane, words)
            trail = self.trail if self.trail[-1:] == (step,) else (*self.trail, step)
        if scope != self.scope:
            self._history.follow(scope, self._here(None), trail)
            self._on_change()

    def jump(self, asked: JumpAsked) -> None:
        """Go to the scope, the pane and the spot of `asked`. What is not there yet is waited for by the pane alone."""
        self.chosen = True
        left = self._here(asked.view)
        there = Step(asked.pane, asked.words)
        trail = (there,) if left.pane is None else extended(self.trail, Step(left.pane, NOUNS[left.pane]), there)
        self._history.follow(asked.scope, left, trail)
        self._arrive(asked.pane, asked.spot)

    def show(self, scope: Scope, pane: PaneName, spot: Spot) -> None:
        """Let the panes follow `scope` and `pane` stand on `spot`; keys and the way back stay as they are."""
        self.chosen = True
        for name in PaneName:
            self._pane(name).stand_on(NOWHERE)
        self.move(scope)
        self._pane(pane).stand_on(spot)

    def back(self) -> ViewMaker | None:
        """Return to the place before, if there is one; what makes the view that was open there, None when none was."""
        place = self._history.back()
        if place is None:
            return None
        if place.pane is None:
            self._on_change()
        else:
            self._arrive(place.pane, Spot(row=place.row))
        return place.view

    def _arrive(self, pane: PaneName, spot: Spot) -> None:
        for name in PaneName:
            self._pane(name).stand_on(NOWHERE)
        self._give_keys(pane)
        self._on_change()
        self._pane(pane).stand_on(spot)

    def _here(self, view: ViewMaker | None) -> Place:
        pane = self._focused()
        row = self._pane(pane).row_key if pane is not None else ""
        return Place(self.scope, pane, row, self._is_full(), view)
