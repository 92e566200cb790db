"""What each event of a record says, in one line."""

from __future__ import annotations

import pytest

from incident_samples import event, field, fired, note, opened
from opsconsole.domain.event_words import EventGroup, group_of, said_by, told
from opsconsole.domain.incident import IncidentField, Milestone
from opsconsole.domain.incident_event import (
    ChangeKind,
    ChangeSeen,
    FollowUpAdded,
    FollowUpDone,
    MilestoneReached,
    NotificationAsked,
    Notified,
    ProbeFlipped,
    RoleLeft,
    RoleTaken,
    ServiceAdded,
    Unreadable,
    WalkBegun,
    WalkStepped,
    What,
)
from opsconsole.domain.pod import ProbeKind, ProbeState
from opsconsole.domain.text import SafeText as T
from opsconsole.domain.walk import StepKind, StepOutcome, StepResult, Verdict

STEP = StepResult(
    number=3,
    title=T("errors of the new release"),
    kind=StepKind.CHECK,
    outcome=StepOutcome.HOLDS,
    at=1.0,
    shown=T("37 % > 5 %"),
    verdict=Verdict.CAUSE,
)


@pytest.mark.parametrize(
    ("what", "group", "words"),
    [
        (opened("Checkout fails"), EventGroup.INCIDENT, "opened as P2: Checkout fails"),
        (field(IncidentField.STATE, "started"), EventGroup.INCIDENT, "state: started"),
        (field(IncidentField.CAUSE, ""), EventGroup.INCIDENT, "cause: taken away"),
        (fired(), EventGroup.ALERT, "ErrorRateHigh fires (critical)"),
        (note("pool looks full"), EventGroup.NOTE, "pool looks full"),
        (ServiceAdded(T("orders")), EventGroup.INCIDENT, "orders suffers, too"),
        (
            ChangeSeen(ChangeKind.ROLLOUT, T("checkout"), T("1.14 to 1.15"), T("argo")),
            EventGroup.CHANGE,
            "rollout of checkout: 1.14 to 1.15 (by argo)",
        ),
        (
            ProbeFlipped(T("shop"), T("checkout-1"), T("app"), ProbeKind.LIVENESS, ProbeState.FAILING),
            EventGroup.PROBE,
            f"{ProbeKind.LIVENESS.value} probe of checkout-1/app is failing",
        ),
        (
            MilestoneReached(Milestone.FIRST_HYPOTHESIS, T("pool")),
            EventGroup.INCIDENT,
            "first hypothesis: pool",
        ),
        (RoleTaken(T("commander"), T("ana")), EventGroup.INCIDENT, "ana is commander"),
        (RoleLeft(T("commander"), T("ana")), EventGroup.INCIDENT, "ana is commander no more"),
        (FollowUpAdded("f", T("test it"), T("bo")), EventGroup.INCIDENT, "to do afterwards: test it (bo)"),
        (FollowUpDone("f", T(""), T("test it")), EventGroup.INCIDENT, "done: test it"),
        (FollowUpDone("f", T("dropped"), T("test it")), EventGroup.INCIDENT, "done: test it (dropped)"),
        (FollowUpDone("f"), EventGroup.INCIDENT, "something to do afterwards is done"),
        (
            NotificationAsked("n", T("ops"), T("slack"), T("#ops"), (T("P1 INC-7kq4"), T("since 13:12 UTC"))),
            EventGroup.INCIDENT,
            "slack to #ops is to be sent: P1 INC-7kq4",
        ),
        (
            Notified(T("slack"), T("#ops"), delivered=False, words=T("timed out")),
            EventGroup.INCIDENT,
            "slack to #ops not delivered: timed out",
        ),
        (
            WalkBegun("w", T("bad-release"), T("Bad release"), "00", "x.md"),
            EventGroup.RUNBOOK,
            "runbook bad-release begun: Bad release",
        ),
        (
            WalkStepped("w", STEP, 4),
            EventGroup.RUNBOOK,
            "step 3, errors of the new release: holds: 37 % > 5 %; concludes cause",
        ),
        (
            Unreadable(T("telepathy"), "{}"),
            EventGroup.INCIDENT,
            "written by a newer console, which this one can't read (telepathy)",
        ),
    ],
)
def test_it_is_told_in_one_line(what: What, group: EventGroup, words: str) -> None:
    assert told(what) == words
    assert group_of(what) is group


def test_a_person_says_what_a_person_wrote() -> None:
    assert said_by(event(note("x"))) == "jane@laptop"
