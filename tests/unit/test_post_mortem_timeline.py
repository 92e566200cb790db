"""The timeline of a post-mortem: what is told of events that repeat or that a later one makes empty."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC

import msgspec

from opsconsole.domain.incident import IncidentSeverity
from opsconsole.domain.incident_event import IncidentEvent, Opened, ProbeFlipped, WalkStepped
from opsconsole.domain.pod import ProbeKind, ProbeState
from opsconsole.domain.text import SafeText
from opsconsole.domain.walk import StepKind, StepOutcome, StepResult
from opsconsole.incidents.folding import fold
from opsconsole.incidents.post_mortem.exporting import Form, exported
from opsconsole.incidents.post_mortem.post_mortem import write_up
from post_mortem_samples import FIRED, Events, whole_incident


def as_text(events: tuple[IncidentEvent, ...]) -> str:
    return exported(write_up(fold(events), events, FIRED + 100_000.0), Form.MARKDOWN, UTC)


def short(*more: Callable[[Events], object]) -> tuple[IncidentEvent, ...]:
    """An incident that was opened, and nothing more than `more`."""
    events = Events()
    events.add(0, Opened(SafeText("slow"), IncidentSeverity.P3, SafeText("prod")))
    for one in more:
        one(events)
    return tuple(events.all)


def test_what_was_known_before_the_incident_was_opened_is_not_called_late() -> None:
    events = whole_incident()
    known = msgspec.structs.replace(events[0], recorded_at=FIRED + 76)
    assert "written down" not in as_text((known, *events[1:]))


def flip(state: ProbeState) -> ProbeFlipped:
    return ProbeFlipped(SafeText("shop"), SafeText("checkout-1"), SafeText("app"), ProbeKind.LIVENESS, state)


def test_a_probe_that_flips_is_told_once_with_how_often_it_did_and_where_it_stood() -> None:
    def flapping(events: Events) -> None:
        for at, state in ((5, ProbeState.FAILING), (9, ProbeState.PASSING), (14, ProbeState.FAILING)):
            events.add(at, flip(state), origin="kubernetes")

    lines = [line for line in as_text(short(flapping)).splitlines() if "**probe**" in line]
    (line,) = lines
    assert line.endswith("of checkout-1/app is failing; flips 2 times more, failing since 14:08:14 *· kubernetes*")
    assert "flips once more, passing since" in as_text(
        short(
            lambda events: events.add(5, flip(ProbeState.FAILING)),
            lambda events: events.add(9, flip(ProbeState.PASSING)),
        )
    )


def step(number: int, kind: StepKind, outcome: StepOutcome, title: str, operation: str = "") -> WalkStepped:
    result = StepResult(
        number=number, title=SafeText(title), kind=kind, outcome=outcome, at=FIRED + number, operation=operation
    )
    return WalkStepped("w1", result, number + 1)


def test_of_a_walk_the_timeline_tells_what_was_found_and_done() -> None:
    def walked(events: Events) -> None:
        events.add(5, step(1, StepKind.CHECK, StepOutcome.HOLDS, "Was it rolled out"))
        events.add(6, step(2, StepKind.DECIDE, StepOutcome.DONE, "Go on where it was"))
        events.add(7, step(3, StepKind.ACT, StepOutcome.UNDER_WAY, "Roll it back", "op-1"))
        events.add(9, step(3, StepKind.ACT, StepOutcome.DONE, "Roll it back", "op-1"))
        events.add(11, step(4, StepKind.ACT, StepOutcome.UNDER_WAY, "Scale it", "op-2"))

    lines = [
        line.partition("**runbook** ")[2] for line in as_text(short(walked)).splitlines() if "**runbook** " in line
    ]
    assert [line.partition(" *·")[0] for line in lines] == [
        "step 1, Was it rolled out: holds",
        "step 3, Roll it back: done",
        "step 4, Scale it: under way",
    ]


def test_an_alert_that_cleared_is_told_from_another_of_its_name() -> None:
    assert "ErrorRateHigh fires no more (critical)" in as_text(whole_incident())
