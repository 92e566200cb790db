"""Changing the number of replicas."""

from __future__ import annotations

from collections.abc import AsyncIterator

from opsconsole.clock import Clock
from opsconsole.domain.cluster_object import JsonObject, Kind, LiveObject
from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.domain.operation import Check, OperationKind, OperationState, Order, Step
from opsconsole.domain.text import SafeText
from opsconsole.operations.control import ClusterControl
from opsconsole.operations.json_path import whole_number_at
from opsconsole.operations.procedure import Draft, Intent
from opsconsole.operations.procedures.marks import baseline, blocked, guarded_patch, set_field, settled_by_mark, warning
from opsconsole.operations.procedures.replacing import anew
from opsconsole.operations.rollout import counted, is_observed, wanted_replicas

POLL = 1.0
PATIENCE = 600.0
"""Seconds until replicas that do not become ready are left."""

MANY_TIMES = 3
"""Growth by more than this factor is worth a second look: a typing error, or the end of the cluster's room."""


class Scale:
    """Patches the workload itself rather than its `scale` subresource, which has no room for the mark."""

    kind = OperationKind.SCALE
    targets = frozenset((Kind.DEPLOYMENT, Kind.STATEFUL_SET))

    async def draft(self, control: ClusterControl, order: Order, live: LiveObject, operation: str) -> Draft:
        """One JSON patch."""
        del control
        before, wanted = wanted_replicas(live.body), order.replicas
        title = SafeText(f"Scale {live.ref.words} from {before}")
        if wanted is None or wanted < 0 or wanted == before:
            words = f"it has {before} replicas already" if wanted == before else "say how many replicas, 0 or more"
            return Draft(None, title, SafeText(""), SafeText(""), checks=(blocked("Replicas", words),))
        return Draft(
            act=guarded_patch(live, operation, [set_field("/spec/replicas", wanted)]),
            summary=SafeText(f"{title} to {wanted} replicas"),
            cost=_cost(live.ref.kind, before, wanted),
            undo=SafeText(f"scale to {before}"),
            way_back=Order(self.kind, anew(live.ref), replicas=before),
            checks=_remarks(before, wanted),
            before=SafeText(f"{before} replicas"),
            after=SafeText(f"{wanted} replicas"),
            baseline={**baseline(live), "replicas": str(before)},
        )

    async def settled(self, control: ClusterControl, intent: Intent) -> bool | None:
        """By the mark in the workload's annotations."""
        return await settled_by_mark(control, intent)

    async def watch(self, control: ClusterControl, intent: Intent, clock: Clock) -> AsyncIterator[Step]:
        """Until exactly the wanted number is there and ready, or something sets another."""
        wanted = intent.order.replicas or 0
        back = Order(self.kind, anew(intent.target), replicas=int(intent.baseline.get("replicas", "1")))
        started, said = clock.monotonic(), ""
        while True:
            try:
                live = await control.read(intent.target)
            except SourceError as error:
                if error.kind is not ErrorKind.NOT_FOUND:
                    raise
                words = SafeText("it was deleted while it was being watched")
                yield Step(OperationState.UNVERIFIED, clock.now(), words)
                return
            state, words, done = _progress(live.body, wanted)
            if state is OperationState.APPLIED and clock.monotonic() - started > PATIENCE:
                state, words = OperationState.UNVERIFIED, SafeText(f"not there in {PATIENCE:.0f} s: {words}")
            if state.final:
                yield Step(state, clock.now(), words, done, (back,))
                return
            if words != said:
                said = words
                yield Step(state, clock.now(), words, done)
            await clock.sleep(POLL)


def _progress(body: JsonObject, wanted: int) -> tuple[OperationState, SafeText, float | None]:
    asked = wanted_replicas(body)
    if asked != wanted:
        words = f"something else, perhaps an autoscaler, has set it to {asked} replicas meanwhile"
        return OperationState.UNVERIFIED, SafeText(words), None
    if not is_observed(body):
        return OperationState.APPLIED, SafeText("the controller has not seen the change yet"), 0.0
    there, ready = (whole_number_at(body, "status", name) for name in ("replicas", "readyReplicas"))
    if there > wanted:
        return OperationState.APPLIED, SafeText(f"{counted(there - wanted, 'pod')} still to end"), wanted / there
    if ready < wanted or there < wanted:
        return OperationState.APPLIED, SafeText(f"{ready} of {wanted} are ready"), ready / wanted
    words = f"all {wanted} are ready" if wanted else "no pod is left"
    return OperationState.VERIFIED, SafeText(words), 1.0


def _cost(kind: Kind, before: int, wanted: int) -> SafeText:
    if wanted > before:
        return SafeText(f"{counted(wanted - before, 'more pod')} to find room for on the nodes; those of now stay")
    which = (
        "those with the highest numbers; their volumes stay"
        if kind is Kind.STATEFUL_SET
        else "the cluster chooses which"
    )
    return SafeText(f"{counted(before - wanted, 'pod')} less ({which}); disruption budgets are not asked")


def _remarks(before: int, wanted: int) -> tuple[Check, ...]:
    if wanted == 0:
        return (warning("Zero replicas", "AN OUTAGE: no pod is left, nothing serves until it is scaled up again"),)
    if before and wanted > MANY_TIMES * before:
        return (warning("Many more", f"that is {wanted / before:.0f} times as many as now"),)
    return ()
