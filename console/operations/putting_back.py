"""Putting back what was set for a while: part of the operation that was confirmed, so nobody is asked again.

Each attempt is an operation of its own in the record, and looks before it sends. It may be made by the console that set
the level, by the process that watches over it, or by whichever console comes next; a lock lets one try at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from opsconsole.domain.errors import SourceError
from opsconsole.domain.log_level import RaisedLevel
from opsconsole.domain.operation import Confirmation, OperationKind, OperationState, Order, Plan
from opsconsole.domain.text import SafeText
from opsconsole.operations.audit.entry import Entry
from opsconsole.operations.carrying_out import CarryingOut, Desk, Job, UnwatchedError
from opsconsole.operations.checking import cluster_id_of, identity_of
from opsconsole.operations.procedure import Draft
from opsconsole.operations.procedures.log_level import RestoreLogLevel, restoring
from opsconsole.operations.raised_levels import raised_in
from opsconsole.safe_text import safe_text

State = OperationState

PATIENCE = 5.0
"""Seconds until an attempt of which nobody knows how it went is left to the next one, which looks afresh."""


class PutBack(msgspec.Struct, frozen=True):
    """One attempt. `done`: nothing is left to be put back of it."""

    raised: RaisedLevel
    done: bool
    words: SafeText


class PuttingBack:
    """Tells what is in force, and puts it back."""

    def __init__(self, desk: Desk, procedure: RestoreLogLevel, new_id: Callable[[], str]) -> None:
        """Each attempt gets its own id from `new_id`."""
        self._desk = desk
        self._procedure = procedure
        self._new_id = new_id

    async def raised(self) -> tuple[RaisedLevel, ...]:
        """Levels in force, by the record. Raises `AuditError`."""
        return raised_in(await self._desk.trail.entries())

    async def put_back(self, chosen: Sequence[RaisedLevel]) -> tuple[PutBack, ...]:
        """One attempt for each of `chosen` that is still in force and in nobody else's hands. Raises `AuditError`."""
        attempts = []
        for one in chosen:
            with self._desk.trail.hold(f"{one.operation}.back") as mine:
                still = [found for found in await self.raised() if found.operation == one.operation] if mine else []
                attempts += [await self._attempt(raised) for raised in still]
        return tuple(attempts)

    async def watch_over(self, raised: RaisedLevel) -> SafeText:
        """See to it that something outlives this console that puts it back; why not, empty when all is well."""
        if self._desk.watch is None:
            return SafeText("")
        try:
            await self._desk.watch(raised.operation)
        except UnwatchedError as error:
            return safe_text(error)
        return SafeText("")

    async def _attempt(self, raised: RaisedLevel) -> PutBack:
        elsewhere = await self._elsewhere(raised)
        if elsewhere:
            return PutBack(raised, False, elsewhere)
        try:
            draft = await restoring(self._desk.control, raised)
        except SourceError as error:
            return PutBack(raised, False, SafeText(f"can't be looked at: {error.sentence}"))
        plan, incident = await self._plan(raised, draft), await self._incident(raised)
        if draft.act is None:
            words = await self._closed(plan, draft, incident)
        else:
            words = await self._sent(Job(plan, draft, draft.act, self._procedure, incident))
        left = [one for one in await self.raised() if one.operation == raised.operation]
        return PutBack(raised, not left, words)

    async def _elsewhere(self, raised: RaisedLevel) -> SafeText:
        """Why the cluster that answers is not the one that was changed; empty when it is."""
        entries = await self._desk.trail.entries()
        known = next((one.cluster_id for one in entries if one.operation == raised.operation), "")
        present = await cluster_id_of(self._desk.control)
        return SafeText("another cluster has this name now" if known and present and known != present else "")

    async def _plan(self, raised: RaisedLevel, draft: Draft) -> Plan:
        order = Order(OperationKind.RESTORE_LOG_LEVEL, raised.target, undoes=raised.operation)
        return Plan(
            id=self._new_id(),
            order=order,
            target=raised.target,
            checked_at=self._desk.clock.now(),
            identity=await identity_of(self._desk.control),
            summary=draft.summary,
            cost=draft.cost,
            undo=draft.undo,
            confirmation=Confirmation.KEY,
            checks=draft.checks,
            cluster_id=await cluster_id_of(self._desk.control),
        )

    async def _incident(self, raised: RaisedLevel) -> str:
        """The incident whose timeline tells that the level was set."""
        entries = await self._desk.trail.entries()
        return next((one.incident for one in entries if one.operation == raised.operation), "")

    async def _closed(self, plan: Plan, draft: Draft, incident: str) -> SafeText:
        """Nothing has to be sent; what was found is recorded where it is final."""
        words = SafeText("; ".join(f"{one.title}: {one.words}" for one in draft.checks))
        if any(key.startswith("pod/") for key in draft.baseline):
            entry = Entry(
                plan.id, 0.0, State.RECORDED, plan.order.kind, plan.target, plan.summary,
                identity=plan.identity, order=plan.order, baseline=draft.baseline, cluster_id=plan.cluster_id,
                incident=incident,
            )  # fmt: skip
            trail = self._desk.trail
            recorded = await trail.append(entry)
            await trail.tell(recorded, await trail.outcome(recorded, State.VERIFIED, words))
        return words

    async def _sent(self, job: Job) -> SafeText:
        carrying_out = CarryingOut(self._desk, job, PATIENCE)
        await carrying_out.run()
        words = SafeText("nothing was sent")
        while (step := await carrying_out.next_step()) is not None:
            words = step.words
        return words


def sentence(attempt: PutBack) -> SafeText:
    """What to tell the operator: `deployment shop/checkout, log level debug: put back in 3 of 3 pods`."""
    return SafeText(f"{attempt.raised.target.words}, log level {attempt.raised.level}: {attempt.words}")
