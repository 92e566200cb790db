"""Keeping new pods off a node, and letting them on again (`kubectl cordon`, `uncordon`)."""

from __future__ import annotations

from collections.abc import AsyncIterator

from opsconsole.clock import Clock
from opsconsole.domain.cluster_object import JsonObject, Kind, LiveObject
from opsconsole.domain.operation import OperationKind, OperationState, Order, Step
from opsconsole.domain.text import SafeText
from opsconsole.operations.control import ClusterControl, Mutation
from opsconsole.operations.json_path import true_at
from opsconsole.operations.procedure import Draft, Intent
from opsconsole.operations.procedures.marks import baseline, blocked, guarded_patch, set_field, settled_by_mark
from opsconsole.operations.procedures.replacing import anew


class Cordon:
    """`cordoned` says which of the two ways it goes."""

    targets = frozenset((Kind.NODE,))

    def __init__(self, *, cordoned: bool) -> None:
        """True keeps pods off, False lets them on."""
        self._cordoned = cordoned
        self.kind = OperationKind.CORDON if cordoned else OperationKind.UNCORDON
        self._back = OperationKind.UNCORDON if cordoned else OperationKind.CORDON

    async def draft(self, control: ClusterControl, order: Order, live: LiveObject, operation: str) -> Draft:
        """One JSON patch."""
        del control, order
        now = is_cordoned(live.body)
        held = "no new pod is placed on it; those that run there stay (draining is another step)"
        opened = "new pods may be placed on it again"
        done = now == self._cordoned
        return Draft(
            act=None if done else _patch(live, operation, cordoned=self._cordoned),
            summary=SafeText(f"{'Cordon' if self._cordoned else 'Uncordon'} {live.ref.words}"),
            cost=SafeText(held if self._cordoned else opened),
            undo=SafeText(self._back.value),
            way_back=Order(self._back, anew(live.ref)),
            checks=(blocked("Node", f"it is {_word(cordoned=now)} already"),) if done else (),
            before=SafeText(_word(cordoned=now)),
            after=SafeText(_word(cordoned=self._cordoned)),
            baseline=baseline(live),
        )

    async def settled(self, control: ClusterControl, intent: Intent) -> bool | None:
        """By the mark in the node's annotations."""
        return await settled_by_mark(control, intent)

    async def watch(self, control: ClusterControl, intent: Intent, clock: Clock) -> AsyncIterator[Step]:
        """One look."""
        live = await control.read(intent.target)
        word = SafeText(f"it is {_word(cordoned=is_cordoned(live.body))}")
        if is_cordoned(live.body) == self._cordoned:
            yield Step(OperationState.VERIFIED, clock.now(), word, 1.0, (Order(self._back, anew(intent.target)),))
        else:
            yield Step(OperationState.UNVERIFIED, clock.now(), SafeText(f"{word}: someone has changed it back"))


def is_cordoned(body: JsonObject) -> bool:
    """Whether the scheduler keeps off the node."""
    return true_at(body, "spec", "unschedulable")


def _word(*, cordoned: bool) -> str:
    return "cordoned" if cordoned else "open for pods"


def _patch(live: LiveObject, operation: str, *, cordoned: bool) -> Mutation:
    return guarded_patch(live, operation, [set_field("/spec/unschedulable", cordoned)])
