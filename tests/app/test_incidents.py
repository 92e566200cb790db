"""An incident is opened by keys and noted in, by one console and by several."""

from __future__ import annotations

from console_case import console
from incident_case import FULL_DISK, incident_of, opened, type_in, until

from memory_incidents import MemoryIncidents
from opsconsole.domain.incident import Incident, IncidentField, IncidentSeverity, Milestone
from opsconsole.domain.incident_event import (
    Author,
    EvidencePinned,
    FieldSet,
    IncidentEvent,
    Noted,
)
from opsconsole.domain.text import SafeText
from opsconsole.screens.incidents.incident_view import IncidentView
from widget_samples import NOW

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
