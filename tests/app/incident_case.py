"""An incident in the console of a test: opened by keys, read from the store."""

from __future__ import annotations

import pytest
from console_case import ConsoleCase

from memory_incidents import MemoryIncidents
from opsconsole.domain.incident import Incident
from opsconsole.domain.incident_event import (
    Opened,
)
from opsconsole.incidents.folding import fold
from opsconsole.incidents.protocols import StoreError

FULL_DISK = StoreError("the disk is full; free some room")


async def until(case: ConsoleCase, words: str) -> str:
    """The screen once it shows `words`."""
    for _ in range(200):
        if words in (text := case.text):
            return text
        await case.settle()
        await case.pilot.pause(0.02)
    pytest.fail(f"{words!r} is not on the screen:\n{case.text}", pytrace=False)


async def type_in(case: ConsoleCase, words: str) -> str:
    names = {" ": "space", ",": "comma", ".": "full_stop", ":": "colon", "-": "minus", "/": "slash"}
    return await case.screen_after(*(names.get(letter, letter) for letter in words))


def incident_of(store: MemoryIncidents) -> Incident:
    """The incident that was opened last."""
    name = next(event.incident for event in reversed(store.written) if isinstance(event.what, Opened))
    return fold([event for event in store.written if event.incident == name])


async def opened(case: ConsoleCase) -> Incident:
    """Open an incident by `i`, Enter, and show its screen by `i`."""
    await case.press("i")
    await until(case, "Open an incident")
    await case.press("enter")
    await until(case, "is open")
    await case.press("i")
    await until(case, "opened as")
    return incident_of(case.store)
