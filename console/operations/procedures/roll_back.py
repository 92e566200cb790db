"""Going back to an earlier revision, as `kubectl rollout undo` does it, with a guard and a choice.

Source: kubectl `pkg/polymorphichelpers/rollback.go`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

from msgspec import structs

from opsconsole.clock import Clock
from opsconsole.domain.cluster_object import JsonObject, Kind, LiveObject
from opsconsole.domain.operation import Check, OperationKind, Order, Step
from opsconsole.domain.text import SafeText
from opsconsole.operations.control import ClusterControl, Mutation
from opsconsole.operations.json_path import at, list_at, mapping_at, whole_number_at
from opsconsole.operations.ownership import WORKLOADS
from opsconsole.operations.procedure import Draft, Intent
from opsconsole.operations.procedures.marks import (
    OPERATION,
    blocked,
    fine,
    guarded_patch,
    set_field,
    settled_by_mark,
    warning,
)
from opsconsole.operations.procedures.replacing import anew, replacing_cost
from opsconsole.operations.procedures.rollout_watch import broken_pod, rollout_baseline, watch_rollout
from opsconsole.operations.revisions import KeptRevision, choice, kept_revisions, present_template
from opsconsole.operations.rollout import ON_DELETE, is_paused, rollout_status, update_strategy
from opsconsole.operations.template_diff import images_of, same_template, template_changes, without_hash

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"

KEPT_ANNOTATIONS = (
    LAST_APPLIED,
    "deployment.kubernetes.io/revision",
    "deployment.kubernetes.io/revision-history",
    "deployment.kubernetes.io/desired-replicas",
    "deployment.kubernetes.io/max-replicas",
    "deprecated.deployment.rollback.to",
)
"""Those that stay the Deployment's own; all others come back from the ReplicaSet (`annotationsToSkip`)."""

_REVISION = "Revision"


class RollBack:
    """Deployment by its ReplicaSets, StatefulSet and DaemonSet by their ControllerRevisions."""

    kind = OperationKind.ROLL_BACK
    targets = WORKLOADS

    async def draft(self, control: ClusterControl, order: Order, live: LiveObject, operation: str) -> Draft:
        """To `order.revision`, or the newest that runs something else. Works while a rollout is stuck."""
        kept = await kept_revisions(control, live)
        goal = choice(kept, order.revision)
        present = next((one for one in kept if one.current), None)
        checks = _hindrances(order, live, kept, goal)
        if goal is None or checks:
            return Draft(None, SafeText(f"Roll back {live.ref.words}"), SafeText(""), SafeText(""), checks=checks)
        back = Order(self.kind, anew(live.ref), revision=present.number) if present is not None else None
        return Draft(
            act=_mutation(live, goal, operation),
            summary=SafeText(f"Roll back {live.ref.words} to revision {goal.number}: {_images(goal.template)}"),
            cost=replacing_cost(live.ref.kind, live.body),
            undo=SafeText(f"roll back to revision {present.number}") if present is not None else SafeText(""),
            way_back=back,
            checks=(*_remarks(live, goal), *await _ordered_remark(control, live, goal)),
            changes=template_changes(present_template(live), goal.template),
            before=_images(present_template(live)),
            after=_images(goal.template),
            baseline={
                **rollout_baseline(live, goal.template),
                "revision": str(present.number) if present is not None else "",
            },
        )

    async def settled(self, control: ClusterControl, intent: Intent) -> bool | None:
        """By the mark in the workload's annotations."""
        return await settled_by_mark(control, intent)

    async def watch(self, control: ClusterControl, intent: Intent, clock: Clock) -> AsyncIterator[Step]:
        """The rollout until it is done or has failed; then the way back is offered."""
        number = intent.baseline.get("revision", "")
        back = Order(self.kind, anew(intent.target), revision=int(number)) if number else None
        async for step in watch_rollout(control, intent, clock, (back,) if back is not None else ()):
            yield step


def _hindrances(
    order: Order, live: LiveObject, kept: tuple[KeptRevision, ...], goal: KeptRevision | None
) -> tuple[Check, ...]:
    """Why it can't be done; empty when it can."""
    if live.ref.kind is Kind.DEPLOYMENT and is_paused(live.body):
        return (blocked("Paused", "its rollout is paused: resume it first, then roll back"),)
    if goal is None:
        numbers = ", ".join(str(one.number) for one in kept)
        if order.revision is not None and kept:
            return (blocked(_REVISION, f"no revision {order.revision} is kept; there are {numbers}"),)
        limit = at(live.body, "spec", "revisionHistoryLimit")
        why = " (revisionHistoryLimit is 0)" if limit == 0 else ""
        return (blocked(_REVISION, f"no earlier revision is kept{why}: set the image of one that worked instead"),)
    if goal.current or same_template(goal.template, present_template(live)):
        return (blocked(_REVISION, f"revision {goal.number} is what runs now: there is nothing to change"),)
    return ()


def _remarks(live: LiveObject, goal: KeptRevision) -> tuple[Check, ...]:
    found: list[Check] = []
    if images_of(goal.template) == images_of(present_template(live)):
        found.append(warning("Image", "its images are those of now; only what is listed under changes differs"))
    if LAST_APPLIED in mapping_at(live.body, "metadata", "annotations"):
        words = "made by `kubectl apply`: applying the same file again brings the present version back"
        found.append(warning("Applied from a file", words))
    status = rollout_status(live.ref.kind, live.body)
    if status.failed or not status.done:
        found.append(
            fine("Rollout", f"the present one is not finished ({status.words}); going back works all the same")
        )
    if update_strategy(live.ref.kind, live.body) == ON_DELETE:
        words = "its update strategy is OnDelete: every pod keeps its version until it is deleted"
        found.append(warning("Update strategy", words))
    partition = whole_number_at(live.body, "spec", "updateStrategy", "rollingUpdate", "partition")
    if partition > 0:
        found.append(warning("Partition", f"only pods from number {partition} on change"))
    return tuple(found)


async def _ordered_remark(control: ClusterControl, live: LiveObject, goal: KeptRevision) -> tuple[Check, ...]:
    if live.ref.kind is not Kind.STATEFUL_SET:
        return ()
    pod = await broken_pod(control, live, goal.keeper.ref.name)
    if pod is None:
        return ()
    words = f"{pod.ref.name} is not ready; pods go in order, so it may have to be deleted before anything moves"
    return (warning("Order", words),)


def _mutation(live: LiveObject, goal: KeptRevision, operation: str) -> Mutation:
    """Replaces the template, as kubectl does with the `data` of a ControllerRevision."""
    replaced: JsonObject = {"op": "replace", "path": "/spec/template", "value": without_hash(goal.template)}
    if live.ref.kind is not Kind.DEPLOYMENT:
        return guarded_patch(live, operation, [replaced])
    own = mapping_at(live.body, "metadata", "annotations")
    unchanged: JsonObject = {"op": "test", "path": "/metadata/annotations", "value": own}
    annotations = set_field("/metadata/annotations", {**_annotations(own, goal), OPERATION: operation})
    patch = guarded_patch(live, operation, [replaced, annotations])
    # All annotations are replaced, so none may have changed since.
    return patch if not own else structs.replace(patch, body=[unchanged, *list_at(patch.body)])


def _annotations(own: JsonObject, goal: KeptRevision) -> JsonObject:
    """The ReplicaSet's, save those that are the Deployment's own."""
    theirs = mapping_at(goal.keeper.body, "metadata", "annotations")
    kept = {key: value for key, value in theirs.items() if key not in KEPT_ANNOTATIONS}
    return kept | {key: own[key] for key in KEPT_ANNOTATIONS if key in own}


def _images(template: JsonObject) -> SafeText:
    return SafeText(", ".join(image.rpartition("/")[2] or image for _, image in images_of(template)) or "no image")
