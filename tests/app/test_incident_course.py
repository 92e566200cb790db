"""An incident is brought to its end by keys: states, milestones, roles, what is to be done afterwards."""

from __future__ import annotations

from console_case import console
from incident_case import incident_of, opened, type_in, until

from opsconsole.domain.incident import IncidentState, Milestone
from widget_samples import NOW


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
