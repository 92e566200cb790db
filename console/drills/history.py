"""Former drills, and how one compares with them."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Sequence

import msgspec

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


def of_scenario(results: Iterable[DrillResult], scenario: SafeText) -> tuple[DrillResult, ...]:
    """Those that played `scenario`."""
    return tuple(one for one in results if one.ended.scenario == scenario)


def standing(results: Sequence[DrillResult], time: Callable[[DrillResult], float | None]) -> Standing:
    """How long `time` took in `results`."""
    known = [value for value in map(time, results) if value is not None]
    return Standing(len(known), statistics.median(known) if known else None, min(known, default=None))
