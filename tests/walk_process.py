"""A console without a screen that walks a runbook by itself, and is killed where it is told to be.

`python walk_process.py` reads lines `FOLDER PLACE SIGNAL` from stdin and answers each with the exit code of a console
that it forked off for it: importing everything anew for each would cost seconds. PLACE `nowhere` lets it walk to the
end. The record, the audit log, the cluster and what a program did are files in FOLDER, so the next console goes on.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from opsconsole.clock import SystemClock
from opsconsole.domain.cluster_object import Kind
from opsconsole.domain.errors import OpsConsoleError
from opsconsole.domain.incident import IncidentSeverity
from opsconsole.domain.incident_event import IncidentEvent, OperationTold, WalkBegun, WalkStepped
from opsconsole.domain.operation import AuditRecord, OperationState, Plan, Step
from opsconsole.domain.runbook import ActStep, AskStep, CheckStep
from opsconsole.domain.text import SafeText
from opsconsole.domain.walk import StepOutcome
from opsconsole.domain.workload import RolloutState, Workload, WorkloadList
from opsconsole.hang_up import leave_on_hang_up
from opsconsole.incidents.attachment import attachment_of
from opsconsole.incidents.book import Book
from opsconsole.incidents.folding import walks
from opsconsole.incidents.late_records import IncidentJournal, LateRecords
from opsconsole.incidents.records import Records
from opsconsole.incidents.store.sqlite_incidents import SqliteIncidents
from opsconsole.operations.audit.entry import Entry
from opsconsole.operations.audit.log import AuditLog
from opsconsole.operations.carrying_out import SEND_SECONDS, SETTLED_AFTER
from opsconsole.operations.engine import Engine
from opsconsole.operations.procedure import LocalProgram
from opsconsole.operations.procedures.run_command import RunCommand
from opsconsole.operations.programs import ProgramRunner, Ran
from opsconsole.operations.trail import Trail
from opsconsole.runbooks.bookcase import Bookcase
from opsconsole.runbooks.file_reading import text_file
from opsconsole.runbooks.parsing import load, parse
from opsconsole.runbooks.walking.deciding import result_of
from opsconsole.runbooks.walking.walker import RunbookWalker
from opsconsole.write_mode import WriteMode
from runbook_files import CHECK, DECIDE, ENDS, FRONT, step
from scripted_cluster import DEPLOYMENT, Scaling, ScriptedCluster, catalogue
from servers.waiting import until
from still_sources import backends
from walk_stage import quiet

PROD, USER = SafeText("prod"), SafeText("op")
NOWHERE = "nowhere"
WHILE_IT_RUNS = "while the program runs"
ORDERLY = (signal.SIGHUP, signal.SIGTERM)

ASK = step("question: Sure?\nchoices: [yes, no]", "ask", "Are you sure")
SCALE = step("operation: scale\nname: $service\nparameters: {replicas: 5}", "act", "More of it")
RUN = step("argv: [mend-it, $service]\nchanges: a file\nexpect: mended", "act", "Mend it")
RUNBOOK = FRONT + CHECK + DECIDE.replace("yes-it-is", "are-you-sure") + ASK + SCALE + RUN + ENDS
"""A check, a decision, a question, an operation, a command, a conclusion."""

PROGRAM = """#!/bin/sh
echo "$$" >> ran
if [ -e hold ]; then
    sleep 3600
fi
echo mended
"""

OUTCOMES = {
    OperationState.VERIFIED: StepOutcome.DONE,
    OperationState.UNVERIFIED: StepOutcome.NOT_DONE,
    OperationState.REFUSED: StepOutcome.NOT_DONE,
}


class Fate:
    """Where this console meets its end, and by which signal."""

    def __init__(self, place: str, number: signal.Signals) -> None:
        self.place = place
        self.number = number
        self.told = threading.Event()

    def is_at(self, here: str) -> bool:
        return here == self.place and not self.told.is_set()

    def strike(self, here: str) -> None:
        """In a thread: send the signal, and go on once the console knows of it."""
        if self.is_at(here):
            os.kill(os.getpid(), self.number)
            self.told.wait(60)

    async def strikes(self, here: str) -> None:
        """The same on the event loop."""
        if self.is_at(here):
            await asyncio.to_thread(self.strike, here)


class LaterClock(SystemClock):
    """So much later that nothing of a former console can be on its way any more."""

    def now(self) -> float:
        return super().now() + SETTLED_AFTER + SEND_SECONDS + 1


def named(event: IncidentEvent) -> str:
    match event.what:
        case WalkBegun():
            return "the walk begins"
        case WalkStepped(result=result):
            return f"step {result.number} {result.outcome.value}"
        case OperationTold(kind=kind, state=state):
            return f"{kind.value} {state.value} in the timeline"
    return ""


class Store(SqliteIncidents):
    """The record, with an end before and after each thing that is written."""

    fate: Fate

    async def append(self, events: Sequence[IncidentEvent]) -> tuple[IncidentEvent, ...]:
        await self.fate.strikes(f"before {named(events[-1])}")
        written = await super().append(events)
        await self.fate.strikes(f"after {named(events[-1])}")
        return written


class Log(AuditLog):
    """The audit log, the same."""

    fate: Fate

    def append(self, entry: Entry) -> Entry:
        self.fate.strike(f"before {entry.kind.value} {entry.state.value}")
        written = super().append(entry)
        self.fate.strike(f"after {entry.kind.value} {entry.state.value}")
        return written


class Cluster(ScriptedCluster):
    """A cluster that outlives consoles, and counts what changed it."""

    fate: Fate
    folder: Path

    def remember(self) -> None:
        state = self.folder / "cluster.json"
        if state.exists():
            self.objects[Kind.DEPLOYMENT, "checkout"] = msgspec.json.decode(state.read_bytes())

    async def send(self, mutation: Any, operation: str) -> Any:
        await self.fate.strikes("before the change")
        live = await super().send(mutation, operation)
        with (self.folder / "changes").open("a") as changes:
            changes.write(f"{operation}\n")
        (self.folder / "cluster.json").write_bytes(msgspec.json.encode(self.objects[Kind.DEPLOYMENT, "checkout"]))
        await self.fate.strikes("after the change")
        return live


class Runner(ProgramRunner):
    """Programs, with an end before, after and while one runs."""

    fate: Fate
    folder: Path

    async def run(self, act: LocalProgram) -> Ran:
        await self.fate.strikes("before the program")
        while_it_runs = self.fate.is_at(WHILE_IT_RUNS)
        if while_it_runs:
            (self.folder / "hold").touch()
        running = asyncio.ensure_future(super().run(act))
        if while_it_runs:
            await asyncio.to_thread(until, (self.folder / "ran").exists, "the program to run", 60)
        await self.fate.strikes(WHILE_IT_RUNS)
        try:
            ran = await running
        finally:
            running.cancel()
            await asyncio.wait((running,))
        await self.fate.strikes("after the program")
        return ran


class Console:
    """All parts of a console that a walk needs, put together as the app does."""

    def __init__(self, folder: Path, fate: Fate) -> None:
        self.folder = folder
        self.fate = fate
        self.clock = LaterClock() if (folder / "incidents.db").exists() else SystemClock()
        self.mode = WriteMode(self.clock)
        attachment = attachment_of(folder, PROD)

        async def opened() -> Records:
            store = Store(folder / "incidents.db")
            store.fate = fate
            return Records(store, Book(store, self.clock, cluster=PROD, operator=USER, attachment=attachment))

        self.records = LateRecords(opened, attachment)
        self.engine = self._engine()
        told = backends()
        told.metrics.instant_values = (1.0,)
        workload = Workload(DEPLOYMENT, SafeText("checkout"), 3, 3, 3, 3, RolloutState.DONE, SafeText(""))
        told.workloads.workload_list = WorkloadList((workload,))
        self.bookcase = Bookcase(
            (folder / "runbooks",),
            told.sources(),
            self.clock,
            PROD,
            records=self.records.if_needed,
            look_up=self._look_up,
        )

    def _engine(self) -> Engine:
        log = Log(self.folder / "audit" / "prod.jsonl")
        cluster = Cluster(self.mode, self.clock.now)
        programs = Runner(self.mode, {"PATH": f"{self.folder}:{os.defpath}", "LANG": "C.UTF-8"})
        log.fate = cluster.fate = programs.fate = self.fate
        cluster.folder = programs.folder = self.folder
        cluster.remember()
        trail = Trail(log, self.clock, cluster=PROD, operator=USER, journal=IncidentJournal(self.records))
        kinds = catalogue(Scaling(), RunCommand(programs))
        return Engine(cluster, kinds, trail, self.clock, self.mode, programs=programs)

    async def _look_up(self, operation: str) -> tuple[AuditRecord, ...]:
        await self.engine.reconcile()
        return await self.engine.audit_of(operation)

    async def walk(self) -> None:
        """Open an incident and begin, or take up what was left; to the end of the runbook."""
        records = await self.records()
        incident = records.book.current
        if incident is None:
            incident = await records.book.open([], title=SafeText("Checkout fails"), severity=IncidentSeverity.P2)
        await self.engine.reconcile()
        if any(walk.over for walk in walks(await records.store.events(incident.id))):
            return
        walker = await self._walker()
        try:
            await walker.begin()
            while walker.step is not None:
                await self._one_step(walker)
        finally:
            await walker.close()

    async def _walker(self) -> RunbookWalker:
        left = await self.bookcase.unfinished()
        if left:
            (walk,) = left
            (self.folder / "resumed").write_text(str(walk.position))
            return await self.bookcase.resume(walk)
        runbook = load(self.folder / "runbooks" / "case.md")
        return await self.bookcase.begin(runbook, {"service": "checkout", "namespace": "shop"})

    async def _one_step(self, walker: RunbookWalker) -> None:
        step = walker.step
        if step is None:
            return
        if isinstance(step.does, CheckStep):
            await quiet(walker)
        elif isinstance(step.does, AskStep):
            await walker.answer("yes")
        elif isinstance(step.does, ActStep):
            await self._act(walker, step.number)
        else:
            await walker.go_on()

    async def _act(self, walker: RunbookWalker, number: int) -> None:
        known = result_of(walker.walk, number)
        outcome = known.outcome if known is not None else None
        if outcome is StepOutcome.UNDER_WAY:
            await walker.go_on()
        elif outcome is StepOutcome.UNKNOWN:
            await walker.skip(SafeText("nobody will ever know; looked by hand, it was done"))
        else:
            await self._carried_out(walker, await self.engine.check(await walker.order()))

    async def _carried_out(self, walker: RunbookWalker, plan: Plan) -> None:
        await walker.acting(plan.id)
        self.mode.open()
        last: Step | None = None
        steps = self.engine.carry_out(plan)
        try:
            async for one in steps:
                last = one
        finally:
            if isinstance(steps, AsyncGenerator):
                await steps.aclose()
        outcome = OUTCOMES.get(last.state) if last is not None else None
        if last is not None and outcome is not None:
            await walker.acted(plan.id, outcome, last.words, last.output)

    async def close(self) -> None:
        """As the console ends: what was not sent is dropped, what was may answer; then the record is closed."""
        # A program that does not end by itself is waited for in vain.
        await self.engine.finish(*([0.5] if self.fate.place == WHILE_IT_RUNS else []))
        await self.records.close()


async def live(folder: Path, fate: Fate) -> int:
    """The exit code."""
    console = Console(folder, fate)
    walking = asyncio.ensure_future(console.walk())

    def leave() -> None:
        fate.told.set()
        walking.cancel()

    leave_on_hang_up(leave, lambda: 120.0)
    try:
        await walking
    except asyncio.CancelledError:
        return 3
    except (OpsConsoleError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 4
    finally:
        await console.close()
    return 0


def prepare(folder: Path) -> None:
    """The runbook and the program of a test."""
    (folder / "runbooks").mkdir()
    (folder / "runbooks" / "case.md").write_text(RUNBOOK)
    program = folder / "mend-it"
    program.write_text(PROGRAM.replace(">> ran", f">> {folder}/ran").replace("-e hold", f"-e {folder}/hold"))
    program.chmod(0o755)


def main() -> None:
    parse(text_file("case.md", RUNBOOK.encode()))  # brings what each console would bring anew
    for line in sys.stdin:
        folder, number, place = line.rstrip("\n").split(" ", 2)
        child = os.fork()
        if child == 0:
            code = asyncio.run(live(Path(folder), Fate(place, signal.Signals(int(number)))))
            sys.stderr.flush()
            os._exit(code)
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
