"""The post-mortem as blocks, in the order in which somebody reads it who was not there."""

from __future__ import annotations

from collections.abc import Iterator

from opsconsole.domain.event_words import told
from opsconsole.domain.incident import Conflict, Incident, Milestone
from opsconsole.domain.walk import Verdict, Walk
from opsconsole.incidents.post_mortem.blocks import (
    Block,
    Bullets,
    Heading,
    Paragraph,
    Table,
    Words,
    code,
    muted,
    strong,
    words,
)
from opsconsole.incidents.post_mortem.evidence_blocks import evidence_blocks
from opsconsole.incidents.post_mortem.moments import Moments, length
from opsconsole.incidents.post_mortem.post_mortem import ActionTaken, Figure, PostMortem
from opsconsole.incidents.post_mortem.timeline import timeline_blocks

_VERDICTS = {
    Verdict.CAUSE: "this is the cause",
    Verdict.NOT_THIS: "not this",
    Verdict.UNDECIDED: "could not be decided",
}


def blocks_of(written: PostMortem, moments: Moments) -> tuple[Block, ...]:
    """Everything, in order."""
    return (
        *_head(written, moments),
        *_section("Summary", written.incident.summary, "Nobody has written a summary yet."),
        *_section("Impact", written.incident.impact, "Nobody has written down yet who was affected, and how."),
        *_numbers(written, moments),
        *_cause(written, moments),
        *_changes(written, moments),
        *_actions(written, moments),
        *_follow_ups(written.incident, moments),
        *_conflicts(written.incident, moments),
        *timeline_blocks(written, moments),
        *evidence_blocks(written, moments),
        *_alerts(written.incident, moments),
        *_people(written.incident, moments),
        *_about(written, moments),
    )


def _head(written: PostMortem, moments: Moments) -> Iterator[Block]:
    incident = written.incident
    yield Heading(1, words(f"{incident.name}: {incident.title}"))
    if incident.drill:
        yield Paragraph(words(strong("This was a drill."), " It is left out of the real figures."), warned=True)
    where = f"cluster {incident.cluster or 'unknown'}"
    where += f", namespace {incident.namespace}" if incident.namespace else ""
    services = f"{' · '.join(incident.services)}" if incident.services else "no service named"
    yield Bullets(
        (
            words(strong(f"{incident.severity.value}, {incident.state.value}"), f"; {where}"),
            words(strong("services: "), services),
            words(strong("when: "), _when(incident, moments)),
            words(muted(f"all times are in {moments.zone_at(incident.begins_at)}")),
        )
    )
    if incident.conflicts:
        fields = ", ".join(conflict.field.value for conflict in incident.conflicts)
        yield Paragraph(words(strong("Not settled: "), f"several people set {fields}; see below."), warned=True)


def _when(incident: Incident, moments: Moments) -> str:
    begins, ends = incident.begins_at, incident.ends_at
    if ends is None:
        return f"since {moments.whole(begins)}, still open"
    same = moments.day(begins) == moments.day(ends)
    end = moments.clock(ends) if same else moments.whole(ends)
    return f"{moments.whole(begins)} to {end}, {length(ends - begins)}"


def _section(title: str, text: str, nothing: str) -> Iterator[Block]:
    yield Heading(2, words(title))
    yield Paragraph(words(text) if text else words(muted(nothing)))


# -- the numbers ---------------------------------------------------------------------------------


def _numbers(written: PostMortem, moments: Moments) -> Iterator[Block]:
    yield Heading(2, words("The numbers"))
    begins = written.incident.begins_at
    rows = tuple(_number(figure, moments, begins) for figure in written.figures)
    yield Table(("milestone", "at", "time from detection"), rows)


def _number(figure: Figure, moments: Moments, begins: float) -> tuple[Words, ...]:
    name = words(strong(figure.milestone.value))
    if figure.at is None:
        return name, words("–"), words(muted("never recorded"))
    same = moments.day(figure.at) == moments.day(begins)
    at = words(moments.clock(figure.at) if same else moments.whole(figure.at))
    if figure.milestone is Milestone.DETECTED:
        if figure.after is None:
            return name, at, words(muted("no change is recorded in the hour before"))
        return name, at, words(length(figure.after), muted(f" after the last change before it, {figure.since}"))
    if figure.after is None:
        return name, at, ()
    if figure.after < 0:
        return name, at, words(length(-figure.after), muted(" before the first alert"))
    return name, at, words(length(figure.after))


# -- why, and what was done ----------------------------------------------------------------------


def _cause(written: PostMortem, moments: Moments) -> Iterator[Block]:
    yield from _section("Cause", written.incident.cause, "Nobody has named the cause yet.")
    if written.incident.healing:
        yield Paragraph(words(strong("What healed it: "), written.incident.healing))
    thought = [
        words(
            f"{moments.clock(one.at)} ",
            strong(one.milestone.value),
            f": {one.words}",
            muted(f" ({one.author.operator})"),
        )
        for one in written.hypotheses
    ]
    thought += [_walked(walk, moments) for walk in written.walks]
    if thought:
        yield Paragraph(words("How it was found:"))
        yield Bullets(tuple(thought))


def _walked(walk: Walk, moments: Moments) -> Words:
    verdict = walk.verdict
    ended = "" if walk.over else " (not walked to its end)"
    said = _VERDICTS[verdict] if verdict is not None else "nothing concluded"
    return words(f"{moments.clock(walk.begun_at)} ", strong("runbook"), f" {walk.title}: {said}{ended}")


def _changes(written: PostMortem, moments: Moments) -> Iterator[Block]:
    if not written.changes:
        return
    yield Heading(2, words("What changed"))
    yield Bullets(
        tuple(
            words(strong(moments.whole(event.at)), f" {told(event.what)}", muted(f" ({event.origin})"))
            for event in written.changes
        )
    )


def _actions(written: PostMortem, moments: Moments) -> Iterator[Block]:
    yield Heading(2, words("What was done"))
    if not written.actions:
        yield Paragraph(words(muted("Nothing was done to the cluster from the console.")))
        return
    yield Bullets(tuple(_action(one, moments) for one in written.actions))


def _action(one: ActionTaken, moments: Moments) -> Words:
    took = f" after {length(one.told_at - one.began_at)}" if one.told_at > one.began_at else ""
    who = one.author.operator + (f" as {one.author.identity}" if one.author.identity else "")
    what = (one.planned,) if one.planned else (code(one.kind.value), " ", code(one.target))
    return words(
        f"{moments.clock(one.began_at)} ",
        *what,
        " · ",
        strong(one.state.value if one.state.final else f"{one.state.value}, no outcome recorded"),
        f"{took}{f': {one.words}' if one.words else ''}",
        muted(f" (by {who}{f'; reason: {one.reason}' if one.reason else ''})"),
    )


# -- afterwards ----------------------------------------------------------------------------------


def _follow_ups(incident: Incident, moments: Moments) -> Iterator[Block]:
    yield Heading(2, words("Follow-ups"))
    if not incident.follow_ups:
        yield Paragraph(words(muted("None were written down.")))
        return
    rows = tuple(
        (
            words(one.words),
            words(one.owner) if one.owner else words(muted("nobody")),
            words(moments.day(one.due)) if one.due is not None else words(muted("no date")),
            words(f"done {moments.day(one.done_at)}") if one.done_at is not None else words(strong("open")),
        )
        for one in incident.follow_ups
    )
    yield Table(("what", "owner", "due", "state"), rows)


def _conflicts(incident: Incident, moments: Moments) -> Iterator[Block]:
    if not incident.conflicts:
        return
    yield Heading(2, words("Not settled"))
    yield Paragraph(words("Several people set these without knowing of each other; the first value is in force."))
    yield Bullets(tuple(_conflict(one, moments) for one in incident.conflicts))


def _conflict(conflict: Conflict, moments: Moments) -> Words:
    versions = "; ".join(
        f"{one.value or 'taken away'} ({one.author}, {moments.clock(one.at)})" for one in conflict.versions
    )
    return words(strong(f"{conflict.field.value}: "), versions)


def _alerts(incident: Incident, moments: Moments) -> Iterator[Block]:
    if not incident.alerts:
        return
    yield Heading(2, words("Alerts"))
    rows = tuple(
        (
            words(strong(one.name)),
            words(one.severity.value),
            words(moments.whole(one.started_at)),
            words(moments.whole(one.cleared_at)) if one.cleared_at is not None else words(strong("still firing")),
            words(code(" ".join(f"{key}={value}" for key, value in sorted(one.labels.items())))),
        )
        for one in incident.alerts
    )
    yield Table(("alert", "severity", "from", "to", "labels"), rows)


def _people(incident: Incident, moments: Moments) -> Iterator[Block]:
    if not incident.roles:
        return
    yield Heading(2, words("People"))
    yield Bullets(
        tuple(
            words(
                strong(f"{one.role}: "),
                one.person,
                f", from {moments.clock(one.since)}",
                f" to {moments.clock(one.until)}" if one.until is not None else "",
            )
            for one in incident.roles
        )
    )


def _about(written: PostMortem, moments: Moments) -> Iterator[Block]:
    incident = written.incident
    yield Heading(2, words("About this record"))
    count = len(written.timeline)
    yield Paragraph(
        words(
            "Written by opsconsole at ",
            f"{moments.whole(written.written_at)} from {count:,} event{'s' * (count != 1)} of ",
            code(incident.id),
            ". What looks like a secret was hidden.",
        )
    )
