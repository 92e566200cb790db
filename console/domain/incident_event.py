"""What an incident's record is made of: events that are added and never changed.

Two consoles that see the same fact write one event: its id is made of the fact. Whatever a person writes has an id of
its own. So records are merged by putting their events together.
"""

from __future__ import annotations

import enum

import msgspec

from opsconsole.domain.cluster_object import ObjectRef
from opsconsole.domain.drill import ActionUsed, DrillEnding, DrillTruth
from opsconsole.domain.evidence import Pinned
from opsconsole.domain.incident import IncidentField, IncidentSeverity, Milestone
from opsconsole.domain.operation import OperationKind, OperationState
from opsconsole.domain.pod import ProbeKind, ProbeState
from opsconsole.domain.series import Severity
from opsconsole.domain.text import SafeText
from opsconsole.domain.walk import StepResult


class _What(msgspec.Struct, frozen=True, tag_field="type"):
    """Base of everything that can happen; the tag is the name in the store."""


class Opened(_What, frozen=True, tag="opened"):
    """The first event of every incident. Title and severity are the first values of their fields."""

    title: SafeText
    severity: IncidentSeverity
    cluster: SafeText
    namespace: SafeText = SafeText("")
    services: tuple[SafeText, ...] = ()
    drill: bool = False


class FieldSet(_What, frozen=True, tag="field-set"):
    """A field has a new value: for SEVERITY and STATE the value of the enum. `words` say why."""

    field: IncidentField
    value: SafeText
    words: SafeText = SafeText("")


class ServiceAdded(_What, frozen=True, tag="service-added"):
    """One more service suffers."""

    service: SafeText


class ServiceRemoved(_What, frozen=True, tag="service-removed"):
    """A service that was named has nothing to do with it; the last word about one counts."""

    service: SafeText


class DuplicateOf(_What, frozen=True, tag="duplicate-of"):
    """The incident is the same as `incident`, which is older and called `name`: work goes on there."""

    incident: str
    name: SafeText


class AlertFired(_What, frozen=True, tag="alert-fired"):
    """An alert of the incident began to fire at the event's time: joins the incident by its fingerprint, once."""

    fingerprint: SafeText
    name: SafeText
    severity: Severity
    labels: dict[SafeText, SafeText] = {}
    summary: SafeText = SafeText("")


class AlertCleared(_What, frozen=True, tag="alert-cleared"):
    """It fires no more."""

    fingerprint: SafeText
    name: SafeText


class ChangeKind(enum.Enum):
    """What kind of change; `opsconsole.domain.pod.ChangeKind` is what a cluster's own record tells."""

    ROLLOUT = "rollout"
    SCALING = "scaling"
    CONFIGURATION = "configuration"
    RESTART = "restart"
    DEPLOY_MARKER = "deploy marker"
    SILENCE = "silence"
    OTHER = "other"


class ChangeSeen(_What, frozen=True, tag="change-seen"):
    """Something was changed, by whoever; operations of the console are told by `OperationTold`."""

    kind: ChangeKind
    target: SafeText
    words: SafeText
    by: SafeText = SafeText("")


class OperationTold(_What, frozen=True, tag="operation"):
    """How an operation of the console's engine stands. RECORDED stands here before anything is sent."""

    operation: str
    kind: OperationKind
    target: ObjectRef
    state: OperationState
    words: SafeText
    identity: SafeText = SafeText("")
    reason: SafeText = SafeText("")


class ProbeFlipped(_What, frozen=True, tag="probe-flipped"):
    """A probe's state changed."""

    namespace: SafeText
    pod: SafeText
    container: SafeText
    probe: ProbeKind
    state: ProbeState
    words: SafeText = SafeText("")


class WalkBegun(_What, frozen=True, tag="walk-begun"):
    """A runbook is walked; `sha256` is of the file's bytes, `inputs` what its questions were answered with."""

    walk: str
    runbook: SafeText
    title: SafeText
    sha256: str
    path: str
    inputs: dict[str, SafeText] = {}


class WalkStepped(_What, frozen=True, tag="walk-stepped"):
    """A step of a walk came out; `next` is the number of the step that follows, None when the walk ends."""

    walk: str
    result: StepResult
    next: int | None


class WalkGivenUp(_What, frozen=True, tag="walk-given-up"):
    """Nobody goes on with the walk, for the reason in `words`; `title` is the runbook's."""

    walk: str
    title: SafeText
    words: SafeText


class RoleTaken(_What, frozen=True, tag="role-taken"):
    """Somebody has a role from the event's time on; who had it before has it no more."""

    role: SafeText
    person: SafeText


class RoleLeft(_What, frozen=True, tag="role-left"):
    """Nobody has the role any more."""

    role: SafeText
    person: SafeText


class Noted(_What, frozen=True, tag="note"):
    """Somebody wrote something down."""

    words: SafeText


class MilestoneReached(_What, frozen=True, tag="milestone"):
    """A milestone that no state tells; `words` are the hypothesis, or the cause."""

    milestone: Milestone
    words: SafeText = SafeText("")


class FollowUpAdded(_What, frozen=True, tag="follow-up-added"):
    """Something to do afterwards; `due` in unix seconds."""

    follow_up: str
    words: SafeText
    owner: SafeText = SafeText("")
    due: float | None = None


class FollowUpDone(_What, frozen=True, tag="follow-up-done"):
    """It was done, or dropped for the reason in `words`. `task` says again what was to be done."""

    follow_up: str
    words: SafeText = SafeText("")
    task: SafeText = SafeText("")


class EvidencePinned(_What, frozen=True, tag="evidence"):
    """Something was kept as it was seen. `words` are the operator's own."""

    evidence: Pinned
    words: SafeText = SafeText("")


class NotificationAsked(_What, frozen=True, tag="notification-asked"):
    """Somebody is to be told: stands here before anything is sent. `lines` are what was shown and agreed to.

    `address` is what the settings call the way; `channel` and `recipient` are those of `Notified`.
    """

    notification: str
    address: SafeText
    channel: SafeText
    recipient: SafeText
    lines: tuple[SafeText, ...]


class Notified(_What, frozen=True, tag="notified"):
    """Somebody was told, or could not be: `words` say what went wrong, and whether it may have arrived; no secrets.

    `notification` is the one that was asked for, `attempt` counts from 1; `final` False: another attempt follows.
    """

    channel: SafeText
    recipient: SafeText
    delivered: bool
    words: SafeText = SafeText("")
    notification: str = ""
    attempt: int = 0
    final: bool = True


class DrillEnded(_What, frozen=True, tag="drill-ended", kw_only=True):
    """The drill is over, and what it was about may be known. Times in unix seconds.

    `alerted_at` is when its first alert fired, `calm_at` when those that matter had cleared, None while they had not.
    `path` are the actions that were used, oldest first; `unlisted` counts those after it.
    """

    scenario: SafeText
    seed: int
    truth: DrillTruth
    ending: DrillEnding
    alerted_at: float
    calm_at: float | None = None
    path: tuple[ActionUsed, ...] = ()
    unlisted: int = 0
    attended: bool = True
    """Whether the operator had opened an incident; else the console opened this one at the end."""


class DrillNamed(_What, frozen=True, tag="drill-named"):
    """The operator, who had seen the truth, said whether the cause was named; the last one counts."""

    named: bool


class DrillBrokenOff(_What, frozen=True, tag="drill-broken-off"):
    """The drill's console was killed, so it has no end; the event has the time of the last one before it.

    `scenario` and `seed` are what was played; empty and None where nothing tells any more.
    """

    scenario: SafeText = SafeText("")
    seed: int | None = None


class Unreadable(_What, frozen=True, tag="unreadable"):
    """An event of a newer console, kept as it came."""

    kind: SafeText
    raw: str


What = (
    Opened
    | FieldSet
    | ServiceAdded
    | ServiceRemoved
    | DuplicateOf
    | AlertFired
    | AlertCleared
    | ChangeSeen
    | OperationTold
    | ProbeFlipped
    | WalkBegun
    | WalkStepped
    | WalkGivenUp
    | RoleTaken
    | RoleLeft
    | Noted
    | MilestoneReached
    | FollowUpAdded
    | FollowUpDone
    | EvidencePinned
    | NotificationAsked
    | Notified
    | DrillEnded
    | DrillNamed
    | DrillBrokenOff
    | Unreadable
)


class Author(msgspec.Struct, frozen=True):
    """Who wrote an event: the system's user (`name@host`), and whom the API server takes them for."""

    operator: SafeText
    identity: SafeText = SafeText("")


class IncidentEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One line of an incident's record. Times in unix seconds: when it happened, and when it was written down.

    `replaces` are the values of the same field that its author saw when setting a new one: two events that replace
    the same one are a conflict.
    """

    id: str
    incident: str
    at: float
    recorded_at: float
    author: Author
    origin: SafeText
    """Who says so: `operator`, or the source, `engine`, `runbook`."""
    what: What
    replaces: tuple[str, ...] = ()


class Fact(msgspec.Struct, frozen=True):
    """Something to be written down: `what` happened `at` (unix seconds; None: now), as `origin` says.

    `key` names the fact, so that whoever sees the same one writes the same event; empty: it is somebody's own words.
    `place` is its place among facts of that key, which it keeps where they share a moment. `author` None is whoever
    writes it down.
    """

    what: What
    at: float | None = None
    origin: SafeText = SafeText("operator")
    key: str = ""
    place: int = 0
    author: Author | None = None
