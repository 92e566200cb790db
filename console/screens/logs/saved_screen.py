"""Saved searches: take one up, delete one, save the present one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from opsconsole.config.saved_searches import SavedSearch, delete_search, save_search, saved_searches, usual_file
from opsconsole.domain.errors import ConfigError
from opsconsole.domain.log_query import LogQuery
from opsconsole.domain.text import SafeText
from opsconsole.safe_text import safe_text
from opsconsole.screens.choice_screen import ChoiceScreen
from opsconsole.screens.logs.narrowing import chips
from opsconsole.screens.upper_screens import StillDialog
from opsconsole.widgets.glyphs import Glyphs


class SavedScreen(StillDialog[LogQuery | None]):
    """Returns the query of the search that was chosen, None on Esc."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,S,q", "dismiss(None)", "back", id="saved.close"),
        Binding("delete,x", "delete", "delete", id="saved.delete"),
        Binding("a", "save", "save", id="saved.save"),
    ]

    def __init__(self, present: LogQuery, glyphs: Glyphs, path: Path | None = None) -> None:
        """`present` is what can be saved, `path` the file (this user's when None)."""
        super().__init__()
        self._present = present
        self._glyphs = glyphs
        self._path = path or usual_file()
        self._known: tuple[SavedSearch, ...] = ()

    def compose(self) -> ComposeResult:
        """The list, and what the keys do."""
        with Vertical(classes="dialog") as frame:
            frame.border_title = Content("Saved searches")
            frame.border_subtitle = Content("Enter use, a save the present one, x delete, Esc back")
            yield OptionList(id="choices")
            yield Static(id="complaint", markup=False)

    def on_mount(self) -> None:
        """Read the file."""
        self.query_one(OptionList).focus()
        self._fill()

    def _fill(self) -> None:
        options = self.query_one(OptionList)
        options.clear_options()
        try:
            self._known = saved_searches(self._path)
        except ConfigError as error:
            self._known = ()
            self._say(str(error))
            return
        options.add_options(Option(self._line(one), id=str(place)) for place, one in enumerate(self._known))
        if self._known:
            options.highlighted = 0
        self._say("" if self._known else "none yet: a saves the present search under a name")

    def _line(self, one: SavedSearch) -> Content:
        words = f" {self._glyphs.dot} ".join(chip.words for chip in chips(one.query)) or "all lines"
        return Content.assemble((one.name, "bold"), (f"  {words}", "$muted"))

    def _say(self, words: str) -> None:
        self.query_one("#complaint", Static).update(Content(words))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Take it up."""
        event.stop()
        self.dismiss(self._known[int(event.option_id or 0)].query)

    def action_delete(self) -> None:
        """Forget the one under the cursor."""
        place = self.query_one(OptionList).highlighted
        if place is not None:
            self._change(lambda: delete_search(self._path, self._known[place].name))

    def action_save(self) -> None:
        """Save the present search under a name."""
        if not self._present:
            self._say("nothing narrows the lines now; search for something first")
            return

        def named(name: str | None) -> None:
            if name is not None:
                saved = SavedSearch(safe_text(name, 60), self._present)
                self._change(lambda: save_search(self._path, saved))

        self.app.push_screen(ChoiceScreen(SafeText("Save this search as"), (), "a name", _named), named)

    def _change(self, change: Callable[[], None]) -> None:
        try:
            change()
        except ConfigError as error:
            self._say(str(error))
        else:
            self._fill()


def _named(typed: str) -> str:
    """What was typed, as a name. Raises `ValueError` when it is blank."""
    if not typed.strip():
        raise ValueError("type a name")
    return typed.strip()
