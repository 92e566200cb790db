"""What a runbook has to know before it is walked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Input, Static

from opsconsole.domain.runbook import InputType, Runbook, RunbookInput
from opsconsole.domain.text import SafeText
from opsconsole.screens.upper_screens import StillDialog

Complaints = Callable[[Mapping[str, str]], dict[str, SafeText]]

_HINTS = {
    InputType.NAME: "a name: letters, digits, - and .",
    InputType.NUMBER: "a number",
    InputType.DURATION: "90s, 5m, 1h",
    InputType.TEXT: "one line",
}


class InputsScreen(StillDialog[dict[str, str] | None]):
    """A line for each input, filled in as far as that is known. Returns the answers once nothing is wrong with any."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "back", id="inputs.close"),
        Binding("down", "step(1)", "next", show=False, id="inputs.down"),
        Binding("up", "step(-1)", "previous", show=False, id="inputs.up"),
    ]

    def __init__(self, runbook: Runbook, known: Mapping[str, SafeText], complaints: Complaints) -> None:
        """`known` fills the lines; `complaints` says what is wrong with answers."""
        super().__init__()
        self._runbook = runbook
        self._complaints_of = complaints
        self._boxes = {one.name: self._box(one, known.get(one.name, one.default)) for one in runbook.inputs}
        self._said = {one.name: Static(classes="field-complaint", markup=False) for one in runbook.inputs}

    @staticmethod
    def _box(one: RunbookInput, value: SafeText) -> Input:
        hint = " ".join(one.choices) if one.choices else _HINTS.get(one.type, "")
        box = Input(value, placeholder=hint, compact=True, classes="typed")
        box.cursor_blink = False
        return box

    def compose(self) -> ComposeResult:
        """The lines, each with what is wrong with it below."""
        with Vertical(classes="dialog inputs") as frame:
            frame.border_title = Content(self._runbook.title)
            frame.border_subtitle = Content("Enter walk, Tab next, Esc back")
            with VerticalScroll(can_focus=False):
                for one in self._runbook.inputs:
                    if one.title.casefold() not in ("", one.name):
                        yield Static(Content(one.title), classes="input-title")
                    with Horizontal(classes="field"):
                        yield Static(Content(one.name), classes="field-name")
                        yield self._boxes[one.name]
                    yield self._said[one.name]

    def on_mount(self) -> None:
        """Begin at the first line that nobody could fill in."""
        boxes = list(self._boxes.values())
        next((one for one in boxes if not one.value), boxes[0]).focus()

    def action_step(self, lines: int) -> None:
        """To another line."""
        boxes = list(self._boxes.values())
        at = next((place for place, one in enumerate(boxes) if one is self.focused), 0)
        boxes[(at + lines) % len(boxes)].focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        """What was said about it no longer holds."""
        event.stop()
        for name, box in self._boxes.items():
            if box is event.input:
                self._say(name, SafeText(""))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Walk with these, if nothing is wrong with any."""
        event.stop()
        values = {name: box.value.strip() for name, box in self._boxes.items()}
        wrong = self._complaints_of(values)
        for name in self._boxes:
            self._say(name, wrong.get(name, SafeText("")))
        if wrong:
            next(box for name, box in self._boxes.items() if name in wrong).focus()
        else:
            self.dismiss(values)

    def _say(self, name: str, sentence: SafeText) -> None:
        said = self._said[name]
        said.update(Content(sentence))
        said.set_class(bool(sentence), "-said")
