"""What screens and commands ask of the engine."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Protocol

from opsconsole.domain.cluster_object import ObjectRef
from opsconsole.domain.log_level import RaisedLevel, ToldLevel
from opsconsole.domain.operation import AuditRecord, OperationKind, Order, Plan, Revision, Step
from opsconsole.domain.text import SafeText
from opsconsole.operations.putting_back import PutBack
from opsconsole.write_mode import WriteMode


class Operations(Protocol):
    """The one engine. Every method raises `SourceError` where the cluster does not answer."""

    write_mode: WriteMode

    async def choices(self, pod: ObjectRef, container: SafeText) -> tuple[Plan, ...]:
        """The ways to restart `container`, best first, each checked: kill 1, evict, rolling restart.

        Those that are not possible here come too, with the check that says why.
        """
        ...

    async def workload_of(self, ref: ObjectRef) -> ObjectRef | None:
        """The Deployment, StatefulSet or DaemonSet above a pod or ReplicaSet; `ref` itself when it is one."""
        ...

    async def revisions(self, workload: ObjectRef) -> tuple[Revision, ...]:
        """The workload's revisions, newest number first, with the health of each one's pods."""
        ...

    async def check(self, order: Order) -> Plan:
        """Read the target afresh, review access, rehearse, and say what would happen. Sends nothing that lasts."""
        ...

    def carry_out(self, plan: Plan, typed: str = "") -> AsyncIterator[Step]:
        """Confirm, record, send and watch. `typed` is the name typed where the plan asks for it.

        Ends after a final step. Closing the iterator after SENT does not take anything back; the audit log
        goes on being right, and `reconcile` finishes the record.
        """
        ...

    async def reconcile(self) -> tuple[AuditRecord, ...]:
        """Settle operations that a crash left between record and outcome, by reading the cluster."""
        ...

    async def audit_of(self, operation: str) -> tuple[AuditRecord, ...]:
        """What the audit log of this machine has about `operation`, oldest first. Raises `AuditError`."""
        ...

    async def log_levels(self, target: ObjectRef) -> tuple[ToldLevel, ...]:
        """The level of each ready pod of a workload, or of a pod, asked now."""
        ...

    async def raised_levels(self) -> tuple[RaisedLevel, ...]:
        """Log levels that were set and not put back yet, as the record tells, whoever set them. Raises `AuditError`."""
        ...

    async def put_back(self, *, ours: bool = False) -> tuple[PutBack, ...]:
        """Put back those whose time is over, or, with `ours`, those that were set by this engine, whatever their time.

        One attempt each. Needs no write mode: it is part of what was confirmed. Raises `AuditError`.
        """
        ...

    async def watch_over(self) -> tuple[SafeText, ...]:
        """See to it that something outlives this console that puts back the others in time; what went wrong with that.

        Raises `AuditError`.
        """
        ...

    async def finish(self, seconds: float = 30.0) -> bool:
        """At the end: drop what was not sent, wait `seconds` for answers to what was. Whether none is missing."""
        ...

    def kinds_for(self, ref: ObjectRef) -> tuple[OperationKind, ...]:
        """What may be ordered on an object of this kind."""
        ...
