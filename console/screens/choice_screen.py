"""Choosing one of a few: a time range, a service."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

import msgspec
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from opsconsole.domain.text import SafeText
from opsconsole.screens.upper_screens import StillDialog


class Choice(msgspec.Struct, frozen=True):
    """One entry; `value` is what is returned for it, `keys` what does the same without the list."""

    value: str
    title: SafeText
    keys: str = ""

    @property
    def shown(self) -> Content:
        """Its line."""
        return (
            Content.assemble(Content(self.title), (f"  {self.keys}", "$primary")) if self.keys else Content(self.title)
        )


class ChoiceScreen(StillDialog[str | None]):
    """A list that narrows while one types. Returns the chosen value, or what was typed if `accepts` it.

    `accepts` returns the value for a typed text, and raises `ValueError` with a sentence for the
    operator when it is none; without it only listed entries can be chosen.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "back", id="choice.close"),
        Binding("down", "move(1)", "down", show=False, id="choice.down"),
        Binding("up", "move(-1)", "up", show=False, id="choice.up"),
    ]

    def __init__(
        self,
        title: SafeText,
        choices: tuple[Choice, ...],
        placeholder: str,
        accepts: Callable[[str], str] | None = None,
        current: str | None = None,
        note: str = "",
    ) -> None:
        """`placeholder` says what may be typed; the choice with value `current` is highlighted at first.

        `note` says what is wrong with the choices.
        """
        super().__init__()
        self._title = title
        self._choices = choices
        self._placeholder = placeholder
        self._accepts = accepts
        self._current = current
        self._note = note

    def compose(self) -> ComposeResult:
        """The input, the list, and a line for complaints."""
        with Vertical(classes="dialog") as frame:
            frame.border_title = Content(self._title)
            frame.border_subtitle = Content("Enter choose, Esc back")
            typed = Input(placeholder=self._placeholder, id="typed")
            typed.cursor_blink = False
            yield typed
            yield OptionList(id="choices")
            yield Static(id="complaint", markup=False)

    def on_mount(self) -> None:
        """Show everything."""
        self._fill("")
        values = [choice.value for choice in self._choices]
        if self._current in values:
            self.query_one(OptionList).highlighted = values.index(self._current)
        self.query_one("#typed", Input).focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Narrow the list."""
        self._fill(event.value)

    def _fill(self, typed: str) -> None:
        options = self.query_one(OptionList)
        options.clear_options()
        wanted = typed.casefold().split()
        options.add_options(
            Option(choice.shown, id=str(place))
            for place, choice in enumerate(self._choices)
            if all(word in choice.title.casefold() for word in wanted)
        )
        if options.option_count:
            options.highlighted = 0
        self._complain(self._note)

    def action_move(self, rows: int) -> None:
        """Move the highlight while the keys go to the input."""
        for options in self.query(OptionList):  # a key that came before the first picture finds none
            if options.option_count:
                options.highlighted = ((options.highlighted or 0) + rows) % options.option_count

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """A click chooses."""
        self.dismiss(self._choices[int(event.option_id or 0)].value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter chooses the highlighted entry, else what was typed."""
        options = self.query_one(OptionList)
        if options.option_count and options.highlighted is not None:
            option = options.get_option_at_index(options.highlighted)
            self.dismiss(self._choices[int(option.id or 0)].value)
            return
        if self._accepts is None:
            self._complain("nothing of that name is known")
            return
        try:
            value = self._accepts(event.value)
        except ValueError as error:
            self._complain(str(error))
        else:
            self.dismiss(value)

    def _complain(self, sentence: str) -> None:
        self.query_one("#complaint", Static).update(Content(sentence))
