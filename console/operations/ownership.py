"""Which object made which, by controller references (Kubernetes, "Owners and dependents")."""

from __future__ import annotations

from opsconsole.domain.cluster_object import JsonObject, Kind, LiveObject, ObjectRef
from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.operations.control import ClusterControl
from opsconsole.operations.json_path import mapping_at, objects_at, text_at, true_at
from opsconsole.safe_text import safe_text

WORKLOADS = frozenset((Kind.DEPLOYMENT, Kind.STATEFUL_SET, Kind.DAEMON_SET))
"""Kinds that have revisions and roll out."""

_KINDS = {kind.value: kind for kind in Kind if kind is not Kind.PROGRAM}


def controller_of(body: JsonObject) -> JsonObject:
    """The controller's entry of `ownerReferences`; empty when nobody controls the object."""
    owners = objects_at(body, "metadata", "ownerReferences")
    return next((one for one in owners if true_at(one, "controller")), {})


def is_controlled_by(live: LiveObject, owner: ObjectRef) -> bool:
    """Whether exactly `owner` made it: names come back, uids don't."""
    return bool(owner.uid) and text_at(controller_of(live.body), "uid") == owner.uid


def controller_ref(live: LiveObject) -> ObjectRef | None:
    """The controller, when it is of a kind the console knows."""
    entry = controller_of(live.body)
    kind = _KINDS.get(text_at(entry, "kind"))
    group = text_at(entry, "apiVersion").rpartition("/")[0]
    if kind is None or kind.group != group:
        return None
    name, uid = safe_text(text_at(entry, "name"), 256), safe_text(text_at(entry, "uid"), 128)
    return ObjectRef(kind, live.ref.namespace, name, uid)


async def workload_of(control: ClusterControl, ref: ObjectRef) -> ObjectRef | None:
    """The Deployment, StatefulSet or DaemonSet above a pod or ReplicaSet; `ref` itself when it is one.

    None for what has none above it, or one of a kind the console doesn't know. Raises `SourceError`.
    """
    if ref.kind in WORKLOADS:
        return ref
    if ref.kind not in (Kind.POD, Kind.REPLICA_SET):
        return None
    above = controller_ref(await control.read(ref))
    if above is None:
        return None
    try:
        return await workload_of(control, above)
    except SourceError as error:
        if error.kind is ErrorKind.NOT_FOUND:  # an orphan: its ReplicaSet was deleted without it
            return None
        raise


def selector_of(body: JsonObject) -> JsonObject:
    """The LabelSelector of a workload."""
    return mapping_at(body, "spec", "selector")
