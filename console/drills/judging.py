"""How a drill went: worked out from its incident's events, the truth and the keys. Pure.

A program can't grade prose. It compares what can be compared: whether the cause mentions the service and what
changed, and whether an operation that cures was done to that service. Whether the words name the cause is for
the operator to say, who is shown the truth beside them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import msgspec

from opsconsole.domain.cluster_object import Kind
from opsconsole.domain.drill import DrillTruth
from opsconsole.domain.incident import Incident, Milestone
from opsconsole.domain.incident_event import (
    DrillEnded,
    DrillNamed,
    EvidencePinned,
    IncidentEvent,
    OperationTold,
    WalkBegun,
)
from opsconsole.domain.operation import OperationKind, OperationState
from opsconsole.domain.text import SafeText

TO_BEAT = 540.0
"""Seconds from the alert to the named cause: the nine minutes of the guide whose failures the shop plays."""

_TOOK_EFFECT = (OperationState.APPLIED, OperationState.VERIFIED)
_RESTARTS = (
    OperationKind.RESTART_CONTAINER,
    OperationKind.ROLLING_RESTART,
    OperationKind.EVICT_POD,
    OperationKind.DELETE_POD,
)
_CHANGING = (*_RESTARTS, OperationKind.ROLL_BACK, OperationKind.SCALE, OperationKind.RUN_COMMAND)
"""Operations that may be meant to heal; a log level or a cordon is not."""
_MARK = re.compile(r"\d+\.\d+(?:\.\d+)?|\w*[a-z][A-Z]\w*|\w+_\w+")
"""What in the words of a change is its own: versions, and names of settings."""


class DrillTimes(msgspec.Struct, frozen=True):
    """Seconds after the first alert; None for what did not happen. `healing` is when the cure was recorded."""

    opened: float | None = None
    hypothesis: float | None = None
    cause: float | None = None
    healing: float | None = None
    mitigated: float | None = None
    resolved: float | None = None
    calm: float | None = None


class JudgedOperation(msgspec.Struct, frozen=True):
    """Something that was done `after` so many seconds; `why` says why it helped, or why not."""

    after: float
    words: SafeText
    helped: bool
    why: SafeText


class DrillResult(msgspec.Struct, frozen=True, kw_only=True):
    """A drill that is over. `named` is the operator's own judgement, None while they have not said."""

    incident: Incident
    ended: DrillEnded
    times: DrillTimes
    named: bool | None
    mentions_service: bool
    mentions_change: bool
    operations: tuple[JudgedOperation, ...]
    missed: tuple[SafeText, ...]

    @property
    def cause_time(self) -> float | None:
        """Seconds from the alert to the cause, unless the operator says that it was not named."""
        return None if self.named is False else self.times.cause

    @property
    def cured(self) -> bool:
        """Whether an operation that cures for good was done in time."""
        return any(one.helped for one in self.operations)


def judged(incident: Incident, events: Sequence[IncidentEvent]) -> DrillResult | None:
    """How the drill of `incident` went; None for one that has not come to its end."""
    ended = next((event.what for event in events if isinstance(event.what, DrillEnded)), None)
    if ended is None:
        return None
    said = [event.what.named for event in events if isinstance(event.what, DrillNamed)]
    operations = _operations(events, ended)
    cause = incident.cause.casefold()
    marks = [mark.casefold() for mark in _MARK.findall(ended.truth.change)] or [ended.truth.service.casefold()]
    return DrillResult(
        incident=incident,
        ended=ended,
        times=_times(incident, ended, operations),
        named=said[-1] if said else None,
        mentions_service=ended.truth.service.casefold() in cause,
        mentions_change=any(mark in cause for mark in marks),
        operations=operations,
        missed=tuple(SafeText(words) for words in _missed(incident, events, ended, operations)),
    )


def _times(incident: Incident, ended: DrillEnded, operations: Iterable[JudgedOperation]) -> DrillTimes:
    def after(moment: float | None) -> float | None:
        return None if moment is None else max(0.0, moment - ended.alerted_at)

    reached = incident.milestones
    return DrillTimes(
        opened=after(incident.opened_at) if ended.attended else None,
        hypothesis=after(reached.get(Milestone.FIRST_HYPOTHESIS)),
        cause=after(reached.get(Milestone.CAUSE_NAMED)),
        healing=next((one.after for one in operations if one.helped), None),
        mitigated=after(reached.get(Milestone.MITIGATED)),
        resolved=after(reached.get(Milestone.RESOLVED)),
        calm=after(ended.calm_at),
    )


# -- what was done ---------------------------------------------------------------------------------


def _operations(events: Sequence[IncidentEvent], ended: DrillEnded) -> tuple[JudgedOperation, ...]:
    """Each operation that changed something, once, by when it was recorded first."""
    begun: dict[str, IncidentEvent] = {}
    states: dict[str, list[OperationState]] = {}
    for event in events:
        if isinstance(event.what, OperationTold) and event.what.kind in _CHANGING:
            begun.setdefault(event.what.operation, event)
            states.setdefault(event.what.operation, []).append(event.what.state)
    return tuple(
        _judged(event.what, event.at - ended.alerted_at, states[name], ended.truth)
        for name, event in begun.items()
        if isinstance(event.what, OperationTold)
    )


def _judged(told: OperationTold, after: float, states: Sequence[OperationState], truth: DrillTruth) -> JudgedOperation:
    words = SafeText(f"{told.kind.value} {told.target.words}")
    helped, why = False, ""
    if not any(state in _TOOK_EFFECT for state in states):
        why = f"it did not take effect ({states[-1].value})"
    elif told.kind is OperationKind.RUN_COMMAND:
        why = "what a program does is not judged"
    elif not _concerns(told, truth.service):
        why = f"the fault was in {truth.service}"
    elif told.kind in truth.heals_by:
        helped, why = True, "this cures"
    elif told.kind in _RESTARTS:
        why = "the new process has the same fault: relief at best"
    else:
        why = "the fault is still there"
    return JudgedOperation(max(0.0, after), words, helped, SafeText(why))


def _concerns(told: OperationTold, service: str) -> bool:
    """Whether the target is the workload of `service`, or a pod of it, which is called after it."""
    name = told.target.name
    return name == service or (told.target.kind is Kind.POD and name.startswith(f"{service}-"))


# -- what was missed -------------------------------------------------------------------------------


def _missed(
    incident: Incident, events: Sequence[IncidentEvent], ended: DrillEnded, operations: Sequence[JudgedOperation]
) -> Iterable[str]:
    used = {one.action for one in ended.path}
    cause = incident.milestones.get(Milestone.CAUSE_NAMED)
    if not ended.attended:
        yield "no incident was opened (i)"
    cures = [one.after for one in operations if one.helped]
    if cause is None:
        yield "the cause was never named (i, then c)"
    elif cures and cause - ended.alerted_at > cures[0]:
        yield "it was healed before its cause was named"
    if Milestone.FIRST_HYPOTHESIS not in incident.milestones:
        yield "no hypothesis was written down (i, then h)"
    if "runbooks" not in used and not any(isinstance(event.what, WalkBegun) for event in events):
        yield "no runbook was looked at (w)"
    if "see_change" not in used:
        yield "what changed just before was never looked at (h)"
    if not any(isinstance(event.what, EvidencePinned) for event in events):
        yield "no evidence was kept (e)"
    yield from _not_cured(ended.truth, operations)


def _not_cured(truth: DrillTruth, operations: Sequence[JudgedOperation]) -> Iterable[str]:
    if any(one.helped for one in operations):
        return
    if not operations:
        yield f"nothing was done; what heals: {truth.healing}"
        return
    if all(one.words.startswith(tuple(kind.value for kind in _RESTARTS)) for one in operations):
        yield f"there were restarts only; what heals: {truth.healing}"
        return
    wrong = [one for one in operations if one.words.startswith(OperationKind.ROLL_BACK.value)]
    said = "the wrong thing was rolled back" if wrong else "nothing that was done cures"
    yield f"{said}; what heals: {truth.healing}"
