"""How a drill is judged, from its record, the truth and the keys."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from drill_samples import ended, operation
from incident_samples import T0, event, field, fired, opened
from memory_incidents import MemoryIncidents
from opsconsole.domain.cluster_object import Kind
from opsconsole.domain.drill import ActionUsed
from opsconsole.domain.incident import IncidentField, Milestone
from opsconsole.domain.incident_event import DrillNamed, IncidentEvent, MilestoneReached
from opsconsole.domain.operation import OperationKind as K
from opsconsole.domain.operation import OperationState as S
from opsconsole.domain.text import SafeText
from opsconsole.drills.history import former_drills
from opsconsole.drills.judging import DrillResult, judged
from opsconsole.drills.report import plain, report
from opsconsole.incidents.folding import fold

CAUSE = "checkout 1.15.0 panics on carts without a coupon"
RIGHT = operation(K.ROLL_BACK)


def beginning() -> list[IncidentEvent]:
    return [event(fired(), 0), event(opened(drill=True), 30)]


def result_of(events: Sequence[IncidentEvent]) -> DrillResult:
    found = judged(fold(events), events)
    assert found is not None
    return found


def whole(cause: str = CAUSE, *others: IncidentEvent) -> list[IncidentEvent]:
    return [
        *beginning(),
        event(MilestoneReached(Milestone.FIRST_HYPOTHESIS, SafeText("the release")), 60),
        event(field(IncidentField.CAUSE, cause), 90),
        event(RIGHT, 120),
        *others,
        event(ended(0, ActionUsed("runbooks", T0 + 40), ActionUsed("see_change", T0 + 50)), 430),
    ]


def test_what_has_not_ended_is_not_judged() -> None:
    assert judged(fold(beginning()), beginning()) is None


def test_times_count_from_the_first_alert() -> None:
    times = result_of(whole()).times
    assert (times.opened, times.hypothesis, times.cause, times.healing, times.calm) == (30, 60, 90, 120, 400)
    assert times.resolved is None


@pytest.mark.parametrize(
    ("cause", "service", "change"),
    [
        (CAUSE, True, True),
        ("the new Checkout release", True, False),
        ("release 1.15.0 of the gateway", False, True),
        ("the database is slow", False, False),
    ],
)
def test_words_are_compared_with_the_service_and_what_is_the_changes_own(
    cause: str, service: bool, change: bool
) -> None:
    found = result_of(whole(cause))
    assert (found.mentions_service, found.mentions_change) == (service, change)


def test_the_operator_judges_the_words_and_may_think_again() -> None:
    assert result_of(whole()).named is None
    assert result_of(whole()).cause_time == 90
    twice = [*whole(), event(DrillNamed(True), 440), event(DrillNamed(False), 450)]
    assert result_of(twice).named is False
    assert result_of(twice).cause_time is None


@pytest.mark.parametrize(
    ("told", "helped", "why"),
    [
        (RIGHT, True, "this cures"),
        (operation(K.ROLL_BACK, "gateway"), False, "the fault was in checkout"),
        (operation(K.ROLLING_RESTART), False, "the new process has the same fault: relief at best"),
        (operation(K.RESTART_CONTAINER, "checkout-7d9f-x", of=Kind.POD), False, "the new process has the same fault"),
        (operation(K.ROLL_BACK, state=S.REFUSED), False, "it did not take effect (refused)"),
        (operation(K.SCALE), False, "the fault is still there"),
    ],
)
def test_an_operation_helped_when_it_cures_and_was_done_to_the_right_service(told, helped: bool, why: str) -> None:
    events = [*beginning(), event(told, 100), event(ended(), 430)]
    (found,) = result_of(events).operations
    assert found.helped is helped
    assert found.why.startswith(why)
    assert result_of(events).cured is helped


def test_all_lines_of_one_operation_are_one_and_those_that_heal_nothing_by_nature_are_left_out() -> None:
    states = [event(operation(K.ROLL_BACK, state=one), 100 + at) for at, one in enumerate((S.RECORDED, S.SENT))]
    level = event(operation(K.SET_LOG_LEVEL, id="op2"), 105)
    events = [*beginning(), *states, event(RIGHT, 110), level, event(ended(), 430)]
    assert [(one.after, one.helped) for one in result_of(events).operations] == [(100, True)]


def test_nothing_is_missed_in_a_good_drill_but_evidence() -> None:
    assert result_of(whole()).missed == ("no evidence was kept (e)",)


@pytest.mark.parametrize(
    ("events", "missed"),
    [
        ([], "nothing was done; what heals: roll checkout back to 1.14.2"),
        ([operation(K.ROLLING_RESTART)], "there were restarts only; what heals: roll checkout back to 1.14.2"),
        ([operation(K.ROLL_BACK, "gateway")], "the wrong thing was rolled back; what heals: roll checkout back"),
        ([], "the cause was never named (i, then c)"),
        ([], "no hypothesis was written down (i, then h)"),
        ([], "no runbook was looked at (w)"),
        ([], "what changed just before was never looked at (h)"),
    ],
)
def test_what_was_missed_is_named(events, missed: str) -> None:
    record = [*beginning(), *(event(one, 100) for one in events), event(ended(), 430)]
    assert any(one.startswith(missed) for one in result_of(record).missed)


def test_a_cause_named_after_the_cure_is_told() -> None:
    record = [*beginning(), event(RIGHT, 80), event(field(IncidentField.CAUSE, CAUSE), 200), event(ended(), 430)]
    assert "it was healed before its cause was named" in result_of(record).missed


def test_a_drill_without_an_incident_has_no_time_of_opening() -> None:
    record = [*beginning(), event(ended(attended=False), 430)]
    assert result_of(record).times.opened is None
    assert "no incident was opened (i)" in result_of(record).missed


# -- the report and former drills ------------------------------------------------------------------


def drill_of(incident: str, at: float, cause_after: float, scenario: str = "bad-release") -> list[IncidentEvent]:
    return [
        event(opened(drill=True), at, incident=incident),
        event(field(IncidentField.CAUSE, CAUSE), at + cause_after, incident=incident),
        event(ended(at, calm=at + 300, scenario=scenario), at + 300, incident=incident),
    ]


async def test_a_drill_is_compared_with_former_ones_of_its_scenario_and_with_nine_minutes() -> None:
    store = MemoryIncidents(
        *drill_of("inc-20270115-aaaa", 0, 600),
        *drill_of("inc-20270115-bbbb", 1000, 200),
        *drill_of("inc-20270115-cccc", 2000, 10, "gc-surge"),
        *drill_of("inc-20270115-dddd", 3000, 100),
        *drill_of("inc-20270115-eeee", 4000, 5),
        event(opened(drill=True), 5000, incident="inc-20270115-ffff"),
    )
    events = await store.events("dddd")
    result = result_of(events)
    former = await former_drills(store, before=result)
    assert [one.incident.id[-4:] for one in former] == ["cccc", "bbbb", "aaaa"]
    text = plain(report(result, former))
    assert "beaten by 07:20" in text
    assert "2 of bad-release" in text
    assert "01:40; median 06:40, best 03:20; this is the best" in text


async def test_the_truth_stands_beside_the_words_and_the_way_in_order() -> None:
    path = (ActionUsed("follow", T0 - 20), ActionUsed("see_change", T0 + 50), ActionUsed("roll_back", T0 + 100, 2))
    text = plain(report(result_of([*beginning(), event(RIGHT, 120), event(ended(0, *path), 430)])))
    for line in (
        "bad-release, seed 7: healed",
        "  you wrote         nothing",
        "  it was            checkout 1.15.0 dereferences a nil coupon",
        "  nine minutes      not beaten: the cause was not named",
        "  02:00             roll-back deployment shop/checkout: this cures",
        "  before the alert  follow",
        "  00:30             (incident opened)",
        "  01:40             roll back ×2",
    ):
        assert line in text.splitlines()
    assert text.index("see change") < text.index("roll back ×2")


async def test_alerts_that_cleared_without_a_cure_are_told() -> None:
    restart = event(operation(K.ROLLING_RESTART), 100)
    text = plain(report(result_of([*beginning(), restart, event(ended(), 430)])))
    assert "the alerts cleared without a cure" in text
