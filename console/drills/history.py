"""Former drills, and how one compares with them."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Sequence

import msgspec

from opsconsole.domain.incident import Incident
from opsconsole.domain.incident_event import DrillBrokenOff, DrillEnded
from opsconsole.domain.text import SafeText
from opsconsole.drills.judging import DrillResult, judged
from opsconsole.incidents.protocols import IncidentQuery, IncidentStore


class Standing(msgspec.Struct, frozen=True):
    """A time among those of former drills: how many have it, their median and the best, in seconds."""

    former: int
    median: float | None
    best: float | None


async def former_drills(store: IncidentStore, before: DrillResult | None = None) -> tuple[DrillResult, ...]:
    """Drills that came to their end, the newest first; those that began before `before` did. Raises `StoreError`."""
    found = []
    for incident in await store.incidents(IncidentQuery(drills=True)):
        result = judged(incident, await store.events(incident.id))
        if result is not None and (before is None or result.ended.alerted_at < before.ended.alerted_at):
            found.append(result)
    return tuple(sorted(found, key=lambda one: -one.ended.alerted_at))


class BrokenOff(msgspec.Struct, frozen=True):
    """A drill whose console was killed: there is nothing to judge. `began_at` (unix seconds) is its first alert."""

    incident: Incident
    what: DrillBrokenOff
    began_at: float


async def broken_off_drills(store: IncidentStore) -> tuple[BrokenOff, ...]:
    """Drills that have no end of their own, the newest first. Raises `StoreError`."""
    found = []
    for incident in await store.incidents(IncidentQuery(drills=True)):
        whats = [event.what for event in await store.events(incident.id)]
        broken = next((what for what in whats if isinstance(what, DrillBrokenOff)), None)
        if broken is not None and not any(isinstance(what, DrillEnded) for what in whats):
            found.append(BrokenOff(incident, broken, incident.begins_at))
    return tuple(sorted(found, key=lambda one: -one.began_at))


def last_played(former: Iterable[DrillResult], broken_off: Iterable[BrokenOff]) -> SafeText | None:
    """The scenario of the newest drill of which it is known."""
    played = [(one.ended.alerted_at, one.ended.scenario) for one in former]
    played += [(one.began_at, one.what.scenario) for one in broken_off if one.what.scenario]
    return max(played, default=(0.0, None), key=lambda one: one[0])[1]


def of_scenario(results: Iterable[DrillResult], scenario: SafeText) -> tuple[DrillResult, ...]:
    """Those that played `scenario`."""
    return tuple(one for one in results if one.ended.scenario == scenario)


def standing(results: Sequence[DrillResult], time: Callable[[DrillResult], float | None]) -> Standing:
    """How long `time` took in `results`."""
    known = [value for value in map(time, results) if value is not None]
    return Standing(len(known), statistics.median(known) if known else None, min(known, default=None))
