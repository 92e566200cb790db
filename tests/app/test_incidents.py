"""An incident is opened, written to and brought to its end by keys."""

from __future__ import annotations

import pytest
from console_case import ConsoleCase, console

from memory_incidents import MemoryIncidents
from opsconsole.domain.incident import Incident, IncidentField, IncidentSeverity, IncidentState, Milestone
from opsconsole.domain.incident_event import (
    AlertFired,
    Author,
    EvidencePinned,
    FieldSet,
    IncidentEvent,
    Noted,
    Opened,
)
from opsconsole.domain.series import Severity
from opsconsole.domain.text import SafeText
from opsconsole.incidents.folding import fold
from opsconsole.incidents.protocols import StoreError
from opsconsole.screens.incidents.incident_view import IncidentView
from widget_samples import NOW

FULL_DISK = StoreError("the disk is full; free some room")


async def until(case: ConsoleCase, words: str) -> str:
    """The screen once it shows `words`."""
    for _ in range(200):
        if words in (text := case.text):
            return text
        await case.settle()
        await case.pilot.pause(0.02)
    pytest.fail(f"{words!r} is not on the screen:\n{case.text}", pytrace=False)


async def type_in(case: ConsoleCase, words: str) -> str:
    names = {" ": "space", ",": "comma", ".": "full_stop", ":": "colon", "-": "minus", "/": "slash"}
    return await case.screen_after(*(names.get(letter, letter) for letter in words))


def incident_of(store: MemoryIncidents) -> Incident:
    """The incident that was opened last."""
    name = next(event.incident for event in reversed(store.written) if isinstance(event.what, Opened))
    return fold([event for event in store.written if event.incident == name])


async def opened(case: ConsoleCase) -> Incident:
    """Open an incident by `i`, Enter, and show its screen by `i`."""
    await case.press("i")
    await until(case, "Open an incident")
    await case.press("enter")
    await until(case, "is open")
    await case.press("i")
    await until(case, "opened as")
    return incident_of(case.store)


# -- opening -------------------------------------------------------------------------------------


async def test_i_and_enter_open_an_incident_about_the_alert_under_the_cursor() -> None:
    async with console() as case:
        await case.press("i")
        shown = await until(case, "Open an incident")
        assert "P1: a critical alert in production" in shown
        assert "ErrorRateHigh (critical)" in shown
        await case.press("enter")
        shown = await until(case, "is open")
        incident = incident_of(case.store)
        assert incident.severity is IncidentSeverity.P1
        assert incident.title == "ErrorRateHigh on checkout"
        assert incident.services == ("checkout",)
        assert "ErrorRateHigh" in {alert.name for alert in incident.alerts}
        assert incident.milestones[Milestone.DETECTED] == min(alert.started_at for alert in incident.alerts)
        assert any(isinstance(event.what, EvidencePinned) for event in case.store.written)
        assert f"{incident.name} P1" in await case.screen_later(1)


async def test_the_fields_can_be_changed_before_it_is_opened() -> None:
    async with console() as case:
        await case.press("i")
        await until(case, "Open an incident")
        await case.press("end")
        await type_in(case, " again")
        await case.press("tab", "backspace", "backspace")
        await type_in(case, "7")
        await case.press("enter")
        assert "write P1, P2, P3 or P4" in await until(case, "write P1")
        await case.press("backspace")
        await type_in(case, "p3")
        await case.press("enter")
        await until(case, "is open")
        incident = incident_of(case.store)
        assert incident.severity is IncidentSeverity.P3
        assert incident.title.endswith(" again")


async def test_an_alert_of_an_open_incident_joins_it() -> None:
    store = MemoryIncidents()
    async with console(store=store) as case:
        incident = await opened(case)
    async with console(store=store, operator="bo@desk") as case:
        await case.press("i")
        shown = await until(case, f"belongs to {incident.name} already")
        assert "opened as P1" in await until(case, "opened as")
        assert len({event.incident for event in store.written}) == 1, shown


async def test_a_store_that_fails_says_so_and_keeps_what_was_typed() -> None:
    async with console() as case:
        await case.press("i")
        await until(case, "Open an incident")
        case.store.broken = FULL_DISK
        await case.press("enter")
        shown = await until(case, "the disk is full; free some room")
        assert "ErrorRateHigh on checkout" in shown
        case.store.broken = None
        await case.press("enter")
        await until(case, "is open")


# -- notes ---------------------------------------------------------------------------------------


async def test_a_note_is_written_from_the_panes() -> None:
    async with console() as case:
        await opened(case)
        await case.press("escape", "J")
        await until(case, "note")
        await type_in(case, "pool looks full")
        await case.press("enter")
        await until(case, "written into")
        assert "pool looks full" in [event.what.words for event in case.store.written if isinstance(event.what, Noted)]


async def test_a_note_that_cannot_be_written_stays_in_its_line() -> None:
    async with console() as case:
        await opened(case)
        await case.press("n")
        await until(case, "what you see")
        await type_in(case, "pool looks full")
        case.store.broken = FULL_DISK
        await case.press("enter")
        shown = await until(case, "the disk is full")
        assert "pool looks full" in shown
        assert "What you typed is still here" in shown
        case.store.broken = None
        await case.press("enter")
        shown = await until(case, "note      pool looks full")
        assert "What you typed is still here" not in shown


async def test_without_an_incident_a_note_says_how_to_open_one() -> None:
    async with console() as case:
        await case.press("J")
        await until(case, "no incident is worked on: i opens one")


async def test_what_is_written_into_a_note_reaches_the_screen_inert() -> None:
    async with console() as case:
        incident = await opened(case)
        hostile = "[red]\x1b]52;c;aGk=\x07[/red]"
        await case.press("n")
        await until(case, "what you see")
        case.app.screen.query_one("TypingBox").value = hostile  # type: ignore[attr-defined]
        await case.press("enter")
        shown = await until(case, "note      [red]")
        assert "␛]52;c;aGk=␇[/red]" in shown
        assert incident.name in shown


# -- its course ----------------------------------------------------------------------------------


async def test_only_states_that_may_follow_are_offered_and_resolving_asks_for_cause_and_healing() -> None:
    async with console() as case:
        await opened(case)
        await case.press("s")
        shown = await until(case, "triage, becomes")
        assert "started:" in shown
        assert "resolved:" not in shown
        await case.press("enter")
        await until(case, "P1 started")
        await case.press("s")
        await until(case, "started, becomes")
        await type_in(case, "resolved")
        await case.press("enter")
        await until(case, "what healed it")
        await type_in(case, "bad release")
        await case.press("tab")
        await type_in(case, "rolled back")
        await case.press("enter")
        shown = await until(case, "P1 resolved")
        incident = incident_of(case.store)
        assert incident.state is IncidentState.RESOLVED
        assert (incident.cause, incident.healing) == ("bad release", "rolled back")
        assert "cause     bad release" in shown


async def test_cause_and_healing_may_stay_empty() -> None:
    async with console() as case:
        await opened(case)
        await case.press("s", "enter")
        await until(case, "P1 started")
        await case.press("s")
        await until(case, "started, becomes")
        await type_in(case, "resolved")
        await case.press("enter")
        await until(case, "what healed it")
        await case.press("enter")
        await until(case, "P1 resolved")


async def test_the_clock_runs_and_stops_when_it_is_resolved() -> None:
    async with console() as case:
        incident = await opened(case)
        await case.press("escape")
        before = case.clock.now() - incident.begins_at
        shown = await case.screen_later(10)
        minutes, seconds = divmod(int(before) + 10, 60)
        assert f"{incident.name} P1  {minutes:02}:{seconds:02}" in shown


async def test_a_hypothesis_and_a_cause_are_milestones() -> None:
    async with console() as case:
        await opened(case)
        await case.press("h")
        await until(case, "what it may be")
        await type_in(case, "pool too small")
        await case.press("enter")
        await until(case, "first hypothesis: pool too small")
        await case.press("c")
        await until(case, "INC")
        await type_in(case, "leak")
        await case.press("enter")
        await until(case, "cause: leak")
        assert {Milestone.FIRST_HYPOTHESIS, Milestone.CAUSE_NAMED} <= set(incident_of(case.store).milestones)


async def test_roles_are_taken_handed_over_and_left() -> None:
    async with console() as case:
        await opened(case)
        await case.press("r")
        await until(case, "commander: take it (nobody has it)")
        await case.press("enter")
        await until(case, "commander: hand it over (ana@laptop")
        await type_in(case, "hand")
        await case.press("enter")
        await until(case, "to whom")
        await type_in(case, "bo")
        await case.press("enter")
        await until(case, "commander: bo leaves it")
        await type_in(case, "leaves")
        await case.press("enter")
        await until(case, "bo is commander no more")
        spans = incident_of(case.store).roles
        assert [(one.person, one.until is None) for one in spans] == [("ana@laptop", False), ("bo", False)]


async def test_follow_ups_have_an_owner_and_a_date_and_are_done() -> None:
    async with console() as case:
        await opened(case)
        await case.press("a")
        await until(case, "something new")
        await case.press("enter")
        await until(case, "what has to be done")
        await type_in(case, "test the pool")
        # In one go, as letters come over a slow link.
        await case.pilot.press("tab", "tab", *"someday", "enter")
        await until(case, "is no date")
        await case.press(*["backspace"] * 7)
        await type_in(case, "3d")
        await case.press("enter")
        await until(case, "[ ] test the pool, ana@laptop, by")
        await type_in(case, "pool")
        await case.press("enter")
        await until(case, "what was done")
        await case.press("enter")
        await until(case, "[x] test the pool")
        (follow_up,) = incident_of(case.store).follow_ups
        assert follow_up.due is not None
        assert 2 * 86_400 < follow_up.due - NOW < 4 * 86_400
        await case.press("escape")
        await until(case, "done: test the pool")


async def test_the_event_under_the_cursor_stands_below_the_timeline_where_there_is_room() -> None:
    async with console() as case:
        await opened(case)
        await until(case, "Enter opens it")
        await case.press("end")
        lines = (await until(case, "Labels")).splitlines()
        under = next(place for place, line in enumerate(lines) if "Enter opens it" in line)
        assert any("ErrorRateHigh fires" in line for line in lines[under:])
        await case.pilot.resize_terminal(80, 24)
        assert "Enter opens it" not in await case.settled()
        await case.press("enter")
        await until(case, "Labels")


# -- several consoles ----------------------------------------------------------------------------


def by_bo(incident: Incident, what: FieldSet | Noted, number: int, *, replaces: tuple[str, ...] = ()) -> IncidentEvent:
    return IncidentEvent(
        id=f"bo-{number}",
        incident=incident.id,
        at=NOW,
        recorded_at=NOW,
        author=Author(SafeText("bo@desk")),
        origin=SafeText("operator"),
        what=what,
        replaces=replaces,
    )


async def test_what_another_console_writes_comes_by_itself() -> None:
    async with console() as case:
        incident = await opened(case)
        await case.store.append((by_bo(incident, Noted(SafeText("I look at orders")), 1),))
        await until(case, "I look at orders")


async def test_a_field_that_was_set_in_between_is_shown_and_decided_anew() -> None:
    async with console() as case:
        incident = await opened(case)
        await case.press("c")
        await until(case, "cause")
        await type_in(case, "leak")
        await case.store.append((by_bo(incident, FieldSet(IncidentField.CAUSE, SafeText("bad release")), 1),))
        view = case.app.screen_stack[-2]
        assert isinstance(view, IncidentView)
        for _ in range(400):
            if view.incident.cause:
                break
            await case.pilot.pause(0.05)
        assert view.incident.cause == "bad release", "the screen behind the dialog reads on"
        await case.press("enter")
        shown = await until(case, "was set to 'bad release' in between")
        assert "leak" in shown
        assert incident_of(case.store).cause == "bad release"
        await case.press("enter")
        await until(case, "cause: leak")
        assert incident_of(case.store).cause == "leak"
        assert incident_of(case.store).conflicts == ()


async def test_what_two_people_set_at_once_is_shown_with_both_versions_and_decided_by_a_key() -> None:
    async with console() as case:
        incident = await opened(case)
        head = incident.heads[IncidentField.SEVERITY]
        await case.store.merge(
            (
                by_bo(incident, FieldSet(IncidentField.SEVERITY, SafeText("P2")), 1, replaces=head),
                by_bo(incident, FieldSet(IncidentField.SEVERITY, SafeText("P4")), 2, replaces=head),
            )
        )
        shown = await until(case, "two say otherwise, severity")
        assert "P2 (bo" in shown
        assert "P4 (bo" in shown
        await case.press("x")
        await until(case, "which severity holds?")
        await type_in(case, "P4")
        await case.press("enter")
        await until(case, "P4 triage")
        assert incident_of(case.store).conflicts == ()


# -- list, timeline ------------------------------------------------------------------------------


def past() -> tuple[IncidentEvent, ...]:
    """A resolved incident of last week about the same alert."""
    at = NOW - 7 * 86_400

    def event(number: int, what: Opened | AlertFired | FieldSet, replaces: tuple[str, ...] = ()) -> IncidentEvent:
        return IncidentEvent(
            id=f"past-{number}",
            incident="inc-20260223-0old",
            at=at + number,
            recorded_at=at + number,
            author=Author(SafeText("bo@desk")),
            origin=SafeText("operator"),
            what=what,
            replaces=replaces,
        )

    prod, checkout = SafeText("prod"), SafeText("checkout")
    return (
        event(1, Opened(SafeText("checkout: ErrorRateHigh"), IncidentSeverity.P2, prod, SafeText("shop"), (checkout,))),
        event(
            2,
            AlertFired(SafeText("gone"), SafeText("ErrorRateHigh"), Severity.CRITICAL, {SafeText("service"): checkout}),
        ),
        event(3, FieldSet(IncidentField.HEALING, SafeText("rolled back to v41"))),
        event(4, FieldSet(IncidentField.STATE, SafeText("started")), ("past-1",)),
        event(5, FieldSet(IncidentField.STATE, SafeText("resolved")), ("past-4",)),
    )


async def test_past_incidents_are_listed_and_searched() -> None:
    async with console(store=MemoryIncidents(*past())) as case:
        await opened(case)
        await case.press("f2")
        shown = await until(case, "2 found")
        assert "INC-0old" in shown
        assert "healed by: rolled back to v41" in shown
        await case.press("slash")
        await type_in(case, "v41")
        await until(case, "1 found")
        await case.press("enter")
        await case.press("enter")
        await until(case, "healing   rolled back to v41")


async def test_open_ones_alone_are_listed() -> None:
    async with console(store=MemoryIncidents(*past())) as case:
        await opened(case)
        await case.press("f2")
        await until(case, "2 found")
        await case.press("E")
        shown = await until(case, "1 found")
        assert "INC-0old" not in shown


async def test_a_past_incident_that_is_alike_says_what_healed_it() -> None:
    async with console(store=MemoryIncidents(*past())) as case:
        await opened(case)
        await until(case, "healed by: rolled back to v41")
        await case.press("m")
        await until(case, "Like INC")
        await until(case, "INC-0old")


async def test_the_timeline_is_narrowed_to_one_kind() -> None:
    async with console() as case:
        await opened(case)
        await case.press("F")
        await until(case, "all kinds")
        await type_in(case, "alert")
        await case.press("enter")
        shown = await until(case, "only alert")
        assert "opened as" not in shown
        assert "ErrorRateHigh fires" in shown


async def test_evidence_is_drawn_again_from_the_timeline() -> None:
    async with console() as case:
        await opened(case)
        await case.press("F")
        await until(case, "all kinds")
        await type_in(case, "evidence")
        await case.press("enter")
        await until(case, "only evidence")
        await case.press("end", "enter")
        shown = await until(case, "Esc back")
        assert "kept" in shown
        assert "happened" in shown


async def test_nothing_is_lost_on_a_small_terminal() -> None:
    async with console(size=(80, 24)) as case:
        incident = await opened(case)
        shown = case.text
        assert incident.name in shown
        assert "P1 triage" in shown
        assert "opened as P1" in shown
