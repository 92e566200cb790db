"""Views that have the screen for themselves: a title, lines, keys; Esc goes back."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable
from datetime import tzinfo
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widget import Widget

from opsconsole.clock import Clock
from opsconsole.domain.text import SafeText
from opsconsole.screens.help_screen import HelpScreen, view_lines
from opsconsole.screens.upper_screens import OpaqueScreen
from opsconsole.widgets.filter_line import FilterLine
from opsconsole.widgets.glyphs import Glyphs
from opsconsole.widgets.key_line import KeyLine
from opsconsole.widgets.problem_note import ProblemNote
from opsconsole.widgets.text_filter import TextFilter
from opsconsole.widgets.title_line import TitleLine


class FullView(OpaqueScreen[None]):
    """One thing over all panes. Subclasses give the lines, and what the words typed after `/` do."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "back", id="view.leave"),
        Binding("q", "dismiss", "back", id="view.close"),
        Binding("slash", "find", "find", id="view.find"),
        Binding("R,f5", "again", "read again", id="view.again"),
        Binding("y", "copy", "copy", id="view.copy"),
        Binding("question_mark,f1", "help", "keys", id="view.help"),
    ]

    FIND: ClassVar[str] = "words; !word leaves lines out"
    """What may be typed after `/`."""

    def __init__(self, glyphs: Glyphs, clock: Clock, zone: tzinfo) -> None:
        """`clock` tells ages, which are read in `zone`."""
        super().__init__(classes="full-view")
        self.glyphs = glyphs
        self.clock = clock
        self.zone = zone
        self.title_line = TitleLine(glyphs=glyphs, id="view-title")
        self.note = ProblemNote()
        self.filter_line = FilterLine(self.FIND)
        self.key_line = KeyLine(id="view-keys")

    @property
    @abstractmethod
    def body(self) -> Widget:
        """The lines; takes the keys."""

    @property
    @abstractmethod
    def key_pairs(self) -> Iterable[tuple[str, str]]:
        """Keys and what they do, the most important first."""

    @property
    def key_page(self) -> Iterable[tuple[str, str]]:
        """The same for the page of keys, where there is room for sentences."""
        return self.key_pairs

    def compose(self) -> ComposeResult:
        """Title, lines, what is to be said about them, the words to find, and keys."""
        yield self.title_line
        yield self.body
        yield self.note
        yield self.filter_line
        yield self.key_line

    def on_mount(self) -> None:
        """Take the keys. Textual calls this after the `on_mount` of a subclass."""
        self.body.focus()
        self.draw_keys()

    def draw_keys(self) -> None:
        """Show the keys there are now, the one for all of them near the front."""
        first, *others = self.key_pairs
        pairs = (first, ("?", "keys"), *others)
        self.key_line.show(tuple((SafeText(key), SafeText(title)) for key, title in pairs))

    def action_help(self) -> None:
        """All keys of this view, those that found no room in the last line too."""
        self.app.push_screen(HelpScreen(view_lines(self.key_page), self.glyphs))

    @abstractmethod
    def narrow(self, wanted: TextFilter) -> None:
        """The words are others now."""

    def action_find(self) -> None:
        """Type words."""
        self.filter_line.open()

    def action_leave(self) -> None:
        """Take the words away, else go back."""
        if self.filter_line.typed:
            self.filter_line.clear()
        else:
            self.dismiss()

    @abstractmethod
    def action_again(self) -> None:
        """Read anew."""

    @abstractmethod
    def copied(self) -> str:
        """What `y` copies, as plain text."""

    def action_copy(self) -> None:
        """Copy what is shown."""
        self.app.copy_to_clipboard(self.copied())
        self.notify("copied, if the terminal allows it (OSC 52)", markup=False)

    def on_filter_line_narrowed(self, event: FilterLine.Narrowed) -> None:
        """Words were typed."""
        event.stop()
        self.narrow(TextFilter.of(event.typed))

    def on_filter_line_closed(self, event: FilterLine.Closed) -> None:
        """Typing is over."""
        event.stop()
        self.body.focus()
