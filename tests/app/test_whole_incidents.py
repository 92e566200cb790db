"""A whole incident on three scenarios, by keys: from the alert to what is read the morning after."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner
from whole_incident import Shift, on_shift

from incident_reading import normalised
from opsconsole.cli.commands import opsconsole
from opsconsole.domain.incident import Incident, IncidentState, Milestone
from opsconsole.domain.incident_event import (
    AlertCleared,
    AlertFired,
    ChangeSeen,
    IncidentEvent,
    Opened,
    OperationTold,
    WalkBegun,
    WalkStepped,
)
from opsconsole.domain.operation import OperationState
from opsconsole.domain.walk import Verdict
from opsconsole.incidents.folding import walks
from opsconsole.practice.scenarios import scenario_named

pytestmark = pytest.mark.long

EXAMPLES = Path(__file__).parent / "incidents"


class Story(msgspec.Struct, frozen=True):
    """What fires, what was thought first, words of the cause that is found and of what heals it, what was walked."""

    scenario: str
    alert: str
    hypothesis: str
    cause: str
    healing: str
    runbooks: tuple[str, ...]


STORIES = (
    Story(
        "bad-release",
        "ErrorRateHigh",
        "the new release",
        "the release of checkout that was rolled out last",
        "to revision 3: checkout:1.14.2",
        ("bad-release",),
    ),
    Story(
        "pool-exhaustion",
        "GoroutinesHigh",
        "the database",
        "threads of orders block in Connection.close()",
        "to revision 3: orders:4.2.0",
        ("goroutine-leak", "pool-exhausted"),
    ),
    Story(
        "gc-surge",
        "OldGenerationHigh",
        "the heap is full",
        "concurrent marking of payments begins too late",
        "to revision 3: payments:3.8.1",
        ("jvm-old-generation",),
    ),
)


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.scenario)
async def test_from_the_alert_to_the_post_mortem_by_keys(story: Story, tmp_path: Path) -> None:
    async with on_shift(story.scenario, tmp_path) as shift:
        await shift.go_to_alert(story.alert)
        await opened(shift, story.hypothesis)
        await walked(shift)
        await acted(shift)
        await healed(shift, story.scenario)
        await resolved(shift, story)
        keys = len(shift.keys) - len(story.hypothesis)
        events, incident = await shift.events(), await shift.incident()
    assert keys < 50
    assert_record(story, incident, events)
    written = await asyncio.to_thread(exported, shift.record, incident)
    assert normalised(written, story.alert) == (EXAMPLES / f"{story.scenario}.md").read_text("utf-8")


async def opened(shift: Shift, hypothesis: str) -> None:
    """Open the incident of the alert that is shown, and say what it may be."""
    await shift.press("i")
    await shift.shows("Open an incident", "keeps")
    await shift.press("enter")
    await shift.shows("is open with")
    await shift.press("i")
    await shift.shows("opened as P2")
    await shift.press("h")
    await shift.shows("what it may be")
    await shift.press(*("space" if letter == " " else letter for letter in hypothesis), "enter")
    await shift.shows(f"first hypothesis: {hypothesis}")
    await shift.press("escape")


async def walked(shift: Shift) -> None:
    """Take the runbook that is offered first, and do what it says until it shows a plan."""
    await shift.press("w")
    await shift.shows("Runbooks for", "steps")
    await shift.press("enter")
    await shift.shows("Enter walk, Tab next")
    await shift.press("enter")
    await shift.shows("6 Runbook")
    await shift.walk_to_the_plan()


async def acted(shift: Shift) -> None:
    """Allow changes, say yes, and wait until the effect was seen; then end the walk."""
    await shift.shows("READ-ONLY: W allows changes")
    await shift.press("W")
    await shift.shows("y does it")
    await shift.press("y")
    await shift.passes(lambda: "Operation · verified" in shift.text, "the roll back to be verified")
    await shift.press("escape")
    await shift.shows("Enter goes on")
    await shift.press("enter")
    await shift.shows("Runbook · over")


async def healed(shift: Shift, scenario: str) -> None:
    """Wait until the alert that the scenario is known by fires nowhere any more, and the record says so."""
    truth = scenario_named(scenario).truth
    assert truth is not None
    await shift.press("i")
    await shift.passes(lambda: not shift.fires(truth.alert), f"{truth.alert} to clear")
    await shift.told_cleared(truth.alert)
    await shift.shows(f"{truth.alert} fires no more")


async def resolved(shift: Shift, story: Story) -> None:
    """Say that nobody suffers, then that it is over; cause and healing are there already."""
    await shift.press("s")
    await shift.shows("mitigated: nobody suffers")
    await shift.press("enter")
    await shift.shows("state: mitigated")
    await shift.press("s")
    await shift.shows("resolved: the cause is gone")
    await shift.press("enter")
    await shift.shows("cause  ", "healing  ", story.cause[:40])
    await shift.press("enter")
    await shift.shows("P2 resolved")


def assert_record(story: Story, incident: Incident, events: tuple[IncidentEvent, ...]) -> None:
    assert incident.state is IncidentState.RESOLVED
    assert story.cause in incident.cause
    assert story.healing in incident.healing
    assert list(incident.milestones) == list(Milestone)
    times = list(incident.milestones.values())
    assert times == sorted(times)
    assert [event.at for event in events] == sorted(event.at for event in events)
    assert [one.runbook for one in walks(events)] == list(story.runbooks)
    assert [one.verdict for one in walks(events)] == [*[Verdict.NOT_THIS] * (len(story.runbooks) - 1), Verdict.CAUSE]
    truth = scenario_named(story.scenario).truth
    assert truth is not None
    course = [step_of(event, truth.alert) for event in events]
    # A rollout, its alert, the record of it, a walk, an operation from its record to its effect.
    wanted = ("change", "fired", "opened", "walk", "step", "recorded", "sent", "applied", "verified")
    at = -1
    for one in wanted:
        assert one in course[at + 1 :], (one, course)
        at = course.index(one, at + 1)
    assert "cleared" in course[course.index("applied") :]


def step_of(event: IncidentEvent, alert: str) -> str:
    """The part that `event` has in the course of an incident about `alert`."""
    match event.what:
        case AlertFired(name=name) if name == alert:
            return "fired"
        case AlertCleared(name=name) if name == alert:
            return "cleared"
        case OperationTold(state=state):
            assert isinstance(state, OperationState)
            return state.value
    words = {ChangeSeen: "change", Opened: "opened", WalkBegun: "walk", WalkStepped: "step"}
    return words.get(type(event.what), "")


def exported(record: Path, incident: Incident) -> str:
    """The post-mortem as the command line writes it."""
    path = record.parent / "post-mortem.md"
    words = ("incident", "export", incident.id, "--file", str(record), "--output", str(path), "--time-zone", "UTC")
    result = CliRunner().invoke(opsconsole, words, standalone_mode=False)
    assert result.exception is None, result.output
    return path.read_text("utf-8")
