"""While an incident is worked on its timeline writes itself, whatever the operator does."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from console_case import ConsoleCase, console

from fake_clock import FakeClock
from memory_incidents import MemoryIncidents
from opsconsole.domain.alert import AlertState
from opsconsole.domain.cluster_object import Kind, ObjectRef
from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.domain.incident_event import IncidentEvent, What
from opsconsole.domain.pod import Change, ChangeKind, ChangeList
from opsconsole.domain.text import SafeText
from opsconsole.domain.workload import RolloutState, Workload, WorkloadList
from opsconsole.incidents.late_records import IncidentJournal
from opsconsole.incidents.protocols import StoreError
from opsconsole.operations.audit.log import AuditLog
from opsconsole.operations.engine import Engine
from opsconsole.operations.protocols import Operations
from opsconsole.operations.trail import Trail
from opsconsole.write_mode import WriteMode
from scripted_cluster import ScriptedCluster, catalogue, pod
from widget_samples import ALERTS, NOW

PATIENCE = 60.0
"""Wall seconds, also on a loaded machine."""

POD = "checkout-7d9f8b6c5-abcde"


def engine_in(folder: Path) -> Callable[[IncidentJournal, FakeClock, WriteMode], Operations]:
    def make(journal: IncidentJournal, clock: FakeClock, mode: WriteMode) -> Operations:
        cluster = ScriptedCluster(mode, clock.now)
        cluster.objects[Kind.POD, POD] = pod(POD)
        log = AuditLog(folder / "audit" / "prod.jsonl")
        trail = Trail(log, clock, cluster=SafeText("prod"), operator=SafeText("ana@laptop"), journal=journal)
        return Engine(cluster, catalogue(), trail, clock, mode)

    return make


async def until(case: ConsoleCase, condition: Callable[[], object], what: str) -> None:
    """Wait for `condition`, for as long as a loaded machine may take."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if condition():
            return
        await asyncio.sleep(0.01)
        await case.settle()
    pytest.fail(f"never: {what}\n{told(case.store)}\n{case.text}", pytrace=False)


def events(store: MemoryIncidents) -> list[IncidentEvent]:
    return sorted(store.written, key=lambda one: (one.at, one.recorded_at, one.id))


def told(store: MemoryIncidents) -> list[str]:
    """The timeline, without what opening an incident writes."""
    left_out = ("Opened", "MilestoneReached", "EvidencePinned")
    return [line(one.what) for one in events(store) if type(one.what).__name__ not in left_out]


def line(what: What) -> str:
    kind = type(what).__name__
    for name in ("state", "name", "words", "target"):
        value = getattr(what, name, "")
        if value:
            return f"{kind} {getattr(value, 'value', value)}"
    return kind


def count(store: MemoryIncidents, begins: str) -> int:
    return sum(one.startswith(begins) for one in told(store))


def asked(case: ConsoleCase) -> set[str]:
    """What the cluster was asked for."""
    return {question for question, _ in case.backends.workloads.asked}


def deployment(desired: int) -> Workload:
    ref = ObjectRef(Kind.DEPLOYMENT, SafeText("shop"), SafeText("checkout"))
    return Workload(ref, SafeText("checkout"), desired, desired, desired, desired, RolloutState.DONE, SafeText(""))


async def opened(case: ConsoleCase) -> None:
    await case.press("i")
    await until(case, lambda: "Open an incident" in case.text, "the dialog")
    await case.press("enter")
    await until(case, lambda: case.store.written, "the incident")
    await until(case, lambda: "is open" in case.text, "the way back")


async def test_alerts_a_rollout_and_an_operation_stand_in_it_with_their_times_and_who_says_so(tmp_path: Path) -> None:
    async with console(engine=engine_in(tmp_path)) as case:
        await opened(case)
        await case.pass_time(10)
        await until(case, lambda: count(case.store, "ProbeFlipped") == 2, "the failing probes")
        rollout = Change(
            NOW + 15, ChangeKind.DEPLOY, SafeText("shop"), SafeText("checkout"), SafeText("deploy checkout v1.9.1")
        )
        case.backends.workloads.change_list = ChangeList((rollout, *case.backends.workloads.change_list.changes))
        await case.pass_time(10)
        await until(case, lambda: count(case.store, "ChangeSeen") == 2, "the rollout")
        await case.press("W", "5", "home", "r")
        await until(case, lambda: "kill 1" in case.text, "the ways to restart")
        await case.press("enter")
        await until(case, lambda: "y does it" in case.text, "the plan")
        await case.clock.advance(1)
        await case.press("y")
        await until(case, lambda: count(case.store, "OperationTold verified"), "the outcome")
        await case.press("escape")
        kept = [one for one in ALERTS if one.name != "ErrorRateHigh"]
        case.backends.alerts.alert_list = tuple(kept)
        await case.pass_time(10)
        await until(case, lambda: count(case.store, "AlertCleared"), "the alert that cleared")
        assert told(case.store)[-6:] == [
            "ChangeSeen deploy checkout v1.9.1",
            "OperationTold recorded",
            "OperationTold sent",
            "OperationTold applied",
            "OperationTold verified",
            "AlertCleared ErrorRateHigh",
        ]
        first = told(case.store)[0]
        assert first == "ChangeSeen deploy checkout v1.9.0"
        by_kind = {line(one.what): one for one in events(case.store)}
        assert by_kind["ChangeSeen deploy checkout v1.9.1"].at == NOW + 15
        assert by_kind["ChangeSeen deploy checkout v1.9.1"].origin == "kubernetes"
        recorded = by_kind["OperationTold recorded"]
        assert (recorded.origin, recorded.author.operator, recorded.author.identity) == (
            "engine",
            "ana@laptop",
            "jane@example.com",
        )
        assert by_kind["AlertFired ErrorRateHigh"].origin == "prometheus"
        assert {one.author.operator for one in case.store.written} == {"ana@laptop"}


async def test_a_backend_that_is_away_clears_no_alert() -> None:
    async with console() as case:
        await opened(case)
        case.backends.alerts.alert_list = ()
        case.backends.alerts.failing = SourceError(ErrorKind.UNREACHABLE, "alertmanager")
        for _ in range(3):
            await case.pass_time(10)
        assert count(case.store, "AlertFired") > 0
        assert count(case.store, "AlertCleared") == 0
        case.backends.alerts.failing = None
        await case.press("f5")
        await case.pass_time(10)
        await until(case, lambda: count(case.store, "AlertCleared") == count(case.store, "AlertFired"), "all is clear")


async def test_a_silence_set_elsewhere_and_a_scaling_are_told() -> None:
    async with console() as case:
        case.backends.workloads.workload_list = WorkloadList((deployment(3),))
        await opened(case)
        await case.pass_time(10)
        await until(case, lambda: "workloads" in asked(case), "the replicas")
        await case.pass_time(10)
        case.backends.workloads.workload_list = WorkloadList((deployment(7),))
        muted = {"state": AlertState.SILENCED, "silenced_by": (SafeText("5f3a"),)}
        case.backends.alerts.alert_list = tuple(
            msgspec.structs.replace(one, **muted) if one.name == "ErrorRateHigh" else one for one in ALERTS
        )
        await case.press("f5")
        await case.pass_time(10)
        await until(case, lambda: count(case.store, "ChangeSeen scaled from 3 to 7"), "the scaling")
        await until(case, lambda: count(case.store, "ChangeSeen set: ErrorRateHigh is muted"), "the silence")
        assert count(case.store, "AlertCleared") == 0


async def test_without_an_incident_nothing_is_asked_or_written() -> None:
    async with console() as case:
        for _ in range(3):
            await case.pass_time(10)
        assert case.store.written == []
        assert "workloads" not in asked(case)


async def test_a_record_that_can_not_be_written_is_said_once_and_made_up_for() -> None:
    async with console() as case:
        await opened(case)
        case.store.broken = StoreError("the disk is full; free some room")
        for _ in range(4):
            await case.pass_time(10)
        await until(case, lambda: "the disk is full" in case.text, "what is wrong")
        said = [note for note in case.app._notifications if "timeline is not written" in note.message]
        assert len(said) == 1
        case.store.broken = None
        await case.pass_time(10)
        await until(case, lambda: count(case.store, "ChangeSeen") == 1, "what was missing")
