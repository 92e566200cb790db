"""The keys of the focused pane."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen

from opsconsole.actions import Action, PaneName, available, key_words
from opsconsole.widgets.details import DetailView
from opsconsole.widgets.glyphs import Glyphs

_MOVES = (
    ("↑ ↓ k j", "Move by a row, in Metrics by a chart"),
    ("PgUp PgDn", "Move by a page"),
    ("Home End g G", "First and last row"),
)
_KEY_CELLS = 14


def help_lines(pane: PaneName | None, actions: tuple[Action, ...], *, write: bool) -> tuple[Content, ...]:
    """The page: keys of `pane` first, then those that work everywhere."""
    fitting = available(pane, write=write, actions=actions)
    lines = [Content.styled(f"In {pane.title}" if pane else "Keys", "bold")]
    lines += [_line(key_words(one.keys), one.title) for one in fitting if one.panes]
    lines += [_line(keys, title) for keys, title in _MOVES]
    lines += [Content(""), Content.styled("Everywhere", "bold")]
    lines += [_line(key_words(one.keys), one.title) for one in fitting if not one.panes]
    return tuple(lines)


def _line(keys: str, title: str) -> Content:
    return Content.assemble((f"  {keys:<{_KEY_CELLS}}", "$primary"), (title, ""))


class HelpScreen(ModalScreen[None]):
    """A page of keys; any of Esc, ?, q and Enter goes back."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,f1,q,enter", "dismiss", "back", id="help.close")
    ]

    def __init__(self, pane: PaneName | None, actions: tuple[Action, ...], glyphs: Glyphs, *, write: bool) -> None:
        """`actions` with the operator's keymap applied."""
        super().__init__()
        self._lines = help_lines(pane, actions, write=write)
        self._page = DetailView(glyphs=glyphs)

    def compose(self) -> ComposeResult:
        """A frame with the page in it."""
        with Vertical(classes="dialog") as frame:
            frame.border_title = Content("Keys")
            frame.border_subtitle = Content("Esc back")
            yield self._page

    def on_mount(self) -> None:
        """Take the keys."""
        self._page.focus()
        self._page.show(self._lines, key=self)
