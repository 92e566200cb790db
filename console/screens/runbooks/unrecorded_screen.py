"""Whether to walk without a record."""

from __future__ import annotations

import enum
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from opsconsole.domain.text import SafeText
from opsconsole.screens.upper_screens import StillDialog


class Recording(enum.Enum):
    """The two answers."""

    OPEN = "open"
    NONE = "none"


class UnrecordedScreen(StillDialog[Recording | None]):
    """Says that nothing of the walk would be kept, and offers to open an incident first."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss(None)", "back", id="unrecorded.close"),
        Binding("i", "open", "open an incident", id="unrecorded.open"),
        Binding("enter", "without", "walk without", id="unrecorded.without"),
    ]

    def __init__(self, title: SafeText) -> None:
        """`title` is the runbook's."""
        super().__init__()
        self._about = title

    def compose(self) -> ComposeResult:
        """Two sentences."""
        with Vertical(classes="dialog") as frame:
            frame.border_title = Content(self._about)
            frame.border_subtitle = Content("i open an incident, Enter walk without, Esc back")
            yield Static(Content("No incident is open: nothing of this walk would be kept, and no crash survived."))
            yield Static(Content("i opens one from what is selected, Enter walks without a record."), id="question")

    def action_open(self) -> None:
        """An incident first."""
        self.dismiss(Recording.OPEN)

    def action_without(self) -> None:
        """Without."""
        self.dismiss(Recording.NONE)
