"""Revisions of a workload: a Deployment's ReplicaSets, and the ControllerRevisions of the two other kinds.

Follows kubectl `pkg/polymorphichelpers/{history,rollback}.go` and the Deployment controller's `FindNewReplicaSet`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from opsconsole.domain.cluster_object import JsonObject, Kind, LiveObject, ObjectRef
from opsconsole.domain.operation import ContainerRollup, Revision
from opsconsole.operations.control import ClusterControl
from opsconsole.operations.json_path import mapping_at, objects_at, text_at, whole_number_at
from opsconsole.operations.ownership import controller_of, is_controlled_by, selector_of
from opsconsole.operations.template_diff import images_of, same_template, template_changes
from opsconsole.safe_text import safe_text

REVISION = "deployment.kubernetes.io/revision"
CHANGE_CAUSE = "kubernetes.io/change-cause"
REVISION_HASH = "controller-revision-hash"


class KeptRevision(msgspec.Struct, frozen=True):
    """A revision with what going back to it needs: `keeper` is its ReplicaSet or ControllerRevision."""

    number: int
    keeper: LiveObject
    template: JsonObject
    current: bool


async def kept_revisions(control: ClusterControl, workload: LiveObject) -> tuple[KeptRevision, ...]:
    """All revisions that the cluster keeps of `workload`, newest number first. Raises `SourceError`."""
    kind = Kind.REPLICA_SET if workload.ref.kind is Kind.DEPLOYMENT else Kind.CONTROLLER_REVISION
    found = await control.find(kind, workload.ref.namespace, selector_of(workload.body))
    mine = [one for one in found if is_controlled_by(one, workload.ref)]
    current = _current(workload, mine)
    kept = (KeptRevision(number_of(one), one, template_of(one), one is current) for one in mine)
    return tuple(sorted((one for one in kept if one.number), key=lambda one: -one.number))


async def revisions(control: ClusterControl, ref: ObjectRef) -> tuple[Revision, ...]:
    """Revisions of a Deployment, StatefulSet or DaemonSet with the health of their pods. Raises `SourceError`."""
    workload = await control.read(ref)
    kept = await kept_revisions(control, workload)
    pods = await control.find(Kind.POD, workload.ref.namespace, selector_of(workload.body))
    living = [pod for pod in pods if not text_at(pod.body, "metadata", "deletionTimestamp")]
    present = present_template(workload)
    return tuple(_shown(one, present, tuple(_pods_of(one, workload.ref, living))) for one in kept)


def number_of(keeper: LiveObject) -> int:
    """The revision's number; 0 for a ReplicaSet that carries none."""
    if keeper.ref.kind is Kind.CONTROLLER_REVISION:
        return whole_number_at(keeper.body, "revision")
    text = text_at(keeper.body, "metadata", "annotations", REVISION)
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0


def template_of(keeper: LiveObject) -> JsonObject:
    """The pod template a ReplicaSet or ControllerRevision holds."""
    if keeper.ref.kind is Kind.CONTROLLER_REVISION:
        template = mapping_at(keeper.body, "data", "spec", "template")
        return {key: value for key, value in template.items() if key != "$patch"}
    return mapping_at(keeper.body, "spec", "template")


def present_template(workload: LiveObject) -> JsonObject:
    """The pod template in force."""
    return mapping_at(workload.body, "spec", "template")


def choice(kept: Sequence[KeptRevision], wanted: int | None) -> KeptRevision | None:
    """The revision to go back to: number `wanted`, or else the newest that runs something else than the one in force.

    A rolling restart makes a revision as well, so "the one before" may be the same with another annotation. Other
    environment or resources under the same images are something else: whoever takes back a change of the configuration
    wants to keep the release. Only where all run the same is it the newest that is not in force.
    """
    if wanted is not None:
        return next((one for one in kept if one.number == wanted), None)
    present = next((mapping_at(one.template, "spec") for one in kept if one.current), None)
    others = [one for one in kept if not one.current]
    newest = others[0] if others else None
    return next((one for one in others if mapping_at(one.template, "spec") != present), newest)


def _current(workload: LiveObject, keepers: Sequence[LiveObject]) -> LiveObject | None:
    """The keeper whose template is in force: of equal ones the oldest ReplicaSet, the newest ControllerRevision."""
    present = present_template(workload)
    equal = [one for one in keepers if same_template(template_of(one), present)]
    if workload.ref.kind is Kind.DEPLOYMENT:
        return min(equal, key=lambda one: _moment(one.body), default=None)
    named = text_at(workload.body, "status", "updateRevision")
    # A server that was upgraded fills in defaults the kept template has not; the controller knows all the same.
    known = next((one for one in keepers if one.ref.name == named), None)
    return max(equal, key=number_of, default=known)


def _pods_of(kept: KeptRevision, workload: ObjectRef, pods: Iterable[LiveObject]) -> Iterable[LiveObject]:
    keeper = kept.keeper.ref
    for pod in pods:
        if keeper.kind is Kind.REPLICA_SET:
            if text_at(controller_of(pod.body), "uid") == keeper.uid:
                yield pod
        elif is_controlled_by(pod, workload):
            # A StatefulSet's pods carry the revision's whole name, a DaemonSet's the hash at its end.
            carried = text_at(pod.body, "metadata", "labels", REVISION_HASH)
            if carried and keeper.name in (carried, f"{workload.name}-{carried}"):
                yield pod


def _shown(kept: KeptRevision, present: JsonObject, pods: Sequence[LiveObject]) -> Revision:
    body = kept.keeper.body
    return Revision(
        number=kept.number,
        name=kept.keeper.ref.name,
        created_at=_moment(body),
        containers=tuple(ContainerRollup(name, image) for name, image in images_of(kept.template)),
        current=kept.current,
        cause=safe_text(text_at(body, "metadata", "annotations", CHANGE_CAUSE), 300),
        pods=len(pods),
        ready=sum(is_ready(pod.body) for pod in pods),
        changes=() if kept.current else template_changes(present, kept.template),
    )


def is_ready(pod: JsonObject) -> bool:
    """Whether the pod's condition Ready is True."""
    conditions = objects_at(pod, "status", "conditions")
    return any(text_at(one, "type") == "Ready" and text_at(one, "status") == "True" for one in conditions)


def _moment(body: JsonObject) -> float:
    """Unix seconds of its creation, 0 when that can't be read."""
    try:
        return datetime.fromisoformat(text_at(body, "metadata", "creationTimestamp")).timestamp()
    except ValueError:
        return 0.0
