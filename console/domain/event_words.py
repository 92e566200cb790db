"""What the events of an incident's record say, in words: the same on the screen, in a list and in the post-mortem."""

from __future__ import annotations

import enum

from opsconsole.domain.evidence import ChartEvidence
from opsconsole.domain.incident_event import (
    AlertCleared,
    AlertFired,
    ChangeSeen,
    DrillBrokenOff,
    DrillEnded,
    DrillNamed,
    DuplicateOf,
    EvidencePinned,
    FieldSet,
    FollowUpAdded,
    FollowUpDone,
    IncidentEvent,
    MilestoneReached,
    Noted,
    NotificationAsked,
    Notified,
    Opened,
    OperationTold,
    ProbeFlipped,
    RoleLeft,
    RoleTaken,
    ServiceAdded,
    ServiceRemoved,
    Unreadable,
    WalkBegun,
    WalkGivenUp,
    WalkStepped,
    What,
)
from opsconsole.domain.text import SafeText
from opsconsole.domain.walk import StepResult

OPERATOR = "operator"
"""The origin of what a person wrote."""


class EventGroup(enum.Enum):
    """What kind of thing happened; a timeline is narrowed by it. The value is the word on the screen."""

    ALERT = "alert"
    CHANGE = "change"
    OPERATION = "operation"
    PROBE = "probe"
    RUNBOOK = "runbook"
    NOTE = "note"
    EVIDENCE = "evidence"
    INCIDENT = "incident"
    """Its own course: state, severity, roles, milestones, follow-ups, notifications."""


_GROUPS: dict[type[What], EventGroup] = {
    AlertFired: EventGroup.ALERT,
    AlertCleared: EventGroup.ALERT,
    ChangeSeen: EventGroup.CHANGE,
    OperationTold: EventGroup.OPERATION,
    ProbeFlipped: EventGroup.PROBE,
    WalkBegun: EventGroup.RUNBOOK,
    WalkStepped: EventGroup.RUNBOOK,
    WalkGivenUp: EventGroup.RUNBOOK,
    Noted: EventGroup.NOTE,
    EvidencePinned: EventGroup.EVIDENCE,
}


def group_of(what: What) -> EventGroup:
    """The group `what` belongs to."""
    return _GROUPS.get(type(what), EventGroup.INCIDENT)


def said_by(event: IncidentEvent) -> SafeText:
    """Who says so: the person where one wrote it, else the source."""
    return event.author.operator if event.origin == OPERATOR else event.origin


def told(what: What) -> SafeText:
    """`what` in one line, whole."""
    match what:
        case Opened() | FieldSet() | ServiceAdded() | ServiceRemoved() | DuplicateOf() | MilestoneReached():
            words = _course(what)
        case RoleTaken() | RoleLeft() | FollowUpAdded() | FollowUpDone():
            words = _duties(what)
        case NotificationAsked() | Notified():
            words = _notification(what)
        case DrillEnded() | DrillNamed() | DrillBrokenOff():
            words = _drill(what)
        case WalkBegun() | WalkStepped() | WalkGivenUp() | Noted() | EvidencePinned() | Unreadable():
            words = _written(what)
        case _:
            words = _seen(what)
    return SafeText(words)


def _written(what: WalkBegun | WalkStepped | WalkGivenUp | Noted | EvidencePinned | Unreadable) -> str:
    match what:
        case WalkBegun(_, runbook, title):
            return f"runbook {runbook} begun: {title}"
        case WalkStepped(_, result):
            return _step(result)
        case WalkGivenUp(_, title, words):
            return f"{title} given up: {words}"
        case Noted(words):
            return words
        case EvidencePinned(evidence, words):
            # The title of a chart is that of a panel, "errors", and would read as something that happened.
            return f"{'chart of ' if isinstance(evidence, ChartEvidence) else ''}{evidence.title}{_why(words)}"
        case Unreadable(kind):
            return f"written by a newer console, which this one can't read ({kind})"


def _seen(what: AlertFired | AlertCleared | ChangeSeen | OperationTold | ProbeFlipped) -> str:
    match what:
        case AlertFired(_, name, severity, _, summary):
            return f"{name} fires ({severity.value}){_why(summary)}"
        case AlertCleared(_, name):
            return f"{name} fires no more"
        case ChangeSeen(kind, target, words, by):
            return f"{kind.value} of {target}{_why(words)}{f' (by {by})' if by else ''}"
        case OperationTold(_, kind, target, state, words, _, reason):
            said = f" ({reason})" if reason else ""
            return f"{kind.value} {target.words} {state.value}{_why(words)}{said}"
        case ProbeFlipped(_, pod, container, probe, state, words):
            return f"{probe.value} probe of {pod}/{container} is {state.value}{_why(words)}"


def _course(what: Opened | FieldSet | ServiceAdded | ServiceRemoved | DuplicateOf | MilestoneReached) -> str:
    match what:
        case Opened(title, severity, _, _, _, drill):
            return f"{'drill ' if drill else ''}opened as {severity.value}: {title}"
        case FieldSet(field, value, words):
            return f"{field.value}: {value or 'taken away'}{f' ({words})' if words else ''}"
        case ServiceAdded(service):
            return f"{service} suffers, too"
        case ServiceRemoved(service):
            return f"{service} has nothing to do with it"
        case DuplicateOf(_, name):
            return f"the same as {name}: work goes on there"
        case MilestoneReached(milestone, words):
            return f"{milestone.value}{_why(words)}"


def _notification(what: NotificationAsked | Notified) -> str:
    match what:
        case NotificationAsked(_, _, channel, recipient, lines):
            return f"{channel} to {recipient} is to be sent{_why(lines[0] if lines else '')}"
        case Notified(channel, recipient, delivered, words):
            return f"{channel} to {recipient} {'delivered' if delivered else 'not delivered'}{_why(words)}"


def _duties(what: RoleTaken | RoleLeft | FollowUpAdded | FollowUpDone) -> str:
    match what:
        case RoleTaken(role, person):
            return f"{person} is {role}"
        case RoleLeft(role, person):
            return f"{person} is {role} no more"
        case FollowUpAdded(_, words, owner):
            return f"to do afterwards: {words}{f' ({owner})' if owner else ''}"
        case FollowUpDone(_, words, task):
            done = f"done: {task}" if task else "something to do afterwards is done"
            return f"{done}{f' ({words})' if words else ''}"


def _drill(what: DrillEnded | DrillNamed | DrillBrokenOff) -> str:
    match what:
        case DrillEnded(scenario=scenario, ending=ending):
            return f"the drill is over, {ending.value}: it was {scenario}"
        case DrillNamed(named):
            return f"the operator says that the cause was {'named' if named else 'not named'}"
        case DrillBrokenOff(scenario):
            return f"the drill was broken off: its console was killed{f'; it was {scenario}' if scenario else ''}"


def _step(result: StepResult) -> str:
    shown = _why(result.shown or result.output)
    reason = f" ({result.reason})" if result.reason else ""
    concluded = f"; concludes {result.verdict.value}" if result.verdict is not None else ""
    return f"step {result.number}, {result.title}: {result.outcome.value}{shown}{reason}{concluded}"


def _why(words: str) -> str:
    return f": {words}" if words else ""
