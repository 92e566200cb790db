"""Pausing and resuming a Deployment's rollout (`kubectl rollout pause`, `resume`)."""

from __future__ import annotations

from collections.abc import AsyncIterator

from opsconsole.clock import Clock
from opsconsole.domain.cluster_object import Kind, LiveObject
from opsconsole.domain.operation import Check, OperationKind, OperationState, Order, Step
from opsconsole.domain.text import SafeText
from opsconsole.operations.control import ClusterControl, Mutation
from opsconsole.operations.procedure import Draft, Intent
from opsconsole.operations.procedures.marks import baseline, blocked, fine, guarded_patch, set_field, settled_by_mark
from opsconsole.operations.procedures.replacing import anew, replacing_cost
from opsconsole.operations.procedures.rollout_watch import watch_rollout
from opsconsole.operations.rollout import failure_mark, is_paused, rollout_status

DEPLOYMENTS = frozenset((Kind.DEPLOYMENT,))


class PauseRollout:
    """Pods stay as they are, whatever the template says, until it is resumed."""

    kind = OperationKind.PAUSE_ROLLOUT
    targets = DEPLOYMENTS

    async def draft(self, control: ClusterControl, order: Order, live: LiveObject, operation: str) -> Draft:
        """One JSON patch."""
        del control, order
        status = rollout_status(live.ref.kind, live.body)
        checks: tuple[Check, ...] = ()
        if is_paused(live.body):
            checks = (blocked("Paused", "it is paused already"),)
        elif not status.done:
            checks = (fine("Rollout", f"it stops where it is: {status.words}"),)
        return Draft(
            act=_patch(live, operation, paused=True) if not is_paused(live.body) else None,
            summary=SafeText(f"Pause the rollout of {live.ref.words}"),
            cost=SafeText(
                "nothing now; pods of both versions may serve side by side, and roll back is refused meanwhile"
            ),
            undo=SafeText("resume it"),
            way_back=Order(OperationKind.RESUME_ROLLOUT, anew(live.ref)),
            checks=checks,
            before=SafeText("rolling"),
            after=SafeText("paused"),
            baseline=baseline(live),
        )

    async def settled(self, control: ClusterControl, intent: Intent) -> bool | None:
        """By the mark in the workload's annotations."""
        return await settled_by_mark(control, intent)

    async def watch(self, control: ClusterControl, intent: Intent, clock: Clock) -> AsyncIterator[Step]:
        """One look."""
        live = await control.read(intent.target)
        back = (Order(OperationKind.RESUME_ROLLOUT, anew(intent.target)),)
        if is_paused(live.body):
            yield Step(OperationState.VERIFIED, clock.now(), SafeText("it is paused"), 1.0, back)
        else:
            yield Step(OperationState.UNVERIFIED, clock.now(), SafeText("someone has resumed it already"))


class ResumeRollout:
    """The rollout goes on to the template of now."""

    kind = OperationKind.RESUME_ROLLOUT
    targets = DEPLOYMENTS

    async def draft(self, control: ClusterControl, order: Order, live: LiveObject, operation: str) -> Draft:
        """One JSON patch."""
        del control, order
        paused = is_paused(live.body)
        return Draft(
            act=_patch(live, operation, paused=False) if paused else None,
            summary=SafeText(f"Resume the rollout of {live.ref.words}"),
            cost=SafeText(f"if its template was changed meanwhile, {replacing_cost(live.ref.kind, live.body)}"),
            undo=SafeText("pause it again; pods that were replaced by then stay new"),
            way_back=Order(OperationKind.PAUSE_ROLLOUT, anew(live.ref)),
            checks=() if paused else (blocked("Paused", "it is not paused"),),
            before=SafeText("paused"),
            after=SafeText("rolling"),
            baseline={**baseline(live), "failure": failure_mark(live.body)},
        )

    async def settled(self, control: ClusterControl, intent: Intent) -> bool | None:
        """By the mark in the workload's annotations."""
        return await settled_by_mark(control, intent)

    async def watch(self, control: ClusterControl, intent: Intent, clock: Clock) -> AsyncIterator[Step]:
        """The rollout until it is done or has failed."""
        back = (Order(OperationKind.PAUSE_ROLLOUT, anew(intent.target)),)
        async for step in watch_rollout(control, intent, clock):
            yield step if step.state is not OperationState.UNVERIFIED else _advised(step, back)


def _patch(live: LiveObject, operation: str, *, paused: bool) -> Mutation:
    return guarded_patch(live, operation, [set_field("/spec/paused", paused)])


def _advised(step: Step, advice: tuple[Order, ...]) -> Step:
    return Step(step.state, step.at, step.words, step.done, (*step.advice, *advice))
