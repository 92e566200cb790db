"""What a record offers as cause and healing when its incident is resolved."""

from __future__ import annotations

from opsconsole.domain.incident import IncidentField, IncidentSeverity
from opsconsole.domain.incident_event import Opened, WalkBegun, WalkStepped
from opsconsole.domain.operation import OperationState
from opsconsole.domain.text import SafeText
from opsconsole.domain.walk import StepKind, StepOutcome, StepResult, Verdict
from opsconsole.incidents.concluding import conclusion
from post_mortem_samples import FIRED, Events, told

PLAN = "Roll back deployment shop/checkout to revision 3: checkout:1.14.2"


def walked(walk: str, at: float, verdict: Verdict, cause: str = "") -> tuple[WalkBegun, WalkStepped]:
    result = StepResult(
        number=1,
        title=SafeText("It is so"),
        kind=StepKind.NOTE,
        outcome=StepOutcome.DONE,
        at=FIRED + at,
        shown=SafeText(cause),
        verdict=verdict,
    )
    return WalkBegun(walk, SafeText("a"), SafeText("A"), "ab" * 32, "a.md"), WalkStepped(walk, result, None)


def begun() -> Events:
    events = Events()
    events.add(0, Opened(SafeText("slow"), IncidentSeverity.P3, SafeText("prod")))
    return events


def test_the_last_walk_that_found_a_cause_offers_it() -> None:
    events = begun()
    for at, one in (
        (10, walked("w1", 10, Verdict.CAUSE, "the database")),
        (20, walked("w2", 20, Verdict.CAUSE, "the release")),
        (30, walked("w3", 30, Verdict.NOT_THIS)),
    ):
        for what in one:
            events.add(at, what)
    assert conclusion(events.all).of(IncidentField.CAUSE) == "the release"


def test_the_last_operation_that_was_verified_offers_what_it_did() -> None:
    events = begun()
    events.add(10, told(OperationState.RECORDED, PLAN))
    assert conclusion(events.all).healing == ""
    events.add(20, told(OperationState.VERIFIED, "all 3 pods are available"))
    assert conclusion(events.all).of(IncidentField.HEALING) == PLAN


def test_what_was_refused_or_not_seen_to_work_heals_nothing() -> None:
    for state in (OperationState.REFUSED, OperationState.UNVERIFIED, OperationState.UNKNOWN):
        events = begun()
        events.add(10, told(OperationState.RECORDED, PLAN))
        events.add(20, told(state, "no"))
        assert conclusion(events.all).healing == ""


def test_a_record_without_either_offers_nothing() -> None:
    found = conclusion(begun().all)
    assert (found.cause, found.healing, found.of(IncidentField.SUMMARY)) == ("", "", "")
