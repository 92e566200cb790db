"""The form that says which traces are wanted."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from opsconsole.domain.errors import SourceError
from opsconsole.domain.text import SafeText
from opsconsole.safe_text import safe_text
from opsconsole.screens.traces.sought import Field, Sought, read, written
from opsconsole.screens.upper_screens import StillDialog
from opsconsole.sources.protocols import TraceSource

_HINTS = {
    Field.WHAT: "all services",
    Field.OPERATION: "any",
    Field.ATTRIBUTES: 'key=value other="two words"; all on one span',
    Field.SHORTEST: "any duration; 100ms, 2s, 1m30s",
    Field.LONGEST: "any duration",
}
_OFFERED = 200
"""Names listed at most; typing finds the others."""


class ErrorsOnly(Static, can_focus=True):
    """A yes or no that Space turns."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "turn", "turn", show=False, id="errors.turn"),
        Binding("enter", "submit", "search", show=False, id="errors.submit"),
    ]

    class Submitted(Message):
        """Enter was pressed on it."""

    def __init__(self, on: bool) -> None:
        """`on` at first."""
        super().__init__(id="errors-only")
        self.on = on

    def on_mount(self) -> None:
        """Show it."""
        self._say()

    def on_focus(self) -> None:
        """Show where the keys go."""
        self._say()

    def on_blur(self) -> None:
        """Show that they go elsewhere."""
        self._say()

    def on_click(self) -> None:
        """A click turns it, too."""
        self.action_turn()

    def action_turn(self) -> None:
        """The other one."""
        self.on = not self.on
        self._say()

    def action_submit(self) -> None:
        """Search."""
        self.post_message(self.Submitted())

    def _say(self) -> None:
        words = "[x] yes, Space takes all" if self.on else "[ ] no, Space takes those with an error alone"
        self.update(Content.assemble((words, "underline bold" if self.has_focus else "")))


class TraceSearchForm(StillDialog[Sought | None]):
    """Lines to fill in, with the names there are below. Returns what is sought, None on Esc."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "back", id="traces.close"),
        Binding("down", "move(1)", "down", show=False, id="traces.down"),
        Binding("up", "move(-1)", "up", show=False, id="traces.up"),
        Binding("ctrl+e", "errors", "errors only", show=False, id="traces.errors"),
        Binding("ctrl+u", "empty", "empty", show=False, priority=True, id="traces.empty"),
    ]

    def __init__(self, present: Sought, source: TraceSource) -> None:
        """`present` fills the form; `source` tells what services and operations there are."""
        super().__init__()
        self._texts = written(present)
        self._source = source
        self._inputs = {field: self._input(field) for field in Field}
        self._complaints = {field: Static(classes="field-complaint", markup=False) for field in Field}
        self._errors = ErrorsOnly(present.query.errors)
        self._services: tuple[SafeText, ...] | None = None
        self._operations: dict[SafeText, tuple[SafeText, ...]] = {}
        self._listed: tuple[SafeText, ...] = ()

    def _input(self, field: Field) -> Input:
        made = Input(self._texts[field], placeholder=_HINTS[field], compact=True, id=f"seek-{field.name.lower()}")
        made.cursor_blink = False
        return made

    def compose(self) -> ComposeResult:
        """A line for each field and what is wrong with it, then the names that can be taken."""
        with Vertical(classes="dialog seek") as frame:
            frame.border_title = Content("Search traces, or paste a trace id, a traceparent, a log line")
            frame.border_subtitle = Content("Enter search, Tab next, Down a name, Ctrl+U empty, Esc back")
            for field in Field:
                with Horizontal(classes="field"):
                    yield Static(Content(field.value), classes="field-name")
                    yield self._inputs[field]
                yield self._complaints[field]
            with Horizontal(classes="field"):
                yield Static(Content("errors only"), classes="field-name")
                yield self._errors
            yield OptionList(id="choices")
            yield Static(id="complaint", markup=False)

    def on_mount(self) -> None:
        """Ask for the services."""
        self.query_one(OptionList).can_focus = False
        self._inputs[Field.WHAT].focus()
        self._offer()
        self.run_worker(self._learn_services(), group="services")

    # --- names

    async def _learn_services(self) -> None:
        try:
            self._services = (await self._source.services()).value
        except SourceError as error:
            self._say(f"what services there are is not known: {error.sentence}")
        self._offer()

    async def _learn_operations(self, service: SafeText) -> None:
        try:
            self._operations[service] = (await self._source.operations(service)).value
        except SourceError as error:
            self._say(f"what operations there are is not known: {error.sentence}")
        self._offer()

    @property
    def _field(self) -> Field | None:
        """The field that has the keys."""
        return next((field for field, one in self._inputs.items() if one is self.focused), None)

    def _offer(self) -> None:
        """List the names that go with what is typed, all for a whole name; none is chosen before an arrow."""
        field = self._field
        typed = self._inputs[field].value.strip().casefold() if field is not None else ""
        names = self._names(field)
        whole = any(name.casefold() == typed for name in names)
        listed = tuple(name for name in names if whole or typed in name.casefold())[:_OFFERED]
        options = self.query_one(OptionList)
        if listed != self._listed:
            self._listed = listed
            options.clear_options()
            options.add_options(Option(Content(name), id=str(place)) for place, name in enumerate(listed))
        options.highlighted = None
        options.display = bool(listed)

    def _names(self, field: Field | None) -> tuple[SafeText, ...]:
        if field is Field.WHAT:
            return self._services or ()
        return self._operations.get(self._service, ()) if field is Field.OPERATION else ()

    @property
    def _service(self) -> SafeText:
        return safe_text(self._inputs[Field.WHAT].value.strip(), 512)

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Other names go with another field."""
        del event
        service = self._service
        if self._field is Field.OPERATION and service and service not in self._operations:
            self._operations[service] = ()
            self.run_worker(self._learn_operations(service), exclusive=True, group="operations")
        self._offer()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Narrow the names; what was said about the field no longer holds."""
        event.stop()
        for field, one in self._inputs.items():
            if one is event.input:
                self._complain(field, "")
        self._offer()

    def action_move(self, rows: int) -> None:
        """Move among the names, or from field to field where there are none."""
        options = self.query_one(OptionList)
        if not self._listed:
            self._step(rows)
        elif options.highlighted is None:
            options.highlighted = 0 if rows > 0 else len(self._listed) - 1
        else:
            options.highlighted = (options.highlighted + rows) % len(self._listed)

    def _step(self, fields: int) -> None:
        order: list[Widget] = [*self._inputs.values(), self._errors]
        place = order.index(self.focused) if self.focused in order else 0
        order[(place + fields) % len(order)].focus()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """A click takes the name."""
        event.stop()
        self._take(int(event.option_id or 0))

    def _take(self, place: int) -> None:
        field = self._field or Field.WHAT
        self._inputs[field].value = self._listed[place]
        self._inputs[field].cursor_position = len(self._listed[place])
        self._step(1)

    # --- the end

    def action_errors(self) -> None:
        """Turn it from anywhere."""
        self._errors.action_turn()

    def action_empty(self) -> None:
        """Take everything away."""
        for one in self._inputs.values():
            one.value = ""
        if self._errors.on:
            self._errors.action_turn()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Take the name under the cursor, or search."""
        event.stop()
        chosen = self.query_one(OptionList).highlighted
        if chosen is not None and self._listed:
            self._take(chosen)
        else:
            self._submit()

    def on_errors_only_submitted(self, event: ErrorsOnly.Submitted) -> None:
        """Search."""
        event.stop()
        self._submit()

    def _submit(self) -> None:
        typed = {field: one.value for field, one in self._inputs.items()}
        known = frozenset(self._services) if self._services is not None else None
        sought, complaints = read(typed, errors=self._errors.on, known=known)
        if sought is not None:
            self.dismiss(sought)
            return
        for field in Field:
            self._complain(field, complaints.get(field, ""))
        self._inputs[next(iter(complaints))].focus()

    def _complain(self, field: Field, words: str) -> None:
        self._complaints[field].update(Content(words))
        self._complaints[field].set_class(bool(words), "-said")

    def _say(self, words: str) -> None:
        self.query_one("#complaint", Static).update(Content(words))
