"""Who does what: roles during an incident, follow-ups after it."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from datetime import tzinfo

from opsconsole.clock import Clock
from opsconsole.domain.incident import FollowUp, RoleSpan
from opsconsole.domain.incident_event import FollowUpAdded, FollowUpDone, RoleLeft, RoleTaken
from opsconsole.domain.text import SafeText
from opsconsole.safe_text import safe_text
from opsconsole.screens.choice_screen import Choice
from opsconsole.screens.incidents.due_date import HINT, parse_due
from opsconsole.screens.incidents.editing import IncidentEditing
from opsconsole.screens.incidents.form_screen import FormField
from opsconsole.widgets.problem_note import clock_text

ROLES = ("commander", "operations", "communication")
_LONGEST_ROLE = 40
_NEW = "new"


def _some_id() -> str:
    return secrets.token_hex(6)


class Duties:
    """The dialogs about people, written by `editing`."""

    def __init__(
        self, editing: IncidentEditing, clock: Clock, zone: tzinfo, new_id: Callable[[], str] = _some_id
    ) -> None:
        """Dates are read and shown in `zone`."""
        self._editing = editing
        self._clock = clock
        self._zone = zone
        self._new_id = new_id

    # -- roles -----------------------------------------------------------------------------------

    async def roles(self) -> None:
        """Take a role, hand it over or leave it; any word is one."""
        note = ""
        while True:
            chosen = await self._editing.choose(
                "roles", self._role_choices(), hint="type to narrow, or another role to take", accepts=_role, note=note
            )
            if chosen is None:
                return
            what, _, name = chosen.partition(":")
            role, me = safe_text(name, _LONGEST_ROLE), self._editing.book.author.operator
            if what == "give":
                await self._hand_over(role)
                note = ""
            elif what == "leave":
                holder = next(one.person for one in self._held if one.role == role)
                note = await self._editing.attempt(self._editing.write(RoleLeft(role, holder)))
            else:
                note = await self._editing.attempt(self._editing.write(RoleTaken(role, me)))

    @property
    def _held(self) -> tuple[RoleSpan, ...]:
        return tuple(one for one in self._editing.shown().roles if one.until is None)

    def _role_choices(self) -> tuple[Choice, ...]:
        me, held = self._editing.book.author.operator, {one.role: one for one in self._held}
        choices = []
        for role in dict.fromkeys((*map(SafeText, ROLES), *held)):
            span = held.get(role)
            if span is None:
                choices.append(Choice(f"take:{role}", SafeText(f"{role}: take it (nobody has it)")))
                continue
            since = clock_text(span.since, self._zone, "%H:%M")
            if span.person != me:
                choices.append(Choice(f"take:{role}", SafeText(f"{role}: take it ({span.person} since {since})")))
            choices.append(Choice(f"give:{role}", SafeText(f"{role}: hand it over ({span.person} since {since})")))
            choices.append(Choice(f"leave:{role}", SafeText(f"{role}: {span.person} leaves it")))
        return tuple(choices)

    async def _hand_over(self, role: SafeText) -> None:
        line = FormField("person", SafeText("to whom"), hint="a name", required=True)
        await self._editing.form(
            f"hand over {role}", (line,), lambda values: self._editing.write(RoleTaken(role, values["person"]))
        )

    # -- follow-ups ------------------------------------------------------------------------------

    async def follow_ups(self) -> None:
        """Add something to do afterwards, or say that one is done."""
        while True:
            listed = self._editing.shown().follow_ups
            choices = (
                Choice(_NEW, SafeText("something new")),
                *(Choice(one.id, self._in_words(one)) for one in listed if one.done_at is None),
                *(Choice("", self._in_words(one)) for one in listed if one.done_at is not None),
            )
            chosen = await self._editing.choose("afterwards; Enter on one says that it is done", choices)
            if chosen is None:
                return
            one = next((one for one in listed if one.id == chosen), None)
            if one is not None:
                await self._done(one)
            elif chosen == _NEW:
                await self._add()

    def _in_words(self, one: FollowUp) -> SafeText:
        sign = "[ ]" if one.done_at is None else "[x]"
        by = f", {one.owner}" if one.owner else ""
        due = f", by {clock_text(one.due, self._zone, '%a %d %b %Y')}" if one.due is not None else ""
        return SafeText(f"{sign} {one.words}{by}{due}")

    async def _add(self) -> None:
        async def submit(values: Mapping[str, SafeText]) -> None:
            due = parse_due(values["due"], self._clock.now(), self._zone)
            await self._editing.write(FollowUpAdded(self._new_id(), values["words"], values["owner"], due))

        fields = (
            FormField("words", SafeText("to do"), hint="what has to be done", required=True),
            FormField("owner", SafeText("who"), self._editing.book.author.operator),
            FormField("due", SafeText("by when"), hint=HINT),
        )
        await self._editing.form("to do afterwards", fields, submit)

    async def _done(self, one: FollowUp) -> None:
        line = FormField("words", SafeText("done"), hint="what was done, or why it was dropped; may stay empty")

        async def submit(values: Mapping[str, SafeText]) -> None:
            await self._editing.write(FollowUpDone(one.id, values["words"], one.words))

        await self._editing.form(f"done: {one.words}", (line,), submit)


def _role(typed: str) -> str:
    """Raises `ValueError` when it is blank."""
    if not typed.strip():
        raise ValueError("type the name of a role")
    return f"take:{typed.strip().lower()}"
