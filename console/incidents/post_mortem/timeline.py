"""The timeline as blocks: what happened, in the order in which it happened.

The record has every event. A reader gets those that tell something: which way a decision went is seen by the next step,
what was under way by how it came out, and a probe that flips is told once, with how often it did.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from opsconsole.domain.event_words import group_of, said_by, told
from opsconsole.domain.incident import Incident
from opsconsole.domain.incident_event import (
    AlertCleared,
    IncidentEvent,
    ProbeFlipped,
    WalkStepped,
)
from opsconsole.domain.walk import StepKind, StepOutcome
from opsconsole.incidents.post_mortem.blocks import (
    Block,
    Bullets,
    Heading,
    Paragraph,
    Words,
    code,
    muted,
    strong,
    words,
)
from opsconsole.incidents.post_mortem.moments import Moments
from opsconsole.incidents.post_mortem.post_mortem import PostMortem

_LATE = 60.0
"""Seconds between happening and being written down from which on that is worth a remark.

What happened before the incident was opened is late only by what it was written down after that.
"""


def timeline_blocks(written: PostMortem, moments: Moments) -> Iterator[Block]:
    """Each event with its time, its kind, and who says so; a heading for each day."""
    yield Heading(2, words("Timeline"))
    if not written.timeline:
        yield Paragraph(words(muted("Nothing was recorded.")))
        return
    zone = moments.zone_at(written.incident.begins_at)
    numbers = {kept.event: kept.number for kept in written.evidence}
    lines = tuple(_lines(written, numbers, moments))
    for day, events in groupby(lines, lambda line: moments.day(line[0])):
        yield Heading(3, words(f"{day} ({zone})"))
        yield Bullets(tuple(line for _, line in events))


def _lines(written: PostMortem, numbers: Mapping[str, int], moments: Moments) -> Iterator[tuple[float, Words]]:
    """Each line with its time in unix seconds."""
    flips = _flips(written.timeline)
    ended = {
        (event.what.walk, event.what.result.operation)
        for event in written.timeline
        if isinstance(event.what, WalkStepped) and event.what.result.outcome is not StepOutcome.UNDER_WAY
    }
    for event in written.timeline:
        what, more = event.what, ""
        if isinstance(what, ProbeFlipped):
            of_probe = flips[_probe(what)]
            if event is not of_probe[0]:
                continue
            more = _flipped(of_probe, moments)
        elif isinstance(what, WalkStepped):
            under_way = what.result.outcome is StepOutcome.UNDER_WAY
            if what.result.kind is StepKind.DECIDE or (under_way and (what.walk, what.result.operation) in ended):
                continue
        elif event.id in numbers:
            more = f" (evidence {numbers[event.id]})"
        yield event.at, _line(event, more, written.incident, moments)


def _line(event: IncidentEvent, more: str, incident: Incident, moments: Moments) -> Words:
    late = event.recorded_at - max(event.at, incident.opened_at)
    written = f", written down {moments.clock(event.recorded_at)}" if late >= _LATE else ""
    return words(
        code(moments.clock(event.at)),
        " ",
        strong(group_of(event.what).value),
        f" {_told(event, incident)}{more}",
        muted(f" · {said_by(event)}{written}"),
    )


def _told(event: IncidentEvent, incident: Incident) -> str:
    """As everywhere, and what only the whole record knows: which of several alerts of one name cleared."""
    what = event.what
    if isinstance(what, AlertCleared):
        severity = next((one.severity.value for one in incident.alerts if one.fingerprint == what.fingerprint), "")
        return f"{what.name} fires no more{f' ({severity})' if severity else ''}"
    return told(what)


_Probe = tuple[str, ...]


def _probe(flip: ProbeFlipped) -> _Probe:
    return flip.namespace, flip.pod, flip.container, flip.probe.value


def _flips(timeline: Sequence[IncidentEvent]) -> dict[_Probe, list[IncidentEvent]]:
    flips: dict[_Probe, list[IncidentEvent]] = {}
    for event in timeline:
        if isinstance(event.what, ProbeFlipped):
            flips.setdefault(_probe(event.what), []).append(event)
    return flips


def _flipped(flips: Sequence[IncidentEvent], moments: Moments) -> str:
    """That a probe flipped on after its first time, and where it stood at last."""
    last = flips[-1]
    if len(flips) == 1 or not isinstance(last.what, ProbeFlipped):
        return ""
    times = "once more" if len(flips) == 2 else f"{len(flips) - 1} times more"
    return f"; flips {times}, {last.what.state.value} since {moments.clock(last.at)}"
