"""Operations: what an operator orders, what the checks found, and how it went.

    drafted → checked → confirmed → recorded → sent → applied | refused | unknown → verified | unverified

An `Order` is drafted, the checks make a `Plan` of it, and carrying it out is told in `Step`s.
"""

from __future__ import annotations

import enum

import msgspec

from opsconsole.domain.cluster_object import ObjectRef
from opsconsole.domain.text import SafeText


class OperationKind(enum.Enum):
    """What can be done to a cluster; the value is the name in the audit log and on the command line."""

    RESTART_CONTAINER = "restart-container"
    """`kill 1` inside the container: keeps pod, address and disk."""
    EVICT_POD = "evict"
    DELETE_POD = "delete"
    ROLLING_RESTART = "rolling-restart"
    ROLL_BACK = "roll-back"
    SCALE = "scale"
    PAUSE_ROLLOUT = "pause"
    RESUME_ROLLOUT = "resume"
    CORDON = "cordon"
    UNCORDON = "uncordon"
    SET_LOG_LEVEL = "set-log-level"
    """For a while: the operation is over only when RESTORE_LOG_LEVEL has put back what it found."""
    RESTORE_LOG_LEVEL = "restore-log-level"
    RUN_COMMAND = "run-command"
    """A program of this machine, as a runbook says it."""


class ProgramRun(msgspec.Struct, frozen=True):
    """A program with its arguments, run without a shell. `timeout` in seconds; `changes` says what it does, in words.

    It went well when it ends with `expect_exit` and a line of its output matches `expect`, empty: any.
    """

    argv: tuple[SafeText, ...]
    timeout: float = 60.0
    expect_exit: int = 0
    expect: str = ""
    changes: SafeText = SafeText("")


class Order(msgspec.Struct, frozen=True):
    """What the operator wants. Parameters that the kind does not take stay at their defaults."""

    kind: OperationKind
    target: ObjectRef
    container: SafeText = SafeText("")
    """RESTART_CONTAINER."""
    revision: int | None = None
    """ROLL_BACK: the revision wanted; None asks for the one before the present, by image where images differ."""
    replicas: int | None = None
    """SCALE."""
    level: SafeText = SafeText("")
    """SET_LOG_LEVEL: one of `opsconsole.domain.log_level.LEVELS`."""
    seconds: float = 0.0
    """SET_LOG_LEVEL: how long, from when it is recorded."""
    undoes: str = ""
    """RESTORE_LOG_LEVEL: the operation that set the level; empty means every one on the target."""
    reason: SafeText = SafeText("")
    """The operator's own words, kept in the record."""
    run: ProgramRun | None = None
    """RUN_COMMAND."""


class Verdict(enum.Enum):
    """What one check says. BLOCKED: the order can't be carried out as it is."""

    FINE = "fine"
    WARNING = "warning"
    BLOCKED = "blocked"


class Check(msgspec.Struct, frozen=True):
    """One thing looked at before anything is sent: `title` what, `words` what was found and what to do."""

    title: SafeText
    verdict: Verdict
    words: SafeText


class FieldChange(msgspec.Struct, frozen=True):
    """One field of the target that will differ. Values that may be secret are not shown, only that they differ."""

    path: SafeText
    before: SafeText
    after: SafeText


class Confirmation(enum.Enum):
    """How the operator says yes."""

    KEY = "key"
    NAME = "name"
    """By typing the target's name: on production clusters."""


class Plan(msgspec.Struct, frozen=True):
    """An order that was checked against the cluster at `checked_at` (unix seconds).

    `target` is the object as it was read, with uid and resourceVersion: the plan is void once those
    no longer hold. `summary` is what will be done, `cost` what it costs while it happens, `undo` how it is
    taken back, empty when it can't be; `way_back` the order that would do so.
    """

    id: str
    """Made before anything is sent, and written into the cluster where it can be: "did it apply?" becomes a read."""
    order: Order
    target: ObjectRef
    checked_at: float
    identity: SafeText
    """Who the API server takes us for."""
    summary: SafeText
    cost: SafeText
    undo: SafeText
    confirmation: Confirmation
    checks: tuple[Check, ...] = ()
    changes: tuple[FieldChange, ...] = ()
    way_back: Order | None = None
    cluster_id: SafeText = SafeText("")
    """Which cluster it was checked on (`ClusterControl.cluster_id`)."""

    @property
    def blocked(self) -> tuple[Check, ...]:
        """The checks that forbid it; empty when it may be confirmed."""
        return tuple(check for check in self.checks if check.verdict is Verdict.BLOCKED)

    @property
    def warnings(self) -> tuple[Check, ...]:
        """What the operator should know before saying yes."""
        return tuple(check for check in self.checks if check.verdict is Verdict.WARNING)


class OperationState(enum.Enum):
    """Where an operation stands. UNKNOWN: sent, and nobody could say yet whether it took effect."""

    DRAFTED = "drafted"
    CHECKED = "checked"
    CONFIRMED = "confirmed"
    RECORDED = "recorded"
    SENT = "sent"
    APPLIED = "applied"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    VERIFIED = "verified"
    UNVERIFIED = "unverified"
    """Applied, but the effect was not seen (a rollout that failed, a signal that was ignored)."""

    @property
    def final(self) -> bool:
        """Whether nothing more will be told."""
        return self in (OperationState.REFUSED, OperationState.VERIFIED, OperationState.UNVERIFIED)


class Step(msgspec.Struct, frozen=True):
    """One thing that happened while an operation was carried out; `at` is unix seconds.

    Several steps of one state follow each other while a rollout moves. `done` ratio 0 to 1, None when unknown.
    """

    state: OperationState
    at: float
    words: SafeText
    done: float | None = None
    advice: tuple[Order, ...] = ()
    """Orders that would help now: the way back after success, eviction after an ignored signal."""
    output: SafeText = SafeText("")
    """What the program of RUN_COMMAND printed, its lines parted by `␊`."""


class ContainerRollup(msgspec.Struct, frozen=True):
    """A container of a revision: what it runs."""

    name: SafeText
    image: SafeText


class Revision(msgspec.Struct, frozen=True):
    """One revision of a workload, newest number first in lists.

    `changes` is how its template differs from the one in force (image, environment, resources, probes),
    empty for the one in force. `pods` and `ready` count the pods that run it now.
    """

    number: int
    name: SafeText
    created_at: float
    containers: tuple[ContainerRollup, ...]
    current: bool
    cause: SafeText = SafeText("")
    pods: int = 0
    ready: int = 0
    changes: tuple[FieldChange, ...] = ()


class AuditRecord(msgspec.Struct, frozen=True):
    """One line of the audit log as it is shown. `at` is unix seconds."""

    sequence: int
    at: float
    operation: str
    """The plan's id."""
    state: OperationState
    kind: OperationKind
    target: ObjectRef
    operator: SafeText
    identity: SafeText
    cluster: SafeText
    words: SafeText
    before: SafeText = SafeText("")
    after: SafeText = SafeText("")
    reason: SafeText = SafeText("")
    """The operator's own words, where the state is RECORDED."""
    closed: bool = False
    """Whether it is UNKNOWN for good: no further look will tell."""
