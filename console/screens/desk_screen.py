"""The keys of the console's screen that lead on to a desk."""

from __future__ import annotations

from abc import abstractmethod

from textual.screen import Screen

from opsconsole.actions import PaneName
from opsconsole.domain.pod import Pod
from opsconsole.screens.desks import Desks
from opsconsole.screens.incidents.drafting import alert_meant
from opsconsole.screens.messages import EvidenceAsked
from opsconsole.screens.pane import Pane, PaneView
from opsconsole.screens.runbooks.walk_pane import WalkAsked


class DeskScreen(Screen[None]):
    """Hands those keys, with what is under the cursor, to the desk that knows what to do."""

    _desks: Desks

    @property
    @abstractmethod
    def focused_pane(self) -> PaneName | None:
        """The pane that has the keys."""

    @abstractmethod
    def pane(self, name: PaneName) -> Pane:
        """The pane called `name`."""

    @abstractmethod
    def _view(self) -> PaneView:
        """What there is to draw now."""

    @abstractmethod
    def _current_pod(self) -> Pod | None:
        """The pod under the cursor in Pods."""

    @abstractmethod
    def _draw_frame(self) -> None:
        """Draw the lines around the panes."""

    @property
    def _pane_in_use(self) -> Pane:
        return self.pane(self.focused_pane or PaneName.ALERTS)

    # -- incidents -------------------------------------------------------------------------------

    def action_incident(self) -> None:
        """Open an incident from what is selected, or show the one worked on."""
        view = self._view()
        self._desks.incidents.begin(view, alert_meant(view, self._pane_in_use))

    def action_incidents(self) -> None:
        """List all incidents."""
        self._desks.incidents.list_all()

    def action_jot(self) -> None:
        """Write a note into the incident."""
        self._desks.incidents.jot()

    def action_pin(self) -> None:
        """Keep what is under the cursor of the focused pane."""
        self._pane_in_use.pin(self._view())

    def action_end_drill(self) -> None:
        """End the drill, or show again how it went."""
        self._desks.drill.ask()

    def on_evidence_asked(self, event: EvidenceAsked) -> None:
        """Something is to be kept in the incident."""
        event.stop()
        self._desks.incidents.pin(event.pinned)

    # -- runbooks --------------------------------------------------------------------------------

    def action_runbooks(self) -> None:
        """Offer the runbooks that fit what is selected, or go to the walk there is."""
        self._desks.runbooks.begin(self._view())

    def on_walk_asked(self, event: WalkAsked) -> None:
        """A key of the walk."""
        event.stop()
        self._desks.runbooks.take(event)

    # -- operations ------------------------------------------------------------------------------

    def action_operate(self, what: str) -> None:
        """Begin `restart`, `roll_back` or `act` on the pod under the cursor in Pods."""
        self._desks.operations.begin(what, self._current_pod())

    def action_write_mode(self) -> None:
        """Allow changes for a while, or end that."""
        self._desks.operations.toggle_write_mode()
        self._draw_frame()
