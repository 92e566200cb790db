"""The list of places that what is under the cursor leads to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from opsconsole.actions import key_words
from opsconsole.screens.jumps.jump import Jump
from opsconsole.screens.upper_screens import StillDialog
from opsconsole.widgets.glyphs import Glyphs

_KEY_CELLS = 5


class JumpList(StillDialog[str | None]):
    """Jumps with their keys; Enter or the key itself goes. Returns the action's id.

    What leads nowhere is dimmed and says why; its key says so again.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,x,q", "dismiss(None)", "back", id="jumps.close")]

    def __init__(self, title: str, jumps: tuple[Jump, ...], keys: Mapping[str, str], glyphs: Glyphs) -> None:
        """`keys` are the Textual keys of each action's id, comma separated."""
        super().__init__()
        self._heading = title
        self._jumps = jumps
        self._keys = keys
        self._glyphs = glyphs

    def compose(self) -> ComposeResult:
        """The list, and a line for what is not possible."""
        with Vertical(classes="dialog") as frame:
            frame.border_title = Content(self._heading)
            frame.border_subtitle = Content("Enter or the key goes, Esc back")
            yield OptionList(*(self._option(jump) for jump in self._jumps), id="choices")
            yield Static(id="complaint", markup=False)

    def on_mount(self) -> None:
        """Start on the first that leads somewhere."""
        options = self.query_one(OptionList)
        options.highlighted = next((at for at, jump in enumerate(self._jumps) if jump.possible), None)
        options.focus()

    def _option(self, jump: Jump) -> Option:
        key = key_words(self._keys[jump.id]).split()[0]
        named = Content.assemble((f"{key:<{_KEY_CELLS}}", "$primary bold" if jump.possible else "$muted"))
        if jump.possible:
            return Option(Content.assemble(named, jump.title), id=jump.id)
        words = f"{jump.title} {self._glyphs.dash} {jump.obstacle}"
        return Option(Content.assemble(named, (words, "$muted")), id=jump.id, disabled=True)

    def on_key(self, event: events.Key) -> None:
        """The key of a jump goes there."""
        jump = next((one for one in self._jumps if event.key in self._keys[one.id].split(",")), None)
        if jump is None:
            return
        event.stop()
        event.prevent_default()
        if jump.possible:
            self.dismiss(jump.id)
        else:
            self.query_one("#complaint", Static).update(Content(jump.obstacle))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Enter or a click goes."""
        self.dismiss(event.option_id)
