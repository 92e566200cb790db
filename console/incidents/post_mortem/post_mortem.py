"""An incident with what can be worked out from its events: the numbers, what was done, what was kept."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from opsconsole.domain.evidence import Pinned
from opsconsole.domain.incident import Incident, Milestone
from opsconsole.domain.incident_event import (
    Author,
    ChangeSeen,
    EvidencePinned,
    IncidentEvent,
    MilestoneReached,
    OperationTold,
)
from opsconsole.domain.known_secrets import NOTHING_KNOWN, KnownSecrets
from opsconsole.domain.operation import OperationKind, OperationState
from opsconsole.domain.text import SafeText
from opsconsole.domain.walk import Walk
from opsconsole.incidents.cleansing import Cleansing
from opsconsole.incidents.folding import in_order, walks

SCHEMA = "opsconsole.post-mortem/1"

_BEFORE = 3600.0
"""Seconds before the detection within which a change may be what it was about."""


class Figure(msgspec.Struct, frozen=True):
    """One of the numbers: when `milestone` was reached, and how many seconds after the detection.

    Both None for one that was never reached. Of the detection itself `after` are the seconds since the last change
    before it, which `since` names; nobody can say more about when the trouble itself began.
    """

    milestone: Milestone
    at: float | None = None
    after: float | None = None
    since: SafeText = SafeText("")


class ActionTaken(msgspec.Struct, frozen=True):
    """One operation from its first line to its last, `planned` in the words of its plan. Times in unix seconds.

    `state` is the last that was told: an operation without an outcome may still be on its way.
    """

    operation: str
    kind: OperationKind
    target: SafeText
    began_at: float
    told_at: float
    state: OperationState
    words: SafeText
    author: Author
    reason: SafeText = SafeText("")
    planned: SafeText = SafeText("")


class Kept(msgspec.Struct, frozen=True):
    """A piece of evidence, with its number in the record (from 1), who kept it, and what they said of it."""

    number: int
    event: str
    at: float
    author: Author
    evidence: Pinned
    words: SafeText = SafeText("")


class Hypothesis(msgspec.Struct, frozen=True):
    """What somebody took for the cause at `at`."""

    at: float
    author: Author
    milestone: Milestone
    words: SafeText


class PostMortem(msgspec.Struct, frozen=True, kw_only=True):
    """The record in the shape of a report, and as JSON. Times in unix seconds (UTC), durations in seconds."""

    schema: str = SCHEMA
    written_at: float
    incident: Incident
    figures: tuple[Figure, ...]
    hypotheses: tuple[Hypothesis, ...]
    changes: tuple[IncidentEvent, ...]
    actions: tuple[ActionTaken, ...]
    walks: tuple[Walk, ...]
    evidence: tuple[Kept, ...]
    timeline: tuple[IncidentEvent, ...]
    """Every event by the time it happened."""


def write_up(
    incident: Incident, events: Sequence[IncidentEvent], now: float, known: KnownSecrets = NOTHING_KNOWN
) -> PostMortem:
    """The post-mortem of `incident` from its `events`, as of `now` (unix seconds).

    None of the `known` secrets is in it, nor what looks like one.
    """
    cleansing = Cleansing(known)
    clean = cleansing.cleansed(incident)
    timeline = cleansing.cleansed_all(in_order(events))
    return PostMortem(
        written_at=now,
        incident=clean,
        figures=_figures(clean, timeline),
        hypotheses=_hypotheses(timeline),
        changes=tuple(event for event in timeline if isinstance(event.what, ChangeSeen)),
        actions=_actions(timeline),
        walks=walks(timeline),
        evidence=_evidence(timeline),
        timeline=timeline,
    )


def _figures(incident: Incident, timeline: Sequence[IncidentEvent]) -> tuple[Figure, ...]:
    reached, begins = incident.milestones, incident.milestones.get(Milestone.DETECTED)
    figures = [_detected(begins, timeline)]
    for milestone in Milestone:
        if milestone is not Milestone.DETECTED:
            at = reached.get(milestone)
            after = None if at is None else at - incident.begins_at
            figures.append(Figure(milestone, at, after))
    return tuple(figures)


def _detected(begins: float | None, timeline: Sequence[IncidentEvent]) -> Figure:
    if begins is None:
        return Figure(Milestone.DETECTED)
    before = [
        event for event in timeline if isinstance(event.what, ChangeSeen) and begins - _BEFORE <= event.at <= begins
    ]
    if not before or not isinstance(last := before[-1].what, ChangeSeen):
        return Figure(Milestone.DETECTED, begins)
    named = SafeText(f"{last.kind.value} of {last.target}")
    return Figure(Milestone.DETECTED, begins, begins - before[-1].at, named)


def _hypotheses(timeline: Sequence[IncidentEvent]) -> tuple[Hypothesis, ...]:
    told = (Milestone.FIRST_HYPOTHESIS, Milestone.CAUSE_NAMED)
    return tuple(
        Hypothesis(event.at, event.author, event.what.milestone, event.what.words)
        for event in timeline
        if isinstance(event.what, MilestoneReached) and event.what.milestone in told and event.what.words
    )


def _actions(timeline: Sequence[IncidentEvent]) -> tuple[ActionTaken, ...]:
    """Operations by when they began."""
    found: dict[str, ActionTaken] = {}
    for event in timeline:
        if not isinstance(told := event.what, OperationTold):
            continue
        known = found.get(told.operation)
        if known is None:
            found[told.operation] = ActionTaken(
                told.operation, told.kind, told.target.words, event.at, event.at, told.state, told.words,
                Author(event.author.operator, told.identity or event.author.identity), told.reason,
                told.words if told.state is OperationState.RECORDED else SafeText(""),
            )  # fmt: skip
        else:
            found[told.operation] = msgspec.structs.replace(
                known, told_at=event.at, state=told.state, words=told.words, reason=known.reason or told.reason
            )
    return tuple(found.values())


def _evidence(timeline: Sequence[IncidentEvent]) -> tuple[Kept, ...]:
    pinned = (event for event in timeline if isinstance(event.what, EvidencePinned))
    return tuple(
        Kept(number, event.id, event.at, event.author, event.what.evidence, event.what.words)
        for number, event in enumerate(pinned, 1)
        if isinstance(event.what, EvidencePinned)
    )
