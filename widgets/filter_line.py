"""The line in which a filter is typed."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Static

from opsconsole.widgets.typing_box import TypingBox


class TypedWords(TypingBox):
    """The words; Enter and the arrows keep them, Esc takes them away."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,down", "leave(True)", "keep", show=False, id="filter.keep"),
        Binding("escape", "leave(False)", "clear", show=False, id="filter.clear"),
    ]

    class Left(Message):
        """Typing is over; `kept` tells whether the filter stays."""

        def __init__(self, kept: bool) -> None:
            """Enter keeps, Esc does not."""
            super().__init__()
            self.kept = kept

    def action_leave(self, kept: bool) -> None:
        """Stop typing."""
        self.post_message(self.Left(kept))


class FilterLine(Horizontal):
    """One line, there only while a filter is typed or in force."""

    DEFAULT_CSS = """
    FilterLine {
        height: 1; width: 1fr; display: none;
        &.-open { display: block; }
        & > Static { width: auto; padding: 0 0 0 1; color: $primary; text-style: bold; }
        & > Input { width: 1fr; height: 1; border: none; padding: 0 1; background: $surface; }
    }
    """

    class Narrowed(Message):
        """The words are `typed` now."""

        def __init__(self, filter_line: FilterLine, typed: str) -> None:
            """In `filter_line`."""
            super().__init__()
            self.filter_line = filter_line
            self.typed = typed

    class Closed(Message):
        """Typing is over, the keys go back to where they were."""

    def __init__(self, placeholder: str, *, id: str | None = None) -> None:  # noqa: A002  - Textual's own name
        """`placeholder` says what may be typed."""
        super().__init__(id=id)
        self._input = TypedWords(placeholder=placeholder, compact=True)
        self._input.cursor_blink = False

    def compose(self) -> ComposeResult:
        """A slash, and the words."""
        yield Static(Content("/"))
        yield self._input

    @property
    def typed(self) -> str:
        """The words."""
        return self._input.value

    @property
    def is_open(self) -> bool:
        """Whether it takes a line."""
        return self.has_class("-open")

    def open(self) -> None:
        """Take the keys."""
        self.add_class("-open")
        self._input.seize()

    def clear(self) -> None:
        """Take the words away, and the line."""
        self._input.value = ""
        self.remove_class("-open")

    def on_input_changed(self, event: Input.Changed) -> None:
        """Tell of every letter."""
        event.stop()
        self.post_message(self.Narrowed(self, event.value))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter is bound above."""
        event.stop()

    def on_typed_words_left(self, event: TypedWords.Left) -> None:
        """Keep the words, or not."""
        event.stop()
        if not event.kept or not self.typed.strip():
            self.clear()
        self.post_message(self.Closed())
