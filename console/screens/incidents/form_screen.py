"""A few lines to fill in, written down by Enter."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import ClassVar

import msgspec
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Input, Static

from opsconsole.domain.errors import OpsConsoleError
from opsconsole.domain.text import SafeText
from opsconsole.safe_text import safe_text
from opsconsole.screens.upper_screens import StillDialog
from opsconsole.widgets.typing_box import TypingBox

LONGEST = 2000
"""Characters kept of one line."""


class FormField(msgspec.Struct, frozen=True):
    """One line: `key` names its value, `value` fills it at first, `hint` says what may be typed while it is empty."""

    key: str
    name: SafeText
    value: SafeText = SafeText("")
    hint: str = ""
    required: bool = False


Submit = Callable[[Mapping[str, SafeText]], Awaitable[None]]
"""Writes the values down. Raises `OpsConsoleError`, or `ValueError` with a sentence for the operator."""


class FormBox(TypingBox):
    """A line that hands on what was typed behind a Tab: over a slow link both may come at once.

    Textual has a key go up to the app before the focus moves, and letters behind it would end up here.
    """

    def on_key(self, event: events.Key) -> None:
        """Move at once; give letters to the line that has the keys by now."""
        steps = {"tab": 1, "down": 1, "shift+tab": -1, "up": -1}.get(event.key)
        form, focused = self.screen, self.screen.focused
        if steps is not None and isinstance(form, FormScreen):
            event.prevent_default()
            event.stop()
            form.step(steps)
        elif focused is not self and isinstance(focused, TypingBox) and event.is_printable and event.character:
            event.prevent_default()
            event.stop()
            focused.take(event.character)


class FormScreen(StillDialog[bool]):
    """Returns whether it was written down. What could not be stays in its line, with the reason below."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(False)", "back", id="form.close"),
    ]

    def __init__(
        self, title: SafeText, fields: tuple[FormField, ...], submit: Submit, *, about: tuple[Content, ...] = ()
    ) -> None:
        """`about` stands below the lines."""
        super().__init__()
        self._heading = title
        self._fields = fields
        self._submit = submit
        self._about = about
        self._boxes = {field.key: self._box(field) for field in fields}
        self._complaint = Static(id="complaint", markup=False)
        self._note = Static(id="about", markup=False)
        self._writing = False

    def _box(self, field: FormField) -> FormBox:
        box = FormBox(field.value, placeholder=field.hint, compact=True, select_on_focus=False)
        box.cursor_blink = False
        return box

    def compose(self) -> ComposeResult:
        """The lines, what was wrong, what they are about."""
        with Vertical(classes="dialog form") as frame:
            frame.border_title = Content(self._heading)
            frame.border_subtitle = Content(self.subtitle)
            for field in self._fields:
                with Horizontal(classes="field"):
                    yield Static(Content(field.name), classes="field-name")
                    yield self._boxes[field.key]
            # Above what may be cut off on a small terminal.
            yield self._complaint
            yield self._note

    @property
    def subtitle(self) -> str:
        """What the keys do."""
        return "Enter write, Tab next, Esc back" if len(self._fields) > 1 else "Enter write, Esc back"

    def on_mount(self) -> None:
        """The first empty line takes the keys, else the first."""
        first = next((self._boxes[one.key] for one in self._fields if not one.value), None)
        (first or self._boxes[self._fields[0].key]).seize()
        self.tell(self._about)

    def tell(self, about: tuple[Content, ...]) -> None:
        """Show `about` below the lines."""
        self._note.update(Content("\n").join(about))
        self._note.display = bool(about)

    def step(self, fields: int) -> None:
        """From line to line, round and round."""
        boxes = list(self._boxes.values())
        at = next((place for place, box in enumerate(boxes) if box is self.focused), 0)
        boxes[(at + fields) % len(boxes)].seize()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Write it down."""
        event.stop()
        if not self._writing:
            self._writing = True
            self.run_worker(self._write(), group="form")

    async def _write(self) -> None:
        try:
            values = {key: safe_text(box.value.strip(), LONGEST) for key, box in self._boxes.items()}
            missing = next((one for one in self._fields if one.required and not values[one.key]), None)
            if missing is not None:
                self._complain(f"{missing.name}: type it, or Esc")
                self._boxes[missing.key].focus()
                return
            self._complain("")
            await self._submit(values)
        except OpsConsoleError as error:
            self._complain(f"{error}. What you typed is still here: Enter tries again, Esc leaves it.")
        except ValueError as error:
            self._complain(str(error))
        else:
            self.dismiss(True)
        finally:
            self._writing = False

    def _complain(self, sentence: str) -> None:
        self._complaint.update(Content(sentence))
