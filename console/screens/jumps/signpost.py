"""The dialogs that lead on from what is under the cursor: the list of jumps, and what changed."""

from __future__ import annotations

from typing import Protocol

from textual.screen import Screen

from opsconsole.actions import Action, PaneName
from opsconsole.domain.pod import Change
from opsconsole.domain.snapshot import FeedState
from opsconsole.domain.text import SafeText
from opsconsole.domain.time_range import format_duration
from opsconsole.feeds import topic as topics
from opsconsole.screens.jumps.change_screen import ChangesAsked, ChangeScreen, Revisions
from opsconsole.screens.jumps.jump import NOUNS, Jump, blocked
from opsconsole.screens.jumps.jump_list import JumpList
from opsconsole.screens.jumps.leads import CHANGE
from opsconsole.screens.jumps.rollouts import AGO, changes_about, nearest_change
from opsconsole.screens.pane import Pane, PaneView
from opsconsole.widgets.glyphs import Glyphs

_ROWS = {**NOUNS, PaneName.LOGS: SafeText("log line")}
"""What the cursor is on in each pane."""


class Panes(Protocol):
    """The screen with the panes, as far as it is needed here."""

    @property
    def focused_pane(self) -> PaneName | None:
        """The pane that has the keys."""
        ...

    def pane(self, name: PaneName) -> Pane:
        """The pane called `name`."""
        ...


class Signpost:
    """Opens those dialogs over the panes of `panes`."""

    def __init__(
        self,
        screen: Screen[None],
        panes: Panes,
        revisions: Revisions | None,
        *,
        actions: tuple[Action, ...],
        glyphs: Glyphs,
    ) -> None:
        """`actions` carry the operator's keys; `revisions` reads a workload's, None where nobody can be asked."""
        self._screen = screen
        self._panes = panes
        self._revisions = revisions
        self._actions = {one.id: one for one in actions}
        self._glyphs = glyphs

    def list_jumps(self, view: PaneView) -> None:
        """Offer where what is under the cursor leads; the chosen one's action is run."""
        name = self._panes.focused_pane or PaneName.ALERTS
        pane = self._panes.pane(name)
        jumps = (*pane.jumps(view), self._change_jump(view, pane))

        def chosen(action_id: str | None) -> None:
            if action_id is not None:
                action = self._actions[action_id]
                owner = pane if action.panes else self._screen
                self._screen.call_later(owner.run_action, action.handler)

        keys = {action_id: action.keys for action_id, action in self._actions.items()}
        self._screen.app.push_screen(JumpList(f"Go to, from this {_ROWS[name]}", jumps, keys, self._glyphs), chosen)

    def _change_jump(self, view: PaneView, pane: Pane) -> Jump:
        asked = self._asked(view, pane)
        if isinstance(asked, str):
            return blocked(CHANGE, "what changed just before", pane.pane_name, asked)
        gap = asked.moment - asked.chosen.time
        long_ago = f", {format_duration(gap)} before" if gap > AGO else ""
        return Jump(CHANGE, SafeText(f"what changed: {asked.chosen.title}{long_ago}"), pane.pane_name)

    def see_change(self, view: PaneView) -> None:
        """Show the change that what is under the cursor is about, and what that rollout brought."""
        asked = self._asked(view, self._panes.pane(self._panes.focused_pane or PaneName.ALERTS))
        if isinstance(asked, str):
            self._screen.notify(asked, markup=False)
            return
        clock = view.feeds.clock
        self._screen.app.push_screen(
            ChangeScreen(asked, self._revisions, now=clock.now, zone=view.zone, glyphs=self._glyphs)
        )

    def _asked(self, view: PaneView, pane: Pane) -> ChangesAsked | str:
        """What to show, or the sentence that says why there is nothing to."""
        service, moment = pane.about_moment(view)
        about = moment if moment is not None else self._began(view)
        snapshot = view.feeds.snapshot(topics.CHANGES)
        found: tuple[Change, ...] = snapshot.value.changes if snapshot.value is not None else ()
        chosen = nearest_change(found, service, about)
        if chosen is not None:
            old = f" {self._glyphs.dash} nothing in the hour before" if about - chosen.time > AGO else ""
            title = SafeText(f"What changed{f' in {service}' if service else ''}{old}")
            return ChangesAsked(title, changes_about(found, service, about), chosen, about)
        if snapshot.value is None:
            missing = "kubernetes is not configured" if snapshot.state is FeedState.NOT_CONFIGURED else "asked just now"
            return f"nothing is known of changes yet: {missing}"
        return f"kubernetes tells of no change{f' of {service}' if service else ''}, nor of others in the hour before"

    def _began(self, view: PaneView) -> float:
        """When the selected alert began, else now."""
        alerts = view.feeds.snapshot(topics.ALERTS).value or ()
        chosen = view.scope.selection.alert
        return next((alert.started_at for alert in alerts if alert.fingerprint == chosen), view.now)
