"""Views over the panes from which evidence can be kept."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType

from opsconsole.domain.evidence import Pinned
from opsconsole.screens.full_view import FullView
from opsconsole.screens.messages import EvidenceAsked

NOTHING = "nothing is under the cursor here that can be kept"


class EvidenceView(FullView):
    """A view whose `e` keeps what is under the cursor in the incident that is worked on, as in the panes."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("e", "pin", "keep", id="view.pin")]

    def evidence(self) -> Pinned | None:
        """What is under the cursor, as it can be kept; None when nothing is."""
        return None

    def action_pin(self) -> None:
        """Ask to keep it, or say that there is nothing."""
        self.keep(self.evidence())

    def keep(self, pinned: Pinned | None) -> None:
        """Ask to keep `pinned`; None says that nothing is there."""
        if pinned is None:
            self.notify(NOTHING, markup=False)
        else:
            self.post_message(EvidenceAsked(pinned))
