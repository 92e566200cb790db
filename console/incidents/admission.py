"""Whether an event may be added to an incident as it stands: the rules that every store keeps."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from opsconsole.domain.incident import TRANSITIONS, Incident, IncidentField, IncidentState
from opsconsole.domain.incident_event import FieldSet, IncidentEvent, Opened
from opsconsole.incidents.field_history import ALLOWED
from opsconsole.incidents.folding import fold
from opsconsole.incidents.protocols import FieldConflictError, StoreError, TransitionError

CLOCKS_DIFFER = 5.0
"""Seconds by which a state may seem to begin before the one it follows: the clocks of two machines."""

_LAST_MOMENT = 253_402_300_799.0


def new_events(known: Iterable[str], events: Sequence[IncidentEvent]) -> tuple[IncidentEvent, ...]:
    """Those of `events` whose ids are not in `known`, each id once."""
    seen = set(known)
    return tuple(event for event in events if not (event.id in seen or seen.add(event.id)))  # type: ignore[func-returns-value]


def admit(known: Sequence[IncidentEvent], new: Sequence[IncidentEvent]) -> None:
    """Check each of `new`, events of one incident, against what stands before it.

    Raises `FieldConflictError`, `TransitionError`, or `StoreError` for a value or a time that is none, or an incident
    that nobody opened.
    """
    standing = list(known)
    for event in new:
        admissible(event)
        if not standing and not isinstance(event.what, Opened):
            raise StoreError(f"there is no incident {event.incident!r} to add to; open it first")
        if isinstance(event.what, FieldSet):
            _check(event, event.what, fold(standing))
        standing.append(event)


def admissible(event: IncidentEvent) -> None:
    """Whether it could be kept at all. Raises `StoreError`."""
    if not (is_a_moment(event.at) and is_a_moment(event.recorded_at)):
        raise StoreError("an event without a time can't be kept; say when it happened")
    if not event.id or not event.incident:
        raise StoreError("an event without an id, or of no incident, can't be kept; this is a fault of the console")


def is_a_moment(at: float) -> bool:
    """Whether `at` (unix seconds) is a time that a calendar has: 1970 to 9999."""
    return 0 <= at <= _LAST_MOMENT


def _check(event: IncidentEvent, what: FieldSet, incident: Incident) -> None:
    allowed = ALLOWED.get(what.field)
    if allowed is not None and what.value not in allowed:
        raise StoreError(f"{what.field.value} can't be {str(what.value)!r}; it is one of {', '.join(sorted(allowed))}")
    if not set(incident.heads.get(what.field, ())) <= set(event.replaces):
        raise FieldConflictError(incident, what.field, what.value)
    if what.field is IncidentField.STATE:
        _check_transition(event, IncidentState(what.value), incident)


def _check_transition(event: IncidentEvent, wanted: IncidentState, incident: Incident) -> None:
    """What is in conflict may be decided for any of the versions; else the state has to follow the present one."""
    conflict = next((one for one in incident.conflicts if one.field is IncidentField.STATE), None)
    if conflict is not None and wanted.value in {one.value for one in conflict.versions}:
        return
    if wanted not in TRANSITIONS[incident.state]:
        raise TransitionError(f"{incident.name} is {incident.state.value}, {_what_follows(incident.state, wanted)}")
    since = incident.state_times[-1][1]
    if event.at < since - CLOCKS_DIFFER:
        raise TransitionError(
            f"{incident.name} can't be {wanted.value} at {_moment(event.at)}: it is {incident.state.value}"
            f" since {_moment(since)}; give a later time"
        )


def _what_follows(state: IncidentState, wanted: IncidentState) -> str:
    following = " or ".join(one.value for one in TRANSITIONS[state])
    if not following:
        return f"which is the end, so it can't become {wanted.value}; open another incident"
    return f"so it can't become {wanted.value}; it can become {following}"


def _moment(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%H:%M:%SZ")
