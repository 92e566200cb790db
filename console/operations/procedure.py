"""What an operation of one kind does; the engine does for all kinds what is the same for all.

The engine reads the target, asks for access, rehearses, looks at owners, budgets, autoscalers, the last
change and open operations, confirms, records, sends and tells. A procedure drafts what is to be sent,
says by reading alone whether it took effect, and watches until its effect is seen.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

import msgspec

from opsconsole.clock import Clock
from opsconsole.domain.cluster_object import Kind, LiveObject, ObjectRef
from opsconsole.domain.operation import Check, FieldChange, OperationKind, Order, ProgramRun, Revision, Step
from opsconsole.domain.text import SafeText
from opsconsole.operations.control import ClusterControl, Mutation
from opsconsole.operations.level_change import LevelChange


class Command(msgspec.Struct, frozen=True):
    """A program to run in a container. `attempts` are argument lists, without a shell.

    They are tried in order, the next one only when the server said for certain that the one before was never
    started (`Executed.ran` False). Exit code 0 counts as applied, 1 to 127 as refused, anything else as unknown.
    """

    pod: ObjectRef
    container: SafeText
    attempts: tuple[tuple[str, ...], ...]
    otherwise: tuple[Order, ...] = ()
    """What would help instead when it is refused, such as a program that the image lacks."""


class LocalProgram(msgspec.Struct, frozen=True):
    """A program to run on this machine: exactly the file at `path`."""

    path: str
    run: ProgramRun


Act = Mutation | Command | LevelChange | LocalProgram


class Draft(msgspec.Struct, frozen=True):
    """What one order comes to, before the engine's own checks.

    `act` None: it can't be done here, and a BLOCKED check says why. Every mutation carries its guard
    (uid, and of a spec its generation), so that an object that changed in between is refused by the server.
    """

    act: Act | None
    summary: SafeText
    cost: SafeText
    undo: SafeText
    """How it is taken back; empty when it can't be."""
    way_back: Order | None = None
    checks: tuple[Check, ...] = ()
    """Those of this kind alone. Access, rehearsal, owners (Argo, Flux, Helm), disruption budgets, autoscalers,
    the last change and open operations are the engine's."""
    changes: tuple[FieldChange, ...] = ()
    """When the procedure knows them better than a comparison of the rehearsed object with the present one."""
    before: SafeText = SafeText("")
    after: SafeText = SafeText("")
    """Both short, for the record: the image, the number of replicas."""
    baseline: dict[str, str] = {}
    """What `settled` and `watch` have to know of the time before (a container's id, a generation). It goes
    into the record, so that they work after a crash. No secrets."""


class Intent(msgspec.Struct, frozen=True):
    """What is recorded before anything is sent; `at` is unix seconds. Enough to tell later what became of it."""

    operation: str
    """The plan's id; also in the cluster wherever the draft could write it."""
    order: Order
    target: ObjectRef
    """As it was checked, with uid and resourceVersion."""
    at: float
    baseline: dict[str, str] = {}


class Procedure(Protocol):
    """One kind of operation. Has no state of its own: an `Intent` read from the record is enough to go on."""

    @property
    def kind(self) -> OperationKind:
        """What it does."""
        ...

    @property
    def targets(self) -> frozenset[Kind]:
        """The kinds of object it can be ordered on."""
        ...

    async def draft(self, control: ClusterControl, order: Order, live: LiveObject, operation: str) -> Draft:
        """What `order` comes to on `live`, the target just read. `operation` is the id to leave in the cluster.

        Reads only. Raises `SourceError` when the cluster does not answer.
        """
        ...

    async def settled(self, control: ClusterControl, intent: Intent) -> bool | None:
        """Whether it took effect, by reading: True and False are what the cluster shows now, None can't be told.

        Raises `SourceError` while the cluster does not answer. The engine trusts True at once, False only
        when a request still on its way could not take effect any more.
        """
        ...

    def watch(self, control: ClusterControl, intent: Intent, clock: Clock) -> AsyncIterator[Step]:
        """After it was applied: steps of state APPLIED while it moves, then one VERIFIED or UNVERIFIED.

        An async generator that reads and waits on `clock`, with a time limit of its own. A `SourceError` may
        leave it: the engine says so and calls it afresh.
        """
        ...


@dataclass(frozen=True)
class Catalogue:
    """All procedures, and what the engine is asked about workloads."""

    procedures: tuple[Procedure, ...]
    workload_of: Callable[[ClusterControl, ObjectRef], Awaitable[ObjectRef | None]]
    """As `Operations.workload_of`."""
    revisions: Callable[[ClusterControl, ObjectRef], Awaitable[tuple[Revision, ...]]]
    """As `Operations.revisions`."""
