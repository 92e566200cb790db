"""Another open incident about the same alert: said in an incident's screen, and closed from there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from textual.screen import Screen

from opsconsole.domain.errors import OpsConsoleError
from opsconsole.domain.incident import Incident
from opsconsole.domain.text import SafeText
from opsconsole.incidents.duplicates import Pair, close_duplicate, find_pair
from opsconsole.incidents.records import Records
from opsconsole.screens.choice_screen import Choice, ChoiceScreen

NO_DOUBLE = "no other open incident has an alert of this one"

_LEAVE, _CLOSE = "leave", "close"


class Doubling:
    """Knows the double of the incident that is shown."""

    def __init__(self, screen: Screen[None], records: Records) -> None:
        """None is known before the first look."""
        self._screen = screen
        self._records = records
        self._pair: Pair | None = None
        self.words = SafeText("")
        """Which other one has the same alert; empty where none has."""

    async def look(self, incident: Incident) -> None:
        """Look for a double of `incident`. Raises `StoreError`."""
        pair = self._pair = await find_pair(self._records, incident)
        other = None if pair is None else pair.other(incident.id)
        self.words = SafeText(
            "" if pair is None or other is None else f"{other.name} has the same alert, {pair.alert.name}"
        )

    async def close(self, go_on: Callable[[Incident], Awaitable[None]], complain: Callable[[str], None]) -> None:
        """Ask, close the younger, and `go_on` with the older; `complain` in a sentence when that fails."""
        pair = self._pair
        if pair is None:
            self._screen.notify(NO_DOUBLE, markup=False)
            return
        younger, older = pair.younger, pair.older
        choices = (
            Choice(_LEAVE, SafeText("leave both open")),
            Choice(_CLOSE, SafeText(f"close {younger.name} as a duplicate; {older.name} gets its alerts and services")),
        )
        question = SafeText(f"{younger.name} and {older.name} have the same alert")
        dialog = ChoiceScreen(question, choices, "type to narrow", current=_LEAVE)
        if await self._screen.app.push_screen_wait(dialog) != _CLOSE:
            return
        try:
            await go_on(await close_duplicate(self._records, pair))
        except OpsConsoleError as error:
            complain(str(error))
        else:
            self._screen.notify(f"{younger.name} is closed as a duplicate; you work on {older.name}", markup=False)
