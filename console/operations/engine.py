"""The one engine: everything that changes a cluster goes through it."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import NamedTuple

from opsconsole.clock import Clock
from opsconsole.domain.cluster_object import Kind, LiveObject, ObjectRef
from opsconsole.domain.log_level import RaisedLevel, ToldLevel
from opsconsole.domain.operation import (
    AuditRecord,
    Check,
    Confirmation,
    OperationKind,
    OperationState,
    Order,
    Plan,
    Revision,
    Step,
    Verdict,
)
from opsconsole.domain.text import SafeText
from opsconsole.operations.audit.log import AuditError
from opsconsole.operations.blast_radius import blast_radius
from opsconsole.operations.carrying_out import CarryingOut, Desk, Job, Watch
from opsconsole.operations.checking import Rehearsed, cluster_id_of, identity_of, others_at_work, rehearsed
from opsconsole.operations.confirming import objection
from opsconsole.operations.control import ClusterControl
from opsconsole.operations.procedure import Catalogue, Draft, Procedure
from opsconsole.operations.procedures.log_level import RestoreLogLevel, levels_of
from opsconsole.operations.programs import Programs
from opsconsole.operations.putting_back import PutBack, PuttingBack
from opsconsole.operations.reconciling import reconcile
from opsconsole.operations.trail import Trail
from opsconsole.safe_text import safe_text
from opsconsole.write_mode import WriteMode

FINISH_SECONDS = 30.0
"""How long the end of the console waits for answers to what was sent."""

_PLANS_KEPT = 32

RESTARTS = (OperationKind.RESTART_CONTAINER, OperationKind.EVICT_POD, OperationKind.ROLLING_RESTART)
"""The ways to restart a container, the one that costs least first."""


def new_operation() -> str:
    """An id that no other operation has."""
    return f"op-{secrets.token_hex(8)}"


class _Checked(NamedTuple):
    plan: Plan
    draft: Draft
    procedure: Procedure
    at: float
    """Monotonic seconds."""


class Engine:
    """Implements `Operations` for one cluster."""

    def __init__(
        self,
        control: ClusterControl,
        catalogue: Catalogue,
        trail: Trail,
        clock: Clock,
        write_mode: WriteMode,
        *,
        production: bool = False,
        new_id: Callable[[], str] = new_operation,
        give_back: Callable[[], Awaitable[None]] | None = None,
        watch: Watch | None = None,
        programs: Programs | None = None,
    ) -> None:
        """On `production` clusters a plan is confirmed by typing the target's name.

        `give_back` closes the connections of `control`, which connects afresh when it is asked again. `watch` starts
        what puts back in time what is set for a while, should this console be gone by then. `programs` runs those of
        this machine.
        """
        self.write_mode = write_mode
        self._desk = Desk(control, trail, clock, watch, programs)
        self._catalogue = catalogue
        self._procedures = {procedure.kind: procedure for procedure in catalogue.procedures}
        self._confirmation = Confirmation.NAME if production else Confirmation.KEY
        self._new_id = new_id
        self._give_back = give_back
        self._checked: dict[str, _Checked] = {}
        self._running: dict[asyncio.Task[None], CarryingOut] = {}
        self._back = PuttingBack(self._desk, RestoreLogLevel(self.raised_levels), new_id)
        self._raised_here: set[str] = set()

    def kinds_for(self, ref: ObjectRef) -> tuple[OperationKind, ...]:
        """What may be ordered on an object of this kind."""
        return tuple(kind for kind, procedure in self._procedures.items() if ref.kind in procedure.targets)

    async def workload_of(self, ref: ObjectRef) -> ObjectRef | None:
        """As `Operations.workload_of`."""
        return await self._catalogue.workload_of(self._desk.control, ref)

    async def revisions(self, workload: ObjectRef) -> tuple[Revision, ...]:
        """As `Operations.revisions`."""
        return await self._catalogue.revisions(self._desk.control, workload)

    async def choices(self, pod: ObjectRef, container: SafeText) -> tuple[Plan, ...]:
        """As `Operations.choices`; without a workload above the pod there is no rolling restart among them."""
        workload = await self.workload_of(pod)
        orders = [
            Order(OperationKind.RESTART_CONTAINER, pod, container=container),
            Order(OperationKind.EVICT_POD, pod),
            *([] if workload is None else [Order(OperationKind.ROLLING_RESTART, workload)]),
        ]
        known = [order for order in orders if order.kind in self._procedures]
        return tuple(await asyncio.gather(*(self.check(order) for order in known)))

    async def check(self, order: Order) -> Plan:
        """As `Operations.check`. A kind that is not for this target gives a plan that is blocked."""
        procedure = self._procedures.get(order.kind)
        if procedure is None or order.target.kind not in procedure.targets:
            return self._impossible(order)
        control, now = self._desk.control, self._desk.clock.now()
        started, operation = self._desk.clock.monotonic(), self._new_id()
        anyone = ObjectRef(order.target.kind, order.target.namespace, order.target.name, order.target.uid)
        program = order.target.kind is Kind.PROGRAM
        live = LiveObject(anyone, {}) if program else await control.read(anyone)
        draft = await procedure.draft(control, order, live, operation)
        found, identity, cluster_id, radius, open_ones = await asyncio.gather(
            self._rehearsed(draft, live),
            identity_of(control),
            cluster_id_of(control),
            blast_radius(control, order.kind, live, self._catalogue.workload_of, now),
            self._open_operations(live),
        )
        plan = Plan(
            id=operation,
            order=order,
            target=live.ref,
            checked_at=now,
            identity=identity,
            summary=draft.summary,
            cost=draft.cost,
            undo=draft.undo,
            confirmation=self._confirmation,
            checks=(*found.checks, *draft.checks, *_since_shown(order, live), *radius, *open_ones),
            changes=draft.changes or found.changes,
            way_back=draft.way_back,
            cluster_id=cluster_id,
        )
        self._keep(_Checked(plan, draft, procedure, started))
        return plan

    async def carry_out(self, plan: Plan, typed: str = "") -> AsyncIterator[Step]:
        """As `Operations.carry_out`. A plan is carried out once; afterwards it is void, and a new check is needed."""
        checked = self._checked.get(plan.id)
        if checked is None or checked.plan != plan or checked.draft.act is None:
            yield self._refused(SafeText("there is no such plan any more; look again, then decide anew"))
            return
        age = self._desk.clock.monotonic() - checked.at
        refusal = objection(plan, typed, age, self.write_mode)
        if refusal is not None:
            yield self._refused(refusal)
            return
        del self._checked[plan.id]
        if plan.order.kind is OperationKind.SET_LOG_LEVEL:
            self._raised_here.add(plan.id)
        job = Job(plan, checked.draft, checked.draft.act, checked.procedure)
        carrying_out = CarryingOut(self._desk, job)
        task = asyncio.create_task(carrying_out.run(), name=f"operation {plan.id}")
        self._running[task] = carrying_out
        task.add_done_callback(self._running.pop)
        try:
            yield Step(OperationState.CONFIRMED, self._desk.clock.now(), SafeText("confirmed"))
            while (step := await carrying_out.next_step()) is not None:
                yield step
            await asyncio.shield(task)
        finally:
            carrying_out.leave()

    async def reconcile(self) -> tuple[AuditRecord, ...]:
        """As `Operations.reconcile`: one look. What is still UNKNOWN then is worth another call later.

        Raises `AuditError` where the log can't be used.
        """
        return tuple(entry.record for entry in await reconcile(self._desk, self._procedures))

    async def audit_of(self, operation: str) -> tuple[AuditRecord, ...]:
        """As `Operations.audit_of`."""
        return tuple(entry.record for entry in await self._desk.trail.entries() if entry.operation == operation)

    async def identity(self) -> SafeText:
        """Who the API server takes us for, asked now. Raises `SourceError`."""
        return await self._desk.control.identity()

    async def log_levels(self, target: ObjectRef) -> tuple[ToldLevel, ...]:
        """As `Operations.log_levels`."""
        return await levels_of(self._desk.control, target)

    async def raised_levels(self) -> tuple[RaisedLevel, ...]:
        """As `Operations.raised_levels`."""
        return await self._back.raised()

    async def put_back(self, *, ours: bool = False) -> tuple[PutBack, ...]:
        """As `Operations.put_back`."""
        now = self._desk.clock.now()
        raised = await self._back.raised()
        chosen = [one for one in raised if (one.operation in self._raised_here if ours else one.until <= now)]
        return await self._back.put_back(chosen)

    async def watch_over(self) -> tuple[SafeText, ...]:
        """As `Operations.watch_over`."""
        now = self._desk.clock.now()
        waiting = [one for one in await self._back.raised() if one.until > now]
        words = await asyncio.gather(*(self._back.watch_over(one) for one in waiting))
        return tuple(one for one in words if one)

    async def finish(self, seconds: float = FINISH_SECONDS) -> bool:
        """At the end of the console: drop what was not sent, let answers to what was come in for `seconds`.

        Whether none is missing; `reconcile` settles the rest at the next start.
        """
        for carrying_out in self._running.values():
            carrying_out.stop()
        if self._running:
            _, pending = await asyncio.wait(tuple(self._running), timeout=seconds)
            if pending:
                return False
        if self._give_back is not None:
            await self._give_back()
        return True

    async def _rehearsed(self, draft: Draft, live: LiveObject) -> Rehearsed:
        return Rehearsed(()) if draft.act is None else await rehearsed(self._desk.control, draft.act, live)

    async def _open_operations(self, live: LiveObject) -> tuple[Check, ...]:
        try:
            return others_at_work(await self._desk.trail.entries(), live)
        except AuditError as error:
            return (Check(SafeText("Record"), Verdict.BLOCKED, safe_text(error)),)

    def _keep(self, checked: _Checked) -> None:
        self._checked[checked.plan.id] = checked
        for old in tuple(self._checked)[:-_PLANS_KEPT]:
            del self._checked[old]

    def _impossible(self, order: Order) -> Plan:
        words = SafeText(f"{order.kind.value} is nothing that can be done to a {order.target.kind.value}")
        return Plan(
            id=self._new_id(),
            order=order,
            target=order.target,
            checked_at=self._desk.clock.now(),
            identity=SafeText(""),
            summary=SafeText(f"{order.kind.value} {order.target.words}"),
            cost=SafeText(""),
            undo=SafeText(""),
            confirmation=self._confirmation,
            checks=(Check(SafeText("Kind"), Verdict.BLOCKED, words),),
        )

    def _refused(self, words: SafeText) -> Step:
        return Step(OperationState.REFUSED, self._desk.clock.now(), words)


def _since_shown(order: Order, live: LiveObject) -> tuple[Check, ...]:
    """A warning when the order was given on an older state than the present one."""
    shown = order.target.resource_version
    if not shown or shown == live.ref.resource_version:
        return ()
    words = SafeText("it changed since it was shown; what stands here is its present state")
    return (Check(SafeText("View"), Verdict.WARNING, words),)
