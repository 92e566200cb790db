"""Incidents that somebody else has filled with hostile texts, on every screen that shows them: read, never obeyed."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest
from console_case import SETTINGS, ConsoleCase, console

from hostile.record import hostile_events
from memory_incidents import MemoryIncidents
from opsconsole.incidents.event_json import decode_event
from opsconsole.screens.incidents.incident_view import IncidentView
from opsconsole.screens.incidents.list_view import IncidentListView

OBEYED = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u200b-\u200f\ufeff]")
WIDE, SMALL = (120, 40), (80, 24)

DIALOGS = ("n", "s", "p", "h", "c", "r", "a", "t", "x", "N", "F", "m")
"""Keys of an incident's own screen that lead to a dialog, or a list."""


async def recorded(turn: int) -> MemoryIncidents:
    """The record as every store gives it, whatever was written into it."""
    store = MemoryIncidents()
    await store.merge([decode_event(msgspec.json.encode(one)) for one in hostile_events(turn, cluster="prod")])
    return store


class Visitor:
    """Presses keys, and looks at each screen that comes."""

    def __init__(self, case: ConsoleCase) -> None:
        self._case = case
        self._before = (case.app.title, case.app.clipboard)

    async def press(self, *keys: str) -> str:
        await self._case.press(*keys)
        text = await self._case.finished("incident-look", "offers")
        assert OBEYED.findall(text.replace("\u200d", "")) == []
        assert (self._case.app.title, self._case.app.clipboard) == self._before
        assert self._case.app.is_running
        return text


@pytest.mark.long
@pytest.mark.parametrize(("turn", "size"), [(0, WIDE), (7, SMALL), (14, WIDE)])
async def test_every_screen_of_an_incident_shows_it_and_obeys_nothing(
    turn: int, size: tuple[int, int], tmp_path: Path
) -> None:
    settings = msgspec.structs.replace(SETTINGS, runbooks=(tmp_path,))
    async with console(store=await recorded(turn), size=size, settings=settings) as case:
        visitor = Visitor(case)
        await visitor.press("1", "i")
        await visitor.press("f2")
        assert isinstance(case.app.screen, IncidentListView)
        await visitor.press("o")
        assert isinstance(case.app.screen, IncidentView)
        await visitor.press("home")
        for at in range(len(hostile_events())):
            # Each is opened once in the three turns; all are seen in the list.
            if at % 3 == turn % 3:
                await visitor.press("o")
                await visitor.press("escape")
                assert isinstance(case.app.screen, IncidentView)
            await visitor.press("down")
        for key in DIALOGS:
            await visitor.press(key)
            for _ in range(3):
                if not isinstance(case.app.screen, IncidentView):
                    await visitor.press("escape")
            assert isinstance(case.app.screen, IncidentView)
        await visitor.press("w")
        await visitor.press("escape")
        while case.app.screen is not case.screen:
            await visitor.press("escape")
        assert "INC-7kq4" in await visitor.press("2")
        assert "resume " in await visitor.press("1", "w")
        await visitor.press("enter")
