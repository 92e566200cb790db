"""Which of the words that were put aside belong into the record."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import msgspec

from opsconsole.domain.incident import Incident
from opsconsole.domain.incident_event import IncidentEvent, Opened

_AGAIN = 600.0
"""Seconds within which the same words of the same author are taken for another attempt to write them down."""


class Returning(msgspec.Struct, frozen=True):
    """`new` are to be written; `foreign` names incidents of the others that the record does not have."""

    new: tuple[IncidentEvent, ...]
    foreign: frozenset[str]


def sort_out(
    events: Sequence[IncidentEvent],
    stored: Callable[[str], Iterable[IncidentEvent]],
    incidents: Callable[[], Iterable[Incident]],
) -> Returning:
    """`stored` tells what is recorded of an incident, `incidents` all there are.

    A dialog keeps what was typed when it can't be written, and who sends it off again says the same words twice: those
    that their author has written again soon after are left out, and of those that never came through the first counts.
    """
    new: list[IncidentEvent] = []
    foreign: set[str] = set()
    for name in dict.fromkeys(event.incident for event in events):
        standing = tuple(stored(name))
        coming = [event for event in events if event.incident == name]
        opening = next((event for event in coming if isinstance(event.what, Opened)), None)
        if not standing and opening is None:
            foreign.add(name)
        elif standing or opening is None or not _opened_again(opening, stored, incidents()):
            new += _once(event for event in coming if not _said_again(event, standing))
    return Returning(tuple(new), frozenset(foreign))


def _once(events: Iterable[IncidentEvent]) -> list[IncidentEvent]:
    kept: list[IncidentEvent] = []
    for event in events:
        if not any(_repeats(event, one) for one in kept):
            kept.append(event)
    return kept


def _said_again(event: IncidentEvent, standing: Iterable[IncidentEvent]) -> bool:
    return any(_repeats(one, event) for one in standing)


def _repeats(later: IncidentEvent, earlier: IncidentEvent) -> bool:
    return (
        later.what == earlier.what
        and later.author.operator == earlier.author.operator
        and 0 <= later.recorded_at - earlier.recorded_at <= _AGAIN
    )


def _opened_again(
    opening: IncidentEvent, stored: Callable[[str], Iterable[IncidentEvent]], incidents: Iterable[Incident]
) -> bool:
    """Whether its author opened the same incident soon after."""
    near = (one for one in incidents if 0 <= one.opened_at - opening.at <= _AGAIN)
    return any(_said_again(opening, stored(one.id)) for one in near)
