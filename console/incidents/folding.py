"""What an incident's events say together: the incident as it stands, and the walks of runbooks in it.

Pure. Events may come in any order, and several times: the outcome is the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

import msgspec

from opsconsole.domain.incident import (
    FollowUp,
    Incident,
    IncidentField,
    IncidentSeverity,
    IncidentState,
    LinkedAlert,
    Milestone,
    RoleSpan,
)
from opsconsole.domain.incident_event import (
    AlertCleared,
    AlertFired,
    DuplicateOf,
    FieldSet,
    FollowUpAdded,
    FollowUpDone,
    IncidentEvent,
    MilestoneReached,
    Opened,
    RoleLeft,
    RoleTaken,
    ServiceAdded,
    ServiceRemoved,
    WalkBegun,
    WalkGivenUp,
    WalkStepped,
)
from opsconsole.domain.text import SafeText
from opsconsole.domain.walk import StepOutcome, StepResult, Walk
from opsconsole.incidents.field_history import FieldHistory, event_order

_BEGINNING_MISSING = Opened(SafeText("(its first event is missing)"), IncidentSeverity.P3, SafeText(""))


def in_order(events: Iterable[IncidentEvent]) -> tuple[IncidentEvent, ...]:
    """`events` by the time they happened, then were recorded, then by id; each id once, as it was written first."""
    by_id: dict[str, IncidentEvent] = {}
    for event in events:
        known = by_id.get(event.id)
        if known is None or _precedence(event) < _precedence(known):
            by_id[event.id] = event
    return tuple(sorted(by_id.values(), key=event_order))


def _precedence(event: IncidentEvent) -> tuple[float, float, str]:
    return (event.recorded_at, event.at, repr(event))


def fold(events: Iterable[IncidentEvent]) -> Incident:
    """The incident that `events`, all of one, make. Raises `ValueError` for none at all, or those of several.

    Where the first event has not arrived yet, the title says so and the cluster is empty.
    """
    ordered = in_order(events)
    if len({event.incident for event in ordered}) != 1:
        raise ValueError("one incident is folded at a time, from its events")
    first = next((event for event in ordered if isinstance(event.what, Opened)), None)
    opened = first.what if first is not None and isinstance(first.what, Opened) else _BEGINNING_MISSING
    setting = [event for event in ordered if isinstance(event.what, FieldSet) or event is first]
    fields = {field: FieldHistory(field, setting, first) for field in IncidentField}
    values = {field: history.value for field, history in fields.items()}
    opened_at = (first or ordered[0]).at
    states = fields[IncidentField.STATE].values_in_time
    state_times = tuple((IncidentState(value), at) for value, at in states) or ((IncidentState.TRIAGE, opened_at),)
    conflicts = (history.conflict for history in fields.values())
    return Incident(
        id=ordered[0].incident,
        cluster=opened.cluster,
        namespace=opened.namespace,
        title=values[IncidentField.TITLE] or opened.title,
        severity=IncidentSeverity(values[IncidentField.SEVERITY] or opened.severity.value),
        state=IncidentState(values[IncidentField.STATE] or IncidentState.TRIAGE.value),
        opened_at=opened_at,
        drill=opened.drill,
        services=_services(opened, ordered),
        alerts=_alerts(ordered),
        roles=_roles(ordered),
        follow_ups=_follow_ups(ordered),
        duplicate_of=next((one.what.incident for one in ordered if isinstance(one.what, DuplicateOf)), ""),
        summary=values[IncidentField.SUMMARY],
        impact=values[IncidentField.IMPACT],
        cause=values[IncidentField.CAUSE],
        healing=values[IncidentField.HEALING],
        owner=values[IncidentField.OWNER],
        milestones=_milestones(ordered, state_times),
        state_times=state_times,
        heads={field: history.heads for field, history in fields.items() if history.heads},
        conflicts=tuple(conflict for conflict in conflicts if conflict is not None),
        events=len(ordered),
        changed_at=max(event.recorded_at for event in ordered),
    )


def _services(opened: Opened, ordered: Sequence[IncidentEvent]) -> tuple[SafeText, ...]:
    named = dict.fromkeys(opened.services)
    for event in ordered:
        match event.what:
            case ServiceAdded(service):
                named[service] = None
            case ServiceRemoved(service):
                named.pop(service, None)
    return tuple(named)


def _alerts(ordered: Sequence[IncidentEvent]) -> tuple[LinkedAlert, ...]:
    """Each fingerprint once: it began when it fired first, and tells what it said last."""
    alerts: dict[SafeText, LinkedAlert] = {}
    for event in ordered:
        match event.what:
            case AlertFired() as fired:
                known = alerts.get(fired.fingerprint)
                began = event.at if known is None else known.started_at
                alerts[fired.fingerprint] = LinkedAlert(
                    fired.fingerprint, fired.name, fired.severity, began, fired.labels, fired.summary
                )
            case AlertCleared(fingerprint) if fingerprint in alerts:
                alerts[fingerprint] = msgspec.structs.replace(alerts[fingerprint], cleared_at=event.at)
    return tuple(alerts.values())


def _roles(ordered: Sequence[IncidentEvent]) -> tuple[RoleSpan, ...]:
    """Who had what, oldest first. One person has a role at a time."""
    spans: list[RoleSpan] = []
    held: dict[SafeText, int] = {}

    def ended(role: SafeText, at: float) -> None:
        place = held.pop(role)
        spans[place] = msgspec.structs.replace(spans[place], until=at)

    for event in ordered:
        match event.what:
            case RoleTaken(role, person):
                if role in held and spans[held[role]].person == person:
                    continue
                if role in held:
                    ended(role, event.at)
                held[role] = len(spans)
                spans.append(RoleSpan(role, person, event.at))
            case RoleLeft(role, person) if role in held and spans[held[role]].person == person:
                ended(role, event.at)
    return tuple(spans)


def _follow_ups(ordered: Sequence[IncidentEvent]) -> tuple[FollowUp, ...]:
    follow_ups: dict[str, FollowUp] = {}
    done: dict[str, float] = {}
    for event in ordered:
        match event.what:
            case FollowUpAdded(name, words, owner, due):
                follow_ups.setdefault(name, FollowUp(name, words, owner, due))
            case FollowUpDone(name):
                done.setdefault(name, event.at)
    return tuple(msgspec.structs.replace(one, done_at=done.get(one.id)) for one in follow_ups.values())


def _milestones(
    ordered: Sequence[IncidentEvent], state_times: Sequence[tuple[IncidentState, float]]
) -> dict[Milestone, float]:
    """The first time of each, in the order of the milestones. What is resolved is mitigated, too: it hurts nobody."""
    reached: list[tuple[Milestone, float]] = []
    for event in ordered:
        match event.what:
            case MilestoneReached(milestone):
                reached.append((milestone, event.at))
            case AlertFired():
                reached.append((Milestone.DETECTED, event.at))
            case FieldSet(IncidentField.CAUSE, value) if value:
                reached.append((Milestone.CAUSE_NAMED, event.at))
    for state, at in state_times:
        reached += ((milestone, at) for milestone in _OF_STATE.get(state, ()))
    first = dict(sorted(reached, key=lambda one: one[1], reverse=True))
    return {milestone: first[milestone] for milestone in Milestone if milestone in first}


_OF_STATE: Mapping[IncidentState, tuple[Milestone, ...]] = {
    IncidentState.STARTED: (Milestone.ACKNOWLEDGED,),
    IncidentState.MITIGATED: (Milestone.MITIGATED,),
    IncidentState.RESOLVED: (Milestone.MITIGATED, Milestone.RESOLVED),
}


def walks(events: Iterable[IncidentEvent]) -> tuple[Walk, ...]:
    """The walks in `events`, by when they began."""
    ordered = in_order(events)
    begun: dict[str, Walk] = {}
    steps: dict[str, list[IncidentEvent]] = {}
    given_up: dict[str, SafeText] = {}
    for event in ordered:
        match event.what:
            case WalkBegun() as began if began.walk not in begun:
                begun[began.walk] = Walk(
                    id=began.walk,
                    incident=event.incident,
                    runbook=began.runbook,
                    title=began.title,
                    sha256=began.sha256,
                    path=began.path,
                    begun_at=event.at,
                    position=1,
                    inputs=began.inputs,
                )
            case WalkStepped(walk):
                steps.setdefault(walk, []).append(event)
            case WalkGivenUp(walk, _, words):
                given_up.setdefault(walk, words)
    return tuple(_walked(walk, steps.get(walk.id, []), given_up.get(walk.id, SafeText(""))) for walk in begun.values())


def _walked(walk: Walk, steps: list[IncidentEvent], given_up: SafeText) -> Walk:
    """`walk` after `steps`, which are in order. Among steps of one moment the one at hand comes first."""
    position, results = walk.position, dict[int, StepResult]()
    for _, moment in groupby(steps, key=lambda event: (event.at, event.recorded_at)):
        waiting = [event.what for event in moment if isinstance(event.what, WalkStepped)]
        while waiting:
            step = next((one for one in waiting if one.result.number == position), waiting[0])
            waiting.remove(step)
            results.pop(step.result.number, None)
            if step.result.outcome is not StepOutcome.TAKEN_BACK:
                results[step.result.number] = step.result
            position = step.next
    # Another console may have made a step of what was given up meanwhile: it is told, and leads nowhere.
    position = None if given_up else position
    return msgspec.structs.replace(walk, position=position, results=tuple(results.values()), given_up=given_up)
