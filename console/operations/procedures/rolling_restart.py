"""Replacing all pods of a workload by like ones, as `kubectl rollout restart` does it.

Source: kubectl `pkg/polymorphichelpers/objectrestarter.go`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime

from opsconsole.clock import Clock
from opsconsole.domain.cluster_object import JsonObject, Kind, LiveObject
from opsconsole.domain.operation import Check, OperationKind, Order, Step
from opsconsole.domain.text import SafeText
from opsconsole.operations.control import ClusterControl
from opsconsole.operations.json_path import mapping_at, text_at
from opsconsole.operations.ownership import WORKLOADS
from opsconsole.operations.procedure import Draft, Intent
from opsconsole.operations.procedures.marks import annotated, blocked, guarded_patch, settled_by_mark
from opsconsole.operations.procedures.replacing import replacing_cost
from opsconsole.operations.procedures.rollout_watch import RESTARTED_AT, rollout_baseline, watch_rollout
from opsconsole.operations.revisions import present_template
from opsconsole.operations.rollout import ON_DELETE, is_paused, update_strategy


class RollingRestart:
    """A new time stamp in the pod template, which makes its controller replace every pod."""

    kind = OperationKind.ROLLING_RESTART
    targets = WORKLOADS

    def __init__(self, clock: Clock) -> None:
        """The clock gives the time stamp."""
        self._clock = clock

    async def draft(self, control: ClusterControl, order: Order, live: LiveObject, operation: str) -> Draft:
        """One JSON patch."""
        del control, order
        stamp = datetime.fromtimestamp(int(self._clock.now()), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        template = present_template(live)
        checks = _hindrances(live, template, stamp)
        change = annotated(live.body, ("spec", "template", "metadata"), RESTARTED_AT, stamp)
        return Draft(
            act=None if checks else guarded_patch(live, operation, change),
            summary=SafeText(f"Restart all pods of {live.ref.words}, one after the other"),
            cost=replacing_cost(live.ref.kind, live.body),
            undo=SafeText(""),
            checks=checks,
            before=SafeText(text_at(template, "metadata", "annotations", RESTARTED_AT)[:40]),
            after=SafeText(stamp),
            baseline=rollout_baseline(live, _stamped(template, stamp)),
        )

    async def settled(self, control: ClusterControl, intent: Intent) -> bool | None:
        """By the mark in the workload's annotations."""
        return await settled_by_mark(control, intent)

    async def watch(self, control: ClusterControl, intent: Intent, clock: Clock) -> AsyncIterator[Step]:
        """The rollout until it is done or has failed."""
        async for step in watch_rollout(control, intent, clock):
            yield step


def _hindrances(live: LiveObject, template: JsonObject, stamp: str) -> tuple[Check, ...]:
    if live.ref.kind is Kind.DEPLOYMENT and is_paused(live.body):
        return (blocked("Paused", "its rollout is paused: resume it first, then restart"),)
    if update_strategy(live.ref.kind, live.body) == ON_DELETE:
        words = "its update strategy is OnDelete, so no pod would restart: delete or evict its pods instead"
        return (blocked("Update strategy", words),)
    if text_at(template, "metadata", "annotations", RESTARTED_AT) == stamp:
        return (blocked("Restarted just now", "it was restarted within this second: wait, then check again"),)
    return ()


def _stamped(template: JsonObject, stamp: str) -> JsonObject:
    metadata = mapping_at(template, "metadata")
    annotations = {**mapping_at(metadata, "annotations"), RESTARTED_AT: stamp}
    return {**template, "metadata": {**metadata, "annotations": annotations}}
