"""Incidents: what went wrong, how far it is dealt with, and who does what.

An `Incident` is never stored: it is worked out from its events (`opsconsole.domain.incident_event`), which only grow.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping

import msgspec

from opsconsole.domain.series import Severity
from opsconsole.domain.text import SafeText


class IncidentSeverity(enum.Enum):
    """How much it hurts, worst first."""

    P1 = "P1"
    P2 = "P2"
    P3 = "P3"
    P4 = "P4"

    @property
    def rank(self) -> int:
        """0 for the worst."""
        return list(IncidentSeverity).index(self)


class IncidentState(enum.Enum):
    """How far it is dealt with. MITIGATED: nobody suffers any more; RESOLVED: the cause is gone; CLOSED: written up."""

    TRIAGE = "triage"
    STARTED = "started"
    MITIGATED = "mitigated"
    RESOLVED = "resolved"
    CLOSED = "closed"
    CANCELLED = "cancelled"

    @property
    def over(self) -> bool:
        """Whether nobody works on it any more."""
        return self in (IncidentState.RESOLVED, IncidentState.CLOSED, IncidentState.CANCELLED)


_S = IncidentState

TRANSITIONS: Mapping[IncidentState, tuple[IncidentState, ...]] = {
    _S.TRIAGE: (_S.STARTED, _S.CANCELLED),
    _S.STARTED: (_S.MITIGATED, _S.RESOLVED, _S.CANCELLED),
    _S.MITIGATED: (_S.RESOLVED, _S.STARTED),
    _S.RESOLVED: (_S.CLOSED, _S.STARTED),
    _S.CLOSED: (),
    _S.CANCELLED: (),
}
"""Where each state may go: triage is never skipped, and what broke again goes back to STARTED."""


class Milestone(enum.Enum):
    """Moments that the clock of an incident tells, in their order."""

    DETECTED = "detected"
    """The first alert began to fire."""
    ACKNOWLEDGED = "acknowledged"
    """Somebody took it up."""
    FIRST_HYPOTHESIS = "first hypothesis"
    CAUSE_NAMED = "cause named"
    MITIGATED = "mitigated"
    RESOLVED = "resolved"


class IncidentField(enum.Enum):
    """What of an incident has one value at a time, and may be set by two people at once."""

    TITLE = "title"
    SEVERITY = "severity"
    STATE = "state"
    SUMMARY = "summary"
    IMPACT = "impact"
    CAUSE = "cause"
    HEALING = "healing"
    """What healed it, in a few words: similar incidents tell it."""
    OWNER = "owner"
    """Whom a notification goes to."""


class FieldVersion(msgspec.Struct, frozen=True):
    """One value of a field as the event `event` set it at `at` (unix seconds)."""

    event: str
    value: SafeText
    author: SafeText
    at: float


class Conflict(msgspec.Struct, frozen=True):
    """Several people set one field without knowing of each other; `versions` oldest first, at least two.

    The oldest is in force until somebody decides.
    """

    field: IncidentField
    versions: tuple[FieldVersion, ...]


class LinkedAlert(msgspec.Struct, frozen=True):
    """An alert of the incident, once for each fingerprint. Times in unix seconds; `cleared_at` None while it fires."""

    fingerprint: SafeText
    name: SafeText
    severity: Severity
    started_at: float
    labels: dict[SafeText, SafeText] = {}
    summary: SafeText = SafeText("")
    cleared_at: float | None = None


class RoleSpan(msgspec.Struct, frozen=True):
    """Who had a role (`commander`, `operations`, `communication`, any other word) from when to when, unix seconds."""

    role: SafeText
    person: SafeText
    since: float
    until: float | None = None


class FollowUp(msgspec.Struct, frozen=True):
    """Something to do afterwards; `due` in unix seconds, None for no date. `done_at` None while it is open."""

    id: str
    words: SafeText
    owner: SafeText
    due: float | None = None
    done_at: float | None = None


class Incident(msgspec.Struct, frozen=True, kw_only=True):
    """An incident as its events tell it. Times in unix seconds."""

    id: str
    """`inc-20261128-7kq4`: the day it was opened, and four letters of chance, so that no server has to count."""
    cluster: SafeText
    namespace: SafeText
    title: SafeText
    severity: IncidentSeverity
    state: IncidentState
    opened_at: float
    drill: bool = False
    """A drill: kept out of the real figures."""
    services: tuple[SafeText, ...] = ()
    alerts: tuple[LinkedAlert, ...] = ()
    roles: tuple[RoleSpan, ...] = ()
    follow_ups: tuple[FollowUp, ...] = ()
    duplicate_of: str = ""
    """The id of the incident that is the same and is worked on; empty for none."""
    summary: SafeText = SafeText("")
    impact: SafeText = SafeText("")
    cause: SafeText = SafeText("")
    healing: SafeText = SafeText("")
    owner: SafeText = SafeText("")
    milestones: dict[Milestone, float] = {}
    """The first time each was reached."""
    state_times: tuple[tuple[IncidentState, float], ...] = ()
    """Every state it was in and since when, oldest first."""
    heads: dict[IncidentField, tuple[str, ...]] = {}
    """The events whose value of a field nobody has replaced: what a new value has to name as replaced."""
    conflicts: tuple[Conflict, ...] = ()
    events: int = 0
    changed_at: float = 0.0
    """When its newest event was recorded."""

    @property
    def name(self) -> SafeText:
        """As the header and people say it: `INC-7kq4`."""
        return SafeText(f"INC-{self.id.rpartition('-')[2]}")

    @property
    def begins_at(self) -> float:
        """When its clock starts: at the detection, else at the opening."""
        return self.milestones.get(Milestone.DETECTED, self.opened_at)

    @property
    def ends_at(self) -> float | None:
        """When its clock stops: at the resolution (or the cancelling); None while it runs."""
        if not self.state.over:
            return None
        working = [place for place, (state, _) in enumerate(self.state_times) if not state.over]
        over = self.state_times[working[-1] + 1 :] if working else self.state_times
        return over[0][1] if over else self.changed_at
