"""What runbooks ask of the screen and of the desk of incidents."""

from __future__ import annotations

from typing import Protocol

from opsconsole.actions import PaneName
from opsconsole.domain.incident import Incident
from opsconsole.domain.scope import Scope
from opsconsole.incidents.records import Records
from opsconsole.screens.jumps.jump import Spot
from opsconsole.screens.pane import Pane, PaneView
from opsconsole.widgets.runbooks.step_view import WalkView


class Stage(Protocol):
    """The console's screen, as far as runbooks need it."""

    @property
    def scope(self) -> Scope:
        """What the panes follow."""
        ...

    @property
    def focused_pane(self) -> PaneName | None:
        """The pane that has the keys."""
        ...

    def pane(self, name: PaneName) -> Pane:
        """The pane called `name`."""
        ...

    def jump_to(self, name: PaneName) -> None:
        """Give the keys to a pane."""
        ...

    def show_walk(self, walk: WalkView | None) -> None:
        """Draw a walk beside the panes; None: there is none any more."""
        ...

    def show_beside(self, scope: Scope, pane: PaneName, spot: Spot, *, wanted: bool) -> None:
        """Let the panes follow `scope` and bring `pane` into sight, the keys staying where they are.

        What is full stays so unless the operator `wanted` to see that pane.
        """
        ...


class Incidents(Protocol):
    """The desk of incidents, as far as runbooks need it."""

    @property
    def current(self) -> Incident | None:
        """The incident that is worked on."""
        ...

    async def records(self) -> Records:
        """The records. Raises `StoreError`."""
        ...

    async def open_from(self, view: PaneView) -> Incident | None:
        """Ask for an incident and open it; None when that was left."""
        ...
