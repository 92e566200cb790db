"""Runbooks of files, walked by keys on a record in memory."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from console_case import SETTINGS, ConsoleCase, console

from memory_incidents import MemoryIncidents
from opsconsole.actions import PaneName
from opsconsole.config.settings import Settings
from opsconsole.domain.cluster_object import Kind, ObjectRef
from opsconsole.domain.operation import Confirmation, OperationKind
from opsconsole.domain.text import SafeText
from opsconsole.domain.walk import StepOutcome, Walk
from opsconsole.domain.workload import RolloutState, Workload, WorkloadList
from opsconsole.incidents.folding import walks
from runbook_files import CHECK, DECIDE, ENDS, FRONT, step
from still_sources import Backends, backends

SCALE = step("operation: scale\nname: $service\nparameters: {replicas: 5}", "act", "More of it")
MATCHES = FRONT.replace("title: A case", "title: A case\nmatches:\n  alerts: [ErrorRateHigh]")
WHOLE = MATCHES + CHECK + DECIDE.replace("yes-it-is", "more-of-it") + SCALE + ENDS
CHECKOUT = ObjectRef(Kind.DEPLOYMENT, SafeText("shop"), SafeText("checkout"))

O = StepOutcome  # noqa: E741


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "case.md").write_text(WHOLE)
    return msgspec.structs.replace(SETTINGS, runbooks=(tmp_path,))


def in_trouble() -> Backends:
    told = backends()
    told.metrics.instant_values = (1.0,)
    workload = Workload(CHECKOUT, SafeText("checkout"), 3, 3, 3, 3, RolloutState.DONE, SafeText(""))
    told.workloads.workload_list = WorkloadList((workload,))
    return told


async def press(case: ConsoleCase, *keys: str) -> str:
    """Each key once what the one before began has come to its end; files are read in threads."""
    for key in keys:
        await case.pilot.press(key)
        await case.pilot.pause()
        await case.finish("offers", "incident-look")
        if case.app.screen is case.screen:
            await case.finish("walk", "runbook")
    return await case.settled()


def recorded(store: MemoryIncidents) -> Walk:
    (walk,) = walks(store.written)
    return walk


def outcomes(walk: Walk) -> list[tuple[int, StepOutcome]]:
    return [(one.number, one.outcome) for one in walk.results]


@pytest.mark.long
async def test_from_the_alert_to_the_cause_every_step_is_in_the_record(settings: Settings) -> None:
    async with console(settings=settings, told=in_trouble()) as case:
        case.operations.confirmation = Confirmation.KEY
        text = await press(case, "W", "1", "w")
        assert "it is for the alert ErrorRateHigh" in text
        await press(case, "enter", "enter", "i", "enter")
        assert outcomes(recorded(case.store)) == [(1, O.HOLDS)]
        assert "holds: 1; expected above 0" in await press(case, "enter")
        await press(case, "enter")
        await case.clock.advance(1)
        await press(case, "y", "escape")
        ((plan, _),) = case.operations.carried_out
        assert (plan.order.kind, plan.order.target, plan.order.replicas) == (OperationKind.SCALE, CHECKOUT, 5)
        await press(case, "c", "enter")
        walk = recorded(case.store)
        assert walk.over
        assert outcomes(walk) == [(1, O.HOLDS), (2, O.DONE), (3, O.DONE), (4, O.DONE)]
        assert walk.results[2].operation == plan.id
        (incident,) = await case.store.incidents()
        assert incident.cause == "it is so"


@pytest.mark.long
async def test_a_console_started_later_takes_the_walk_up_at_the_same_step(settings: Settings) -> None:
    store = MemoryIncidents()
    async with console(settings=settings, told=in_trouble(), store=store) as case:
        await press(case, "1", "w", "enter", "enter", "i", "enter", "enter")
        left = recorded(store)
        assert left.position == 3
    async with console(settings=settings, told=in_trouble(), store=store) as case:
        await press(case, "1", "i", "escape")  # the alert belongs to the incident: that one is worked on again
        text = await press(case, "1", "w")
        assert "resume A case at step 3" in text
        text = await press(case, "enter")
        assert "step 3 of 5" in text
        assert case.screen.focused_pane is PaneName.RUNBOOK
    assert recorded(store) == left


async def test_a_file_that_is_changed_in_mid_walk_ends_the_walk(settings: Settings) -> None:
    async with console(settings=settings, told=in_trouble()) as case:
        await press(case, "1", "w", "enter", "enter", "enter")
        (settings.runbooks[0] / "case.md").write_text(WHOLE + "\n")
        text = await press(case, "enter")
        assert "6 Runbook · stopped" in text
        await press(case, "enter", "enter", "enter")
        assert "step 2 of 5" in await case.settled()


async def test_a_file_with_a_fault_is_named_with_its_line(settings: Settings) -> None:
    (settings.runbooks[0] / "broken.md").write_text(WHOLE.replace("above 0", "above [b]"))
    async with console(settings=settings) as case:
        text = await press(case, "1", "w")
        line = WHOLE.splitlines().index("expect: above 0") + 1
        assert f"1 file can't be walked: broken.md line {line}: " in text
