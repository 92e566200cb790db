"""Incidents are listed and searched, and a timeline is narrowed and drawn again."""

from __future__ import annotations

from console_case import console
from incident_case import opened, type_in, until

from memory_incidents import MemoryIncidents
from opsconsole.domain.incident import IncidentField, IncidentSeverity
from opsconsole.domain.incident_event import (
    AlertFired,
    Author,
    FieldSet,
    IncidentEvent,
    Opened,
)
from opsconsole.domain.series import Severity
from opsconsole.domain.text import SafeText
from widget_samples import NOW


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
