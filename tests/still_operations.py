"""An engine that answers from memory: what was ordered is written down, nothing is sent anywhere."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from opsconsole.clock import Clock
from opsconsole.domain.cluster_object import Kind, ObjectRef
from opsconsole.domain.errors import SourceError
from opsconsole.domain.log_level import PodLevel, RaisedLevel, ToldLevel
from opsconsole.domain.operation import (
    AuditRecord,
    Check,
    Confirmation,
    ContainerRollup,
    FieldChange,
    OperationKind,
    OperationState,
    Order,
    Plan,
    Revision,
    Step,
    Verdict,
)
from opsconsole.domain.text import SafeText
from opsconsole.operations.putting_back import PutBack
from opsconsole.write_mode import WriteMode

WORKLOAD = ObjectRef(Kind.DEPLOYMENT, SafeText("shop"), SafeText("checkout"), SafeText("dep-1"), SafeText("4711"))
_IMAGE = "registry.example/shop/checkout"


def revision(number: int, tag: str, age: float, now: float, *, current: bool = False, ready: int = 0) -> Revision:
    """A revision of checkout with image tag `tag`, three pods when it runs any; of one tag they differ by a restart."""
    image = FieldChange(
        SafeText("containers[checkout].image"), SafeText(f"{_IMAGE}:1.9.0"), SafeText(f"{_IMAGE}:{tag}")
    )
    restarted = FieldChange(
        SafeText("annotations[kubectl.kubernetes.io/restartedAt]"), SafeText("(hidden)"), SafeText("(another value)")
    )
    change = restarted if tag == "1.9.0" else image
    return Revision(
        number,
        SafeText(f"checkout-{number}"),
        now - age,
        (ContainerRollup(SafeText("checkout"), SafeText(f"{_IMAGE}:{tag}")),),
        current,
        SafeText("pipeline 812"),
        3 if current or ready else 0,
        ready,
        () if current else (change,),
    )


class StillOperations:
    """`checks` are added to every plan, `confirmation` is asked for, `script` is how operations go."""

    def __init__(self, clock: Clock, write_mode: WriteMode) -> None:
        self.write_mode = write_mode
        self.clock = clock
        self.checks: tuple[Check, ...] = ()
        self.confirmation = Confirmation.NAME
        self.failing: SourceError | None = None
        self.checked: list[Order] = []
        self.carried_out: list[tuple[Plan, str]] = []
        self.going_on = asyncio.Event()
        self.going_on.set()
        self.advice: tuple[Order, ...] = ()
        self.finished = 0
        self.told: tuple[ToldLevel, ...] = ()
        self.records: tuple[AuditRecord, ...] = ()
        self.asked_levels: list[ObjectRef] = []
        self.raised: tuple[RaisedLevel, ...] = ()
        self.raised_here: set[str] = set()
        self.put_backs: list[str] = []
        self.putting_back = True
        self.unwatched: tuple[SafeText, ...] = ()
        now = clock.now()
        self.kept = (
            revision(9, "1.9.0", 300, now, current=True),
            revision(8, "1.9.0", 4000, now),
            revision(7, "1.8.2", 90_000, now, ready=3),
        )

    def _plan(self, order: Order) -> Plan:
        return Plan(
            f"op-{len(self.checked)}",
            order,
            order.target,
            self.clock.now(),
            SafeText("jane"),
            SafeText(f"{order.kind.value} {order.target.name}"),
            SafeText("one pod at a time is not ready"),
            SafeText("roll forward again"),
            self.confirmation,
            self.checks,
        )

    async def choices(self, pod: ObjectRef, container: SafeText) -> tuple[Plan, ...]:
        if self.failing:
            raise self.failing
        ways = (OperationKind.RESTART_CONTAINER, OperationKind.EVICT_POD)
        orders = [Order(kind, pod, container) for kind in ways]
        return tuple(self._plan(order) for order in (*orders, Order(OperationKind.ROLLING_RESTART, WORKLOAD)))

    async def workload_of(self, ref: ObjectRef) -> ObjectRef | None:
        del ref
        return WORKLOAD

    async def revisions(self, workload: ObjectRef) -> tuple[Revision, ...]:
        del workload
        return self.kept

    async def check(self, order: Order) -> Plan:
        self.checked.append(order)
        if self.failing:
            raise self.failing
        return self._plan(order)

    async def carry_out(self, plan: Plan, typed: str = "") -> AsyncIterator[Step]:
        self.carried_out.append((plan, typed))
        if plan.order.kind is OperationKind.SET_LOG_LEVEL:
            self.raised_here.add(plan.id)
            pods = (PodLevel(SafeText("checkout-1"), SafeText("u1"), SafeText("info")),)
            until = self.clock.now() + plan.order.seconds
            self.raised += (RaisedLevel(plan.id, plan.target, plan.order.level, until, pods),)
        now = self.clock.now()
        yield Step(OperationState.RECORDED, now, SafeText("intent written"))
        yield Step(OperationState.SENT, now, SafeText("request sent"))
        await self.going_on.wait()
        yield Step(OperationState.APPLIED, now, SafeText("accepted"), 0.5)
        yield Step(OperationState.VERIFIED, now, SafeText("3 of 3 ready"), 1.0, self.advice)

    async def reconcile(self) -> tuple[AuditRecord, ...]:
        return ()

    async def audit_of(self, operation: str) -> tuple[AuditRecord, ...]:
        return tuple(one for one in self.records if one.operation == operation)

    async def log_levels(self, target: ObjectRef) -> tuple[ToldLevel, ...]:
        self.asked_levels.append(target)
        if self.failing:
            raise self.failing
        return self.told

    async def raised_levels(self) -> tuple[RaisedLevel, ...]:
        return self.raised

    async def put_back(self, *, ours: bool = False) -> tuple[PutBack, ...]:
        now = self.clock.now()
        chosen = [one for one in self.raised if (one.operation in self.raised_here if ours else one.until <= now)]
        self.put_backs += [one.operation for one in chosen]
        words = SafeText("put back in 1 of 1 pod") if self.putting_back else SafeText("can't be looked at")
        if self.putting_back:
            self.raised = tuple(one for one in self.raised if one not in chosen)
        return tuple(PutBack(one, self.putting_back, words) for one in chosen)

    async def watch_over(self) -> tuple[SafeText, ...]:
        return self.unwatched

    async def finish(self, seconds: float = 30.0) -> bool:
        del seconds
        await self.going_on.wait()
        self.finished += 1
        return True

    def kinds_for(self, ref: ObjectRef) -> tuple[OperationKind, ...]:
        if ref.kind is Kind.DEPLOYMENT:
            return (
                OperationKind.ROLLING_RESTART,
                OperationKind.ROLL_BACK,
                OperationKind.SCALE,
                OperationKind.SET_LOG_LEVEL,
            )
        if ref.kind is Kind.NODE:
            return (OperationKind.CORDON,)
        return (OperationKind.RESTART_CONTAINER, OperationKind.EVICT_POD, OperationKind.DELETE_POD)


BLOCKED = Check(SafeText("rights"), Verdict.BLOCKED, SafeText("you may not patch deployments.apps in shop"))
WARNED = Check(SafeText("owner"), Verdict.WARNING, SafeText("managed by Argo CD, which will take it back"))
