"""One thing shown whole, over the panes."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content

from opsconsole.clock import Clock
from opsconsole.screens.messages import DetailAsked
from opsconsole.screens.upper_screens import StillDialog
from opsconsole.widgets.details import DetailView
from opsconsole.widgets.glyphs import Glyphs


class DetailScreen(StillDialog[None]):
    """Shows the lines of a `DetailAsked`; any of Esc, o, q and Enter goes back."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,o,q,enter", "dismiss", "back", id="detail.close"),
        Binding("y", "copy", "copy", id="detail.copy"),
    ]

    def __init__(self, asked: DetailAsked, glyphs: Glyphs, clock: Clock) -> None:
        """`clock` tells ages."""
        super().__init__()
        self._asked = asked
        self._clock = clock
        self._glyphs = glyphs
        self._page = DetailView(glyphs=glyphs)

    def compose(self) -> ComposeResult:
        """A frame with the page in it."""
        with Vertical(classes="dialog wide") as frame:
            frame.border_title = Content(self._asked.title)
            frame.border_subtitle = Content(f"Esc back {self._glyphs.dot} y copy")
            yield self._page

    def on_mount(self) -> None:
        """Take the keys."""
        self._page.focus()

    def on_resize(self) -> None:
        """Draw for the width there is now, once it is known."""
        self.call_after_refresh(self._show)

    def _show(self) -> None:
        self._page.show(self._asked.lines(self._page.text_width, self._clock.now()), key=self._asked)

    def action_copy(self) -> None:
        """Copy the page as plain text."""
        self.app.copy_to_clipboard(self._page.text)
        self.notify("copied, if the terminal allows it (OSC 52)", markup=False)
