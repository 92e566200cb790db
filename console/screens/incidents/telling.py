"""Telling somebody of an incident: whom, exactly what, and a yes before anything is sent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Button, Static

from opsconsole.domain.errors import OpsConsoleError
from opsconsole.domain.incident import Incident, IncidentState
from opsconsole.domain.incident_event import IncidentEvent
from opsconsole.domain.notification import Address
from opsconsole.domain.text import SafeText
from opsconsole.incidents.notifying import Notifier, untold
from opsconsole.screens.choice_screen import Choice
from opsconsole.screens.incidents.editing import IncidentEditing
from opsconsole.screens.upper_screens import StillDialog

NOBODY = "nobody to tell is configured: see [[incidents.notifications]] in docs/configuration.md"
_LAID_BY = (IncidentState.CLOSED, IncidentState.CANCELLED)


class PreviewScreen(StillDialog[bool]):
    """Shows whom and exactly what; returns whether to send it. Nothing happens before the yes."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss(False)", "back", id="preview.close"),
        Binding("y", "dismiss(True)", "send", show=False, id="preview.send"),
    ]

    def __init__(self, title: SafeText, address: Address, lines: Sequence[SafeText]) -> None:
        """`lines` are sent as they stand here."""
        super().__init__()
        self._title = title
        self._address = address
        self._lines = lines

    def compose(self) -> ComposeResult:
        """Whom, what, and the answers."""
        with Vertical(classes="dialog inputs") as frame:
            frame.border_title = Content(self._title)
            frame.border_subtitle = Content("y send, Esc back")
            yield Static(Content(self._address.words), classes="input-title")
            with VerticalScroll(can_focus=False):
                for line in ("", *self._lines, ""):
                    yield Static(Content(line))
            yield Static(Content("It leaves the console. y sends it, Esc does not."), id="question")
            with Horizontal(id="answers"):
                yield Button(Content("Cancel"), id="no", compact=True)
                yield Button(Content("Send"), id="yes", compact=True)

    def on_mount(self) -> None:
        """Focus on Cancel: an Enter too many tells nobody."""
        self.query_one("#no", Button).focus()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Cancel, or send."""
        self.dismiss(event.button.id == "yes")


class Telling:
    """Asks whom to tell, shows the text, and hands it on to be sent in the background."""

    def __init__(self, editing: IncidentEditing, notifier: Notifier | None) -> None:
        """`notifier` None: nobody can be told."""
        self._editing = editing
        self._notifier = notifier if notifier is not None and notifier.addresses else None

    def offered(self, incident: Incident, events: Sequence[IncidentEvent]) -> SafeText:
        """What nobody was told of yet, with the key that tells them; empty when there is nothing to tell."""
        if self._notifier is None or incident.state in _LAID_BY or not events:
            return SafeText("")
        words = untold(events)
        return SafeText(f"{words} (N)" if words else "")

    async def tell(self) -> None:
        """Ask, and send."""
        notifier = self._notifier
        if notifier is None:
            self._editing.say(NOBODY)
            return
        address = await self._whom(notifier)
        if address is None:
            return
        incident = self._editing.shown()
        lines = notifier.text(incident)
        preview = PreviewScreen(SafeText(f"{incident.name}: tell {address.name}"), address, lines)
        app = self._editing.screen.app
        if not await app.push_screen_wait(preview):
            return
        try:
            name = await notifier.send(incident.id, address, lines)
        except OpsConsoleError as error:
            self._editing.say(str(error), wrong=True)
            return
        self._editing.say(f"on its way to {address.name}; the timeline says how it comes out")
        # Of the app, not of the screen: the operator may be elsewhere by then.
        app.run_worker(self._outcome(notifier, name, address, incident), group="incident-notifying")

    async def _whom(self, notifier: Notifier) -> Address | None:
        addresses = notifier.addresses_for(self._editing.shown())
        if len(addresses) == 1:
            return addresses[0]
        choices = tuple(Choice(one.name, SafeText(f"{one.name}: {one.words}")) for one in addresses)
        chosen = await self._editing.choose("tell", choices)
        return next((one for one in addresses if one.name == chosen), None)

    async def _outcome(self, notifier: Notifier, name: str, address: Address, incident: Incident) -> None:
        told = await notifier.outcome(name)
        if told.delivered:
            self._editing.screen.app.notify(f"{address.name} was told of {incident.name}", markup=False)
            return
        words = f"{address.name} was not told of {incident.name}: {told.words}"
        self._editing.screen.app.notify(words, severity="error", markup=False, timeout=12)
