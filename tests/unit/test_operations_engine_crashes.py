"""Whatever fails and wherever the console dies: one change at most, no lost record, and a truth to end with."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TypeVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from opsconsole.domain.cluster_object import JsonObject, Kind, LiveObject, ObjectRef
from opsconsole.domain.errors import OpsConsoleError
from opsconsole.domain.incident_event import Fact, OperationTold
from opsconsole.domain.operation import AuditRecord, OperationKind, OperationState, Order, Step
from opsconsole.domain.text import SafeText
from opsconsole.operations.audit.chain import entries, read, verify
from opsconsole.operations.audit.entry import Entry
from opsconsole.operations.audit.log import AuditError, AuditLog
from opsconsole.operations.control import Access, Executed, Mutation
from opsconsole.operations.engine import Engine
from opsconsole.operations.trail import Trail
from opsconsole.write_mode import WriteMode
from scripted_cluster import DEPLOYMENT, POD, Fault, ScriptedCluster, catalogue

S = OperationState
T = TypeVar("T")
APPLIED = frozenset({S.APPLIED, S.VERIFIED, S.UNVERIFIED})
OPEN = frozenset({S.RECORDED, S.SENT, S.UNKNOWN})


class Killed(BaseException):
    """The process is gone: nothing of it runs any more."""


class RushingClock:
    """Waiting takes no time, but the time passes."""

    def __init__(self) -> None:
        self.time = 1_800_000_000.0

    def now(self) -> float:
        return self.time

    def monotonic(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0)
        self.time += seconds


class Fate:
    """Counts what a console does to the world, and kills it at one of those steps."""

    def __init__(self) -> None:
        self.left: int | None = None
        self.dead = False

    def step(self) -> None:
        """One step; never returns in a dead console."""
        if self.left is not None:
            self.left -= 1
        if self.dead or self.left == 0:
            self.dead = True
            raise Killed


class MortalLog(AuditLog):
    """Dies before, in or after the writing of a line; `full` lines can't be written at all, `doubtful` ones
    are written and yet reported as failed."""

    def __init__(self, path: Path, fate: Fate, disk: Disk) -> None:
        super().__init__(path)
        self._fate = fate
        self._disk = disk

    def append(self, entry: Entry) -> Entry:
        self._fate.step()
        trouble = self._disk.next()
        if trouble == "full":
            raise AuditError("no space left on device")
        try:
            self._fate.step()
        except Killed:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("ab") as file:  # half a line is what a crash in the middle leaves
                file.write(b'{"entry":{"at":1800')
            raise
        written = super().append(entry)
        self._fate.step()
        if trouble == "doubtful":
            raise AuditError("input/output error")
        return written


class Disk:
    def __init__(self) -> None:
        self.troubles: list[str] = []

    def next(self) -> str:
        return self.troubles.pop(0) if self.troubles else ""


class MortalJournal:
    """A timeline that dies with its console, before or after it was written; at `troubles` it is not written."""

    def __init__(self, timeline: dict[str, Fact], fate: Fate, disk: Disk) -> None:
        self._timeline = timeline
        self._fate = fate
        self._disk = disk

    async def incident(self) -> str:
        self._fate.step()
        return "inc-1"

    async def tell(self, incident: str, facts: Sequence[Fact]) -> None:
        assert incident == "inc-1"
        self._fate.step()
        if self._disk.next():
            raise OpsConsoleError("database is locked")
        for fact in facts:
            self._timeline.setdefault(f"{fact.key}/{fact.place}", fact)
        self._fate.step()


class MortalControl:
    """The cluster as a console sees it that may die at every question, before and after it is answered."""

    def __init__(self, cluster: ScriptedCluster, fate: Fate) -> None:
        self._cluster = cluster
        self._fate = fate

    async def _asked(self, answer: Awaitable[T]) -> T:
        try:
            self._fate.step()
        except Killed:
            with contextlib.suppress(AttributeError):
                answer.close()
            raise
        await asyncio.sleep(0)
        found = await answer
        self._fate.step()
        await asyncio.sleep(0)
        return found

    async def identity(self) -> SafeText:
        return await self._asked(self._cluster.identity())

    async def cluster_id(self) -> SafeText:
        return await self._asked(self._cluster.cluster_id())

    async def may(self, mutation: Mutation) -> Access:
        return await self._asked(self._cluster.may(mutation))

    async def may_exec(self, pod: ObjectRef) -> Access:
        return await self._asked(self._cluster.may_exec(pod))

    async def read(self, ref: ObjectRef) -> LiveObject:
        return await self._asked(self._cluster.read(ref))

    async def find(self, kind: Kind, namespace: SafeText, selector: JsonObject | None = None) -> tuple[LiveObject, ...]:
        return await self._asked(self._cluster.find(kind, namespace, selector))

    async def rehearse(self, mutation: Mutation) -> LiveObject:
        return await self._asked(self._cluster.rehearse(mutation))

    async def send(self, mutation: Mutation, operation: str) -> LiveObject:
        return await self._asked(self._cluster.send(mutation, operation))

    async def execute(self, pod: ObjectRef, container: SafeText, argv: tuple[str, ...], operation: str) -> Executed:
        return await self._asked(self._cluster.execute(pod, container, argv, operation))

    def now(self) -> float:
        return self._cluster.now()


class Consoles(RuleBasedStateMachine):
    """Consoles on one cluster and one audit log, one after the other; each may die at any step."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.clock = RushingClock()
        self.mode = WriteMode(self.clock)
        self.cluster = ScriptedCluster(self.mode, self.clock.now)
        self.cluster.before_send = self._must_be_recorded
        self.path = self.folder / "audit" / "prod.jsonl"
        self.disk = Disk()
        self.timeline: dict[str, Fact] = {}
        self.paper = Disk()
        self.loop = asyncio.new_event_loop()
        self.loop.set_exception_handler(_unless_killed)
        self.fate = Fate()
        self.engine = self._started()
        self.told: dict[str, list[Step]] = {}

    def teardown(self) -> None:
        self._end_all()
        self.loop.run_until_complete(self.loop.shutdown_default_executor())
        self.loop.close()
        shutil.rmtree(self.folder)

    # -- rules -----------------------------------------------------------------------------------

    @rule(
        command=st.booleans(),
        faults=st.lists(st.sampled_from(Fault), max_size=2),
        troubles=st.just([]) | st.lists(st.sampled_from(["", "", "", "", "full", "doubtful"]), max_size=5),
        untold=st.just([]) | st.lists(st.sampled_from(["", "locked"]), max_size=5),
        death=st.none() | st.integers(1, 60),
        away=st.booleans(),
        leaving=st.none() | st.integers(0, 6),
    )
    def carry_out(
        self,
        command: bool,
        faults: list[Fault],
        troubles: list[str],
        untold: list[str],
        death: int | None,
        away: bool,
        leaving: int | None,
    ) -> None:
        self.mode.open()
        self.cluster.away = False
        self.cluster.faults = list(faults)
        self.disk.troubles = list(troubles)
        self.paper.troubles = list(untold)
        self.fate.left = death
        if away:
            self.cluster.before_send = self._recorded_and_gone
        order = (
            Order(OperationKind.RESTART_CONTAINER, POD, container=SafeText("app"))
            if command
            else Order(OperationKind.SCALE, DEPLOYMENT, replicas=len(self.cluster.applied) + 4)
        )
        self._live(self._ordered(order, leaving))
        self.cluster.before_send = self._must_be_recorded

    @rule()
    def start_again(self) -> None:
        self._restart()

    @rule(death=st.none() | st.integers(1, 12), back=st.booleans())
    def reconcile(self, death: int | None, back: bool) -> None:
        self.fate.left = death
        self.cluster.away = self.cluster.away and not back
        self._live(self._reconciled())

    @rule(seconds=st.sampled_from([1.0, 30.0, 200.0]))
    def time_passes(self, seconds: float) -> None:
        self.clock.time += seconds

    @precondition(lambda self: self._records())
    @rule()
    def settle_all(self) -> None:
        """With the cluster back and time enough, every operation has an outcome, and it is the true one."""
        self._restart()
        self.cluster.away = False
        self.disk.troubles = []
        self.paper.troubles = []
        self.clock.time += 1000
        self._live(self._reconciled())
        for operation, state in self._last().items():
            assert state not in OPEN or operation in self._closed()
            assert (state in APPLIED) == (operation in self.cluster.applied) or operation in self._closed()
        recorded = [(one.operation, one.at, one.state.value, str(one.words)) for one in self._records()]
        assert sorted(self._told()) == sorted(recorded)

    # -- what always holds -----------------------------------------------------------------------

    @invariant()
    def no_operation_changes_anything_twice(self) -> None:
        assert len(self.cluster.applied) == len(set(self.cluster.applied))
        assert len(self.cluster.sent) == len(set(self.cluster.sent))

    @invariant()
    def the_chain_is_whole(self) -> None:
        assert not self.path.exists() or verify(self.path).fine

    @invariant()
    def nothing_was_sent_without_a_record(self) -> None:
        recorded = {record.operation for record in self._records() if record.state is S.SENT}
        assert set(self.cluster.sent) <= recorded

    @invariant()
    def no_outcome_is_untrue(self) -> None:
        for operation, state in self._last().items():
            if state in APPLIED:
                assert operation in self.cluster.applied
            if state is S.REFUSED:
                assert operation not in self.cluster.applied

    @invariant()
    def what_was_told_is_true(self) -> None:
        for operation, steps in self.told.items():
            last = steps[-1].state
            assert last not in APPLIED or operation in self.cluster.applied
            assert last is not S.REFUSED or operation not in self.cluster.applied

    # -- how -------------------------------------------------------------------------------------

    def _records(self) -> tuple[AuditRecord, ...]:
        return read(self.path) if self.path.exists() else ()

    def _told(self) -> list[tuple[str, float | None, str, str]]:
        """Each event of the incident's timeline: operation, time, state, words."""
        facts = [(fact, fact.what) for fact in self.timeline.values()]
        return [
            (what.operation, fact.at, what.state.value, str(what.words))
            for fact, what in facts
            if isinstance(what, OperationTold)
        ]

    def _last(self) -> dict[str, S]:
        return {record.operation: record.state for record in self._records()}

    def _closed(self) -> set[str]:
        """Operations of which nobody can tell any more."""
        return {entry.operation for entry in entries(self.path) if entry.closed}

    def _must_be_recorded(self, operation: str) -> None:
        states = [record.state for record in self._records() if record.operation == operation]
        assert states == [S.RECORDED, S.SENT]
        assert (operation, S.RECORDED.value) in [(told[0], told[2]) for told in self._told()]

    def _recorded_and_gone(self, operation: str) -> None:
        self._must_be_recorded(operation)
        self.cluster.away = True

    def _started(self) -> Engine:
        self.fate = Fate()
        trail = Trail(
            MortalLog(self.path, self.fate, self.disk),
            self.clock,
            cluster=SafeText("prod"),
            operator=SafeText("op@bastion"),
            journal=MortalJournal(self.timeline, self.fate, self.paper),
        )
        return Engine(MortalControl(self.cluster, self.fate), catalogue(), trail, self.clock, self.mode)

    async def _ordered(self, order: Order, leaving: int | None) -> None:
        try:
            plan = await self.engine.check(order)
        except Exception:  # noqa: BLE001  - a cluster that is away gives no plan
            return
        steps = self.engine.carry_out(plan)
        told: list[Step] = []
        async for step in steps:
            told.append(step)
            self.told[plan.id] = told
            if len(told) == leaving:
                break
        await steps.aclose()
        await self.engine.finish()

    async def _reconciled(self) -> None:
        with contextlib.suppress(AuditError):
            await self.engine.reconcile()

    def _live(self, doing: Awaitable[None]) -> None:
        """Run until it is done or the console dies; a dead one is buried, and the next one started."""
        task = self.loop.create_task(doing)
        with contextlib.suppress(Killed):
            self.loop.run_until_complete(task)
        self.fate.left = None
        if self.fate.dead:
            self._restart()

    def _restart(self) -> None:
        self.fate.dead = True
        self._end_all()
        self.engine = self._started()

    def _end_all(self) -> None:
        """Whatever the dead console had under way ends without touching anything."""
        self.fate.dead = True
        self.loop.run_until_complete(_bury())


def _unless_killed(loop: asyncio.AbstractEventLoop, context: dict[str, object]) -> None:
    """What a dead console's tasks ended with is nobody's business."""
    if not isinstance(context.get("exception"), Killed):
        loop.default_exception_handler(context)


async def _bury() -> None:
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


Consoles.TestCase.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
TestConsoles: Callable[[], object] = Consoles.TestCase
