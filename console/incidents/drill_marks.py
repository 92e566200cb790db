"""Which drills are under way on this machine, and which were killed: those are brought to their end afterwards."""

from __future__ import annotations

import asyncio
import base64
import secrets
from collections.abc import Container
from pathlib import Path

import msgspec

from opsconsole.domain.incident import Incident
from opsconsole.domain.incident_event import DrillBrokenOff, DrillEnded, Fact
from opsconsole.domain.text import SafeText
from opsconsole.incidents.cancelling import cancel
from opsconsole.incidents.naming import Chance
from opsconsole.incidents.process_marks import Mark, ProcessMarks
from opsconsole.incidents.protocols import IncidentQuery
from opsconsole.incidents.records import Records
from opsconsole.safe_text import safe_text

BROKEN_OFF = SafeText("the drill was broken off: its console was killed")

_ORIGIN = SafeText("drill")
_KEY = "drill-broken-off"


class BegunDrill(msgspec.Struct, frozen=True):
    """A drill that began at `since` (unix seconds), and what it plays."""

    since: float
    scenario: SafeText
    seed: int


class DrillMarks:
    """The marks of drills beside the record at `path`. Methods block, and raise `StoreError`."""

    def __init__(self, path: Path, chance: Chance = secrets.randbits) -> None:
        """Nothing is made before the first drill."""
        self._marks = ProcessMarks(path.parent / "drilling", "no drill is begun")
        self._chance = chance

    def begin(self, drill: BegunDrill) -> Mark:
        """A mark for `drill`, to be removed once its end is written down.

        What is played is in it so that nobody reads it in passing; whoever wants to know it can.
        """
        return self._marks.make(f"{self._chance(64):016x}", base64.b64encode(msgspec.json.encode(drill)).decode())

    def any(self) -> bool:
        """Whether a drill is under way, or was killed."""
        return self._marks.any()

    def killed(self) -> tuple[tuple[Mark, BegunDrill], ...]:
        """Drills whose process is gone. What a mark says that can't be read began at 0, as nothing."""
        return tuple((mark, _begun(mark.words)) for mark in self._marks.left())

    def under_way(self, taken: Container[str] = ()) -> tuple[BegunDrill, ...]:
        """Drills whose process lives, but for marks that were `taken` up here."""
        return tuple(_begun(words) for words in self._marks.in_hand(taken))


def _begun(words: str) -> BegunDrill:
    try:
        read = msgspec.json.decode(base64.b64decode(words), type=BegunDrill)
    except (ValueError, RecursionError):
        return BegunDrill(0.0, SafeText(""), 0)
    return BegunDrill(read.since, safe_text(read.scenario, 100), read.seed)


async def break_off(records: Records, marks: DrillMarks, *, thorough: bool = False) -> tuple[Incident, ...]:
    """End the drills whose process is gone, at the time of their last events; those that were ended.

    Looks at what was opened since the first drill that was killed, or with `thorough` at all there is. What was
    opened while another drill is under way may be that one's, and is left until it is over. A drill in which nothing
    was opened leaves nothing. Raises what the store raises; the next call goes on.
    """
    killed = await asyncio.to_thread(marks.killed)
    try:
        if not killed and not thorough:
            return ()
        living = await asyncio.to_thread(marks.under_way, {mark.name for mark, _ in killed})
        first = 0.0 if thorough else min(begun.since for _, begun in killed)
        last = min((begun.since for begun in living), default=float("inf"))
        drills = await records.store.incidents(IncidentQuery(drills=True))
        possible = [one for one in drills if first <= one.opened_at < last]
        ended = [one for one in possible if await _ended(records, one, [begun for _, begun in killed])]
        if not living:
            for mark, _ in killed:
                mark.remove()
        return tuple(ended)
    finally:
        for mark, _ in killed:
            mark.release()


async def _ended(records: Records, incident: Incident, killed: list[BegunDrill]) -> bool:
    """Write the end of `incident` unless it has one; whether it had none."""
    events = await records.store.events(incident.id)
    told = any(isinstance(event.what, DrillEnded) for event in events)
    if told or (incident.state.over and any(isinstance(event.what, DrillBrokenOff) for event in events)):
        return False
    before = [one for one in killed if one.since <= incident.opened_at and one.scenario]
    played = max(before, key=lambda one: one.since, default=None)
    what = DrillBrokenOff() if played is None else DrillBrokenOff(played.scenario, played.seed)
    at = events[-1].at
    await records.book.write_facts([Fact(what, at, _ORIGIN, _KEY)], incident=incident.id)
    await cancel(records.book, incident, BROKEN_OFF, at=at)
    return True
