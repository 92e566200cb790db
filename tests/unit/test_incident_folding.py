"""Events in, an incident out: what each event does, and that their order does not matter."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incident_samples import INCIDENT, T0, cleared, event, field, fired, note, opened
from opsconsole.domain.incident import IncidentField, IncidentSeverity, IncidentState, Milestone
from opsconsole.domain.incident_event import (
    FollowUpAdded,
    FollowUpDone,
    IncidentEvent,
    MilestoneReached,
    RoleLeft,
    RoleTaken,
    ServiceAdded,
    WalkBegun,
    WalkStepped,
    What,
)
from opsconsole.domain.text import SafeText
from opsconsole.domain.walk import StepKind, StepOutcome, StepResult
from opsconsole.incidents.folding import fold, in_order, walks

S = SafeText
F = IncidentField
START = event(opened(services=("checkout",)), id="open")


def test_the_opening_alone_is_an_incident_in_triage() -> None:
    incident = fold([START])
    assert (incident.id, incident.title, incident.severity) == (INCIDENT, "Checkout fails", IncidentSeverity.P2)
    assert (incident.state, incident.state_times) == (IncidentState.TRIAGE, ((IncidentState.TRIAGE, T0),))
    assert incident.heads == {F.TITLE: ("open",), F.SEVERITY: ("open",), F.STATE: ("open",)}
    assert (incident.conflicts, incident.events, incident.services) == ((), 1, ("checkout",))


def test_a_new_value_takes_the_place_of_what_it_names() -> None:
    incident = fold([START, event(field(F.TITLE, "Payments fail"), 5, id="t", replaces=("open",))])
    assert (incident.title, incident.heads[F.TITLE], incident.conflicts) == ("Payments fail", ("t",), ())


def test_two_values_that_replace_one_are_a_conflict_and_the_oldest_is_in_force() -> None:
    both = [
        event(field(F.SEVERITY, "P1"), 9, id="late", replaces=("open",)),
        event(field(F.SEVERITY, "P3"), 8, id="early", replaces=("open",)),
    ]
    incident = fold([START, *both])
    assert incident.severity is IncidentSeverity.P3
    (conflict,) = incident.conflicts
    assert [(one.event, one.value, one.author) for one in conflict.versions] == [
        ("early", "P3", "jane@laptop"), ("late", "P1", "jane@laptop"),
    ]  # fmt: skip
    decided = fold([START, *both, event(field(F.SEVERITY, "P1"), 20, id="d", replaces=("early", "late"))])
    assert (decided.severity, decided.conflicts, decided.heads[F.SEVERITY]) == (IncidentSeverity.P1, (), ("d",))


def test_a_decision_that_knew_one_version_alone_leaves_a_conflict_with_the_other() -> None:
    incident = fold([
        START,
        event(field(F.CAUSE, "pool"), 1, id="a"),
        event(field(F.CAUSE, "cache"), 2, id="b"),
        event(field(F.CAUSE, "disk"), 3, id="c", replaces=("a",)),
    ])  # fmt: skip
    assert incident.cause == "cache"
    assert [one.event for one in incident.conflicts[0].versions] == ["b", "c"]


def test_two_people_who_say_the_same_do_not_disagree() -> None:
    same = [event(field(F.STATE, "started"), at, id=f"s{at}", replaces=("open",)) for at in (3, 4)]
    incident = fold([START, *same])
    assert (incident.state, incident.conflicts, incident.heads[F.STATE]) == (IncidentState.STARTED, (), ("s3", "s4"))
    assert incident.state_times == ((IncidentState.TRIAGE, T0), (IncidentState.STARTED, T0 + 3))


def test_a_clock_that_is_behind_puts_no_state_before_the_one_it_follows() -> None:
    incident = fold([
        START,
        event(field(F.STATE, "started"), 60, id="s", replaces=("open",)),
        event(field(F.STATE, "mitigated"), 58, id="m", replaces=("s",)),
    ])  # fmt: skip
    assert incident.state_times[1:] == ((IncidentState.STARTED, T0 + 60), (IncidentState.MITIGATED, T0 + 60))


def test_values_that_replace_each_other_in_a_ring_end_somewhere() -> None:
    incident = fold([
        START,
        event(field(F.CAUSE, "pool"), 1, id="a", replaces=("b",)),
        event(field(F.CAUSE, "cache"), 2, id="b", replaces=("a",)),
    ])  # fmt: skip
    assert len(incident.heads[F.CAUSE]) == 1


def test_a_value_that_is_none_has_no_effect() -> None:
    incident = fold([START, event(field(F.STATE, "exploded"), 1, replaces=("open",))])
    assert (incident.state, incident.heads[F.STATE]) == (IncidentState.TRIAGE, ("open",))


def test_an_alert_joins_once_and_opens_again_when_it_fires_again() -> None:
    story = [
        event(fired(), -60), event(fired(), -60), event(cleared(), 30), event(fired(), 90),
        event(fired("PoolWaiting", "f2"), 5), event(cleared("PoolWaiting", "f2"), 50),
    ]  # fmt: skip
    incident = fold([START, *story])
    assert [(one.name, one.started_at, one.cleared_at) for one in incident.alerts] == [
        ("ErrorRateHigh", T0 - 60, None), ("PoolWaiting", T0 + 5, T0 + 50),
    ]  # fmt: skip
    assert fold([START, *story[:3]]).alerts[0].cleared_at == T0 + 30


def test_a_role_is_one_persons_at_a_time() -> None:
    story = [
        (RoleTaken(S("commander"), S("jane")), 1),
        (RoleTaken(S("commander"), S("jane")), 2),
        (RoleTaken(S("operations"), S("ali")), 3),
        (RoleTaken(S("commander"), S("mei")), 10),
        (RoleLeft(S("commander"), S("jane")), 11),
        (RoleLeft(S("operations"), S("ali")), 12),
    ]
    spans = fold([START, *(event(what, at) for what, at in story)]).roles
    assert [(one.role, one.person, one.since - T0, one.until and one.until - T0) for one in spans] == [
        ("commander", "jane", 1, 10), ("operations", "ali", 3, 12), ("commander", "mei", 10, None),
    ]  # fmt: skip


def test_a_follow_up_is_open_until_it_is_done() -> None:
    added = event(FollowUpAdded("u1", S("raise the pool"), S("ali"), T0 + 1e6), 1)
    done = event(FollowUpDone("u1"), 40)
    assert fold([START, added]).follow_ups[0].done_at is None
    assert fold([done, START, added]).follow_ups[0].done_at == T0 + 40


def test_milestones_have_their_first_time() -> None:
    story: list[tuple[What, float, tuple[str, ...]]] = [
        (fired(), -90, ()), (fired("PoolWaiting", "f2"), -30, ()),
        (MilestoneReached(Milestone.ACKNOWLEDGED), 0, ()), (MilestoneReached(Milestone.FIRST_HYPOTHESIS), 60, ()),
        (MilestoneReached(Milestone.FIRST_HYPOTHESIS), 50, ()), (field(F.CAUSE, "pool"), 120, ()),
        (field(F.STATE, "started"), 10, ("open",)),
    ]  # fmt: skip
    events = [START, *(event(what, at, id=f"m{at}", replaces=replaces) for what, at, replaces in story)]
    events.append(event(field(F.STATE, "resolved"), 300, replaces=("m10",)))
    incident = fold(events)
    assert {one.value: at - T0 for one, at in incident.milestones.items()} == {
        "detected": -90, "acknowledged": 0, "first hypothesis": 50, "cause named": 120, "mitigated": 300,
        "resolved": 300,
    }  # fmt: skip
    assert list(incident.milestones) == list(Milestone)
    assert (incident.begins_at, incident.ends_at) == (T0 - 90, T0 + 300)


def test_the_clock_stops_at_the_resolution_not_at_the_closing() -> None:
    steps = ["started", "resolved", "started", "resolved", "closed"]
    events, last = [START], "open"
    for number, state in enumerate(steps, 1):
        events.append(event(field(F.STATE, state), 100 * number, id=f"s{number}", replaces=(last,)))
        last = f"s{number}"
    assert fold(events).ends_at == T0 + 400
    assert fold(events[:4]).ends_at is None


def test_what_came_before_its_opening_is_an_incident_that_says_so() -> None:
    incident = fold([event(note("the pool is full"), 3)])
    assert (incident.title, incident.cluster, incident.opened_at) == ("(its first event is missing)", "", T0 + 3)


@pytest.mark.parametrize("events", [[], [START, event(note("x"), incident="inc-2")]], ids=["none", "of two"])
def test_one_incident_is_folded_at_a_time(events: list[IncidentEvent]) -> None:
    with pytest.raises(ValueError, match="one incident"):
        fold(events)


def step(number: int, outcome: StepOutcome = StepOutcome.HOLDS, then: int | None = 0, walk: str = "w1") -> WalkStepped:
    result = StepResult(number=number, title=S(f"step {number}"), kind=StepKind.CHECK, outcome=outcome, at=T0)
    return WalkStepped(walk, result, number + 1 if then == 0 else then)


BEGUN = event(WalkBegun("w1", S("bad-release"), S("Bad release"), "ab" * 32, "x.md", {"service": S("checkout")}), 10)


def test_a_walk_resumes_at_the_step_at_hand() -> None:
    (fresh,) = walks([START, BEGUN])
    assert (fresh.position, fresh.results, fresh.begun_at, fresh.incident) == (1, (), T0 + 10, INCIDENT)
    (walk,) = walks([START, BEGUN, event(step(1), 11), event(step(2), 12)])
    assert (walk.position, [one.number for one in walk.results], walk.over) == (3, [1, 2], False)
    (walk,) = walks([START, BEGUN, event(step(1), 11), event(step(2, then=None), 12)])
    assert walk.over


def test_what_was_taken_back_no_longer_counts() -> None:
    back = event(step(2, StepOutcome.TAKEN_BACK, then=2), 13)
    (walk,) = walks([BEGUN, event(step(1), 11), event(step(2), 12), back])
    assert (walk.position, [one.number for one in walk.results]) == (2, [1])
    (walk,) = walks([BEGUN, event(step(1), 11), event(step(2), 12), back, event(step(2, StepOutcome.FAILS), 14)])
    assert [(one.number, one.outcome) for one in walk.results] == [(1, StepOutcome.HOLDS), (2, StepOutcome.FAILS)]


def test_steps_of_one_moment_follow_each_other() -> None:
    steps = [event(step(number), 11, id=name) for number, name in ((1, "z"), (2, "a"), (3, "m"))]
    (walk,) = walks([BEGUN, *steps])
    assert (walk.position, [one.number for one in walk.results]) == (4, [1, 2, 3])


def test_two_walks_are_told_apart() -> None:
    other = event(WalkBegun("w2", S("slow-start"), S("Slow start"), "cd" * 32, "y.md"), 5)
    assert [(one.id, one.position) for one in walks([BEGUN, event(step(1), 11), other])] == [("w2", 1), ("w1", 2)]


# Every kind of event that the fold looks at, at few moments and by few names, so that they meet.
_names = st.sampled_from(["a", "b", "c", "d", "open"])
_words = st.sampled_from([S("jane"), S("ali"), S("mei")])
_whats: st.SearchStrategy[What] = st.one_of(
    st.builds(opened, st.sampled_from(["one", "two"])),
    st.builds(field, st.sampled_from(F), st.sampled_from(["P1", "P4", "started", "resolved", "closed", "words", ""])),
    st.builds(fired, st.sampled_from(["A", "B"]), st.sampled_from(["f1", "f2"])),
    st.builds(cleared, st.sampled_from(["A", "B"]), st.sampled_from(["f1", "f2"])),
    st.builds(RoleTaken, st.just(S("commander")), _words),
    st.builds(RoleLeft, st.just(S("commander")), _words),
    st.builds(ServiceAdded, _words),
    st.builds(MilestoneReached, st.sampled_from(Milestone)),
    st.builds(FollowUpAdded, _names, _words),
    st.builds(FollowUpDone, _names),
    st.builds(note, st.just("x")),
    st.just(BEGUN.what),
    st.builds(step, st.integers(1, 4), st.sampled_from(StepOutcome), st.one_of(st.none(), st.integers(1, 4))),
)
_events = st.lists(
    st.builds(
        lambda what, at, name, late, replaces: event(what, at, id=name, recorded=at + late, replaces=tuple(replaces)),
        _whats, st.integers(-2, 5), st.sampled_from("abcdefghijkl"), st.integers(0, 3), st.lists(_names, max_size=3),
    ),
    min_size=1, max_size=14,
)  # fmt: skip


def test_a_title_cannot_be_taken_away() -> None:
    earlier = event(field(IncidentField.TITLE, ""), -1)
    incident = fold([event(opened("one"), 0), earlier])
    assert (incident.title, incident.conflicts) == ("one", ())


@given(_events.flatmap(lambda events: st.tuples(st.just(events), st.permutations(events))))
def test_any_order_folds_to_the_same(both: tuple[list[IncidentEvent], list[IncidentEvent]]) -> None:
    events, shuffled = both
    assert in_order(shuffled) == in_order(events)
    assert fold(shuffled) == fold(events) == fold([*events, *shuffled])
    assert walks(shuffled) == walks(events)


@given(_events)
def test_whatever_came_in_the_value_in_force_is_the_oldest_that_nobody_replaced(events: list[IncidentEvent]) -> None:
    incident = fold(events)
    for conflict in incident.conflicts:
        now = getattr(incident, conflict.field.value)
        assert conflict.versions[0].value == getattr(now, "value", now)
        assert {one.event for one in conflict.versions} == set(incident.heads[conflict.field])
        assert [one.at for one in conflict.versions] == sorted(one.at for one in conflict.versions)
    assert [at for _, at in incident.state_times] == sorted(at for _, at in incident.state_times)
