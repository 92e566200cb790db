"""What an operator writes into an incident: the dialogs of its own screen."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence

from textual.screen import Screen

from opsconsole.domain.errors import OpsConsoleError
from opsconsole.domain.incident import TRANSITIONS, Incident, IncidentField, IncidentSeverity, IncidentState, Milestone
from opsconsole.domain.incident_event import (
    Fact,
    IncidentEvent,
    MilestoneReached,
    Noted,
    ServiceAdded,
    ServiceRemoved,
    What,
)
from opsconsole.domain.text import SafeText
from opsconsole.incidents.concluding import conclusion
from opsconsole.incidents.protocols import FieldConflictError, IncidentBook, StoreError
from opsconsole.screens.choice_screen import Choice, ChoiceScreen
from opsconsole.screens.incidents.form_screen import FormField, FormScreen

_S, _F = IncidentState, IncidentField

STATE_MEANINGS: Mapping[IncidentState, str] = {
    _S.TRIAGE: "nobody knows yet what it is",
    _S.STARTED: "it is one, and is worked on",
    _S.MITIGATED: "nobody suffers any more",
    _S.RESOLVED: "the cause is gone; asks which it was and what healed it",
    _S.CLOSED: "written up; the end",
    _S.CANCELLED: "it was none; the end",
}
SEVERITY_MEANINGS: Mapping[IncidentSeverity, str] = {
    IncidentSeverity.P1: "everybody suffers, or money is lost: now",
    IncidentSeverity.P2: "many suffer: now",
    IncidentSeverity.P3: "few suffer, or it will get worse: today",
    IncidentSeverity.P4: "nobody suffers yet",
}
_TEXTS = (_F.TITLE, _F.SUMMARY, _F.IMPACT, _F.CAUSE, _F.HEALING, _F.OWNER)
_SERVICES = "services"

_ASKED: Mapping[IncidentState, tuple[tuple[IncidentField, str], ...]] = {
    _S.RESOLVED: ((_F.CAUSE, "what it was; may stay empty"), (_F.HEALING, "what healed it; may stay empty")),
    _S.CLOSED: ((_F.SUMMARY, "in a sentence or two, for who reads it later; may stay empty"),),
    _S.CANCELLED: (),
}
"""What is asked before these states are entered."""


class Sight:
    """The incident as it stood when a dialog opened: the screen behind reads on, and the operator doesn't see that."""

    def __init__(self, incident: Incident) -> None:
        """`incident` is replaced when the dialog has told what was set in between."""
        self.incident = incident


class IncidentEditing:
    """Asks, writes, and lets the screen read anew. What could not be written stays typed."""

    def __init__(
        self,
        screen: Screen[None],
        book: IncidentBook,
        *,
        shown: Callable[[], Incident],
        read: Callable[[], Awaitable[None]],
        events: Callable[[], Sequence[IncidentEvent]] = tuple,
    ) -> None:
        """Writes into the incident that `shown` returns, as the operator sees it; `read` reads that one anew.

        `events` are those of its record, from which cause and healing are offered.
        """
        self.screen = screen
        self.book = book
        self.shown = shown
        self._events = events
        self._read = read

    # -- writing ---------------------------------------------------------------------------------

    async def write(self, *whats: What) -> None:
        """Add them to the incident, all or none. Raises `StoreError`."""
        await self.book.write_facts([Fact(what) for what in whats], incident=self.shown().id)
        await self._read()

    async def set_field(
        self, sight: Sight, field: IncidentField, value: SafeText, words: SafeText = SafeText("")
    ) -> None:
        """Set a field of what the operator had in sight.

        Raises what the book raises; after a conflict what was set in between is in sight.
        """
        try:
            await self.book.set_field(field, value, words, shown=sight.incident)
        except FieldConflictError:
            await self._read()
            sight.incident = self.shown()
            raise
        await self._read()

    async def attempt(self, writing: Awaitable[None]) -> str:
        """Write; the sentence of what went wrong, empty when nothing did."""
        try:
            await writing
        except OpsConsoleError as error:
            return str(error)
        return ""

    async def form(
        self,
        title: str,
        fields: tuple[FormField, ...],
        submit: Callable[[Mapping[str, SafeText]], Awaitable[None]],
    ) -> bool:
        """Fill in `fields`; whether they were written down."""
        heading = SafeText(f"{self.shown().name}: {title}")
        written: bool = await self.screen.app.push_screen_wait(FormScreen(heading, fields, submit))
        return written

    async def choose(
        self,
        title: str,
        choices: tuple[Choice, ...],
        *,
        hint: str = "type to narrow",
        accepts: Callable[[str], str] | None = None,
        current: str | None = None,
        note: str = "",
    ) -> str | None:
        """One of `choices`, or what was typed where `accepts` takes it; None on Esc."""
        heading = SafeText(f"{self.shown().name}: {title}")
        return await self.screen.app.push_screen_wait(
            ChoiceScreen(heading, choices, hint, accepts, current=current, note=note)
        )

    # -- dialogs ---------------------------------------------------------------------------------

    async def note(self) -> None:
        """Write something down."""
        field = FormField("words", SafeText("note"), hint="what you see, think, did", required=True)
        await self.form("note", (field,), lambda values: self.write(Noted(values["words"])))

    async def hypothesis(self) -> None:
        """Say what it may be: the first one is a milestone."""
        field = FormField("words", SafeText("hypothesis"), hint="what it may be", required=True)
        await self.form(
            "hypothesis",
            (field,),
            lambda values: self.write(MilestoneReached(Milestone.FIRST_HYPOTHESIS, values["words"])),
        )

    async def cause(self) -> None:
        """Name the cause."""
        await self._text(_F.CAUSE)

    async def state(self) -> None:
        """Choose among the states that may follow, and answer what goes with it."""
        note = ""
        while True:
            incident = self.shown()
            sight = Sight(incident)
            following = TRANSITIONS[incident.state]
            if not following:
                self.say(f"{incident.name} is {incident.state.value}, which is the end")
                return
            choices = tuple(Choice(one.value, SafeText(f"{one.value}: {STATE_MEANINGS[one]}")) for one in following)
            chosen = await self.choose(f"{incident.state.value}, becomes", choices, note=note)
            if chosen is None:
                return
            wanted = _S(chosen)
            if wanted in _ASKED:
                if await self._state_with_words(wanted):
                    return
                note = ""
                continue
            note = await self.attempt(self.set_field(sight, _F.STATE, SafeText(chosen)))
            if not note:
                return

    async def _state_with_words(self, wanted: IncidentState) -> bool:
        incident = self.shown()
        sight = Sight(incident)
        found = conclusion(self._events())
        asked = tuple(
            FormField(field.value, SafeText(field.value), getattr(incident, field.value) or found.of(field), hint)
            for field, hint in _ASKED[wanted]
        ) or (FormField("words", SafeText("why"), hint="may stay empty"),)

        async def submit(values: Mapping[str, SafeText]) -> None:
            for field, _ in _ASKED[wanted]:
                value = values[field.value]
                if value and value != getattr(self.shown(), field.value):
                    await self.set_field(sight, field, value)
            await self.set_field(sight, _F.STATE, SafeText(wanted.value), values.get("words", SafeText("")))

        return await self.form(wanted.value, asked, submit)

    async def severity(self) -> None:
        """Choose how much it hurts."""
        note = ""
        while True:
            sight = Sight(self.shown())
            present = sight.incident.severity
            choices = tuple(
                Choice(one.value, SafeText(f"{one.value}: {SEVERITY_MEANINGS[one]}")) for one in IncidentSeverity
            )
            chosen = await self.choose(f"severity {present.value}, becomes", choices, current=present.value, note=note)
            if chosen is None:
                return
            note = await self.attempt(self.set_field(sight, _F.SEVERITY, SafeText(chosen)))
            if not note:
                return

    async def texts(self) -> None:
        """Choose a text of the incident, and write it anew."""
        chosen: str | None = None
        while True:
            incident = self.shown()
            choices = tuple(
                Choice(field.value, SafeText(f"{field.value:<9} {getattr(incident, field.value) or '–'}"))
                for field in _TEXTS
            )
            services = Choice(_SERVICES, SafeText(f"{_SERVICES:<9} {', '.join(incident.services) or '–'}"))
            chosen = await self.choose("write", (*choices, services), current=chosen)
            if chosen is None:
                return
            await (self._services() if chosen == _SERVICES else self._text(_F(chosen)))

    async def _text(self, field: IncidentField) -> None:
        sight = Sight(self.shown())
        line = FormField(field.value, SafeText(field.value), getattr(sight.incident, field.value))
        await self.form(field.value, (line,), lambda values: self.set_field(sight, field, values[field.value]))

    async def _services(self) -> None:
        """Only what was changed in the line is written: what somebody else added meanwhile stays."""
        before = self.shown().services

        async def submit(values: Mapping[str, SafeText]) -> None:
            named = tuple(SafeText(name) for name in values[_SERVICES].replace(",", " ").split())
            added = (ServiceAdded(name) for name in dict.fromkeys(named) if name not in before)
            removed = (ServiceRemoved(name) for name in before if name not in named)
            await self.write(*added, *removed)

        line = FormField(_SERVICES, SafeText("suffer"), SafeText(", ".join(before)), "with a comma between")
        await self.form("services", (line,), submit)

    async def decide(self) -> None:
        """Settle what two people set at once, one field after another."""
        note = ""
        while self.shown().conflicts:
            sight = Sight(self.shown())
            conflict = sight.incident.conflicts[0]
            choices = tuple(
                Choice(str(place), SafeText(f"{one.value or '(nothing)'}  by {one.author}"))
                for place, one in enumerate(conflict.versions)
            )
            chosen = await self.choose(f"which {conflict.field.value} holds?", choices, note=note)
            if chosen is None:
                return
            version = conflict.versions[int(chosen)]
            note = await self.attempt(self.set_field(sight, conflict.field, version.value, SafeText("decided")))
        if not note:
            self.say(f"nobody disagrees about {self.shown().name}")

    async def work_on(self) -> None:
        """Take the incident as the one that this console writes to, or let it go."""
        incident, current = self.shown(), self.book.current
        try:
            if current is not None and current.id == incident.id:
                await self.book.attach(None)
                self.say(f"{incident.name} is left; i opens another one, F2 lists them")
            else:
                await self.book.attach(incident.id)
                self.say(f"{incident.name} is worked on here now")
        except StoreError as error:
            self.say(str(error), wrong=True)

    def say(self, sentence: str, *, wrong: bool = False) -> None:
        """Tell the operator."""
        self.screen.notify(sentence, severity="error" if wrong else "information", markup=False)
