"""What changed: rollouts, told from ReplicaSets, restarts, told from containers, and jobs, told from their pods."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import msgspec

from opsconsole.domain.cluster_object import Kind, ObjectRef
from opsconsole.domain.pod import Change, ChangeKind, Container, Pod
from opsconsole.safe_text import safe_text
from opsconsole.sources.kubernetes.objects import (
    ControllerRevisionObject,
    ReplicaSetObject,
    ReplicaSetSpec,
    TemplateContainer,
)
from opsconsole.sources.kubernetes.pods import service_of
from opsconsole.sources.moments import parse_moment

REVISION = "deployment.kubernetes.io/revision"
REVISION_HISTORY = "deployment.kubernetes.io/revision-history"
CHANGE_CAUSE = "kubernetes.io/change-cause"
RESTARTED_AT = "kubectl.kubernetes.io/restartedAt"

CHANGES_KEPT = 500

_ROLLED_OUT = frozenset({"Deployment", "StatefulSet", "DaemonSet"})


def revision_of(replica_set: ReplicaSetObject) -> int:
    """The Deployment's revision that this ReplicaSet is; 0 when it is none."""
    return _number((replica_set.metadata.annotations or {}).get(REVISION, ""))


def as_replica_set(revision: ControllerRevisionObject) -> ReplicaSetObject:
    """A StatefulSet's or DaemonSet's revision in the form that a Deployment's has."""
    metadata = revision.metadata
    numbered = {**(metadata.annotations or {}), REVISION: str(revision.revision)}
    spec = ReplicaSetSpec(template=revision.data.spec.template)
    return ReplicaSetObject(msgspec.structs.replace(metadata, annotations=numbered), spec)


def changes_of(rollouts: Iterable[Change], restarts: Iterable[Change]) -> tuple[Change, ...]:
    """Both together, newest first, at most `CHANGES_KEPT`."""
    return tuple(sorted((*rollouts, *restarts), key=lambda change: -change.time)[:CHANGES_KEPT])


def rollouts_of(replica_sets: Iterable[ReplicaSetObject], first_pod: Callable[[str], float | None]) -> Iterator[Change]:
    """Rollouts of Deployments, and of others by `as_replica_set`.

    `first_pod` is the earliest creation among a ReplicaSet's pods, by its uid.
    """
    by_owner: dict[str, list[ReplicaSetObject]] = {}
    for replica_set in replica_sets:
        owner = replica_set.metadata.controller
        if owner is not None and owner.kind in _ROLLED_OUT and revision_of(replica_set):
            by_owner.setdefault(owner.uid, []).append(replica_set)
    for revisions in by_owner.values():
        previous: ReplicaSetObject | None = None
        latest = 0.0
        for replica_set in sorted(revisions, key=revision_of):
            moment = _rolled_out_at(replica_set, first_pod)
            # A ControllerRevision that was rolled back to is renumbered, and nothing tells when.
            if moment is not None and moment >= latest:
                latest = moment
                yield _rollout(replica_set, previous, moment)
            previous = replica_set


def _rolled_out_at(replica_set: ReplicaSetObject, first_pod: Callable[[str], float | None]) -> float | None:
    """When the revision began: its making, or for one that was rolled back to, its first pod of now.

    A rollback renumbers an old ReplicaSet, whose own time then tells of its first use.
    """
    annotations = replica_set.metadata.annotations or {}
    if annotations.get(REVISION_HISTORY):
        return first_pod(replica_set.metadata.uid)
    return parse_moment(replica_set.metadata.creation_timestamp or "")


def _rollout(replica_set: ReplicaSetObject, previous: ReplicaSetObject | None, moment: float) -> Change:
    annotations = replica_set.metadata.annotations or {}
    owner = replica_set.metadata.controller
    name = owner.name if owner else replica_set.metadata.name
    images, before = _images(replica_set), _images(previous) if previous else {}
    changed = [image for container, image in images.items() if before.get(container) != image]
    restarted = previous is not None and _restarted_at(replica_set) != _restarted_at(previous)
    back = " (back to an earlier one)" if annotations.get(REVISION_HISTORY) else ""
    variables = _changed_variables(replica_set, previous) if previous else []
    differing = [_version(image, name) for image in changed] or variables
    what = ", ".join(differing) or ("rolling restart" if restarted else "same image, other template")
    rolling = restarted and not differing
    return Change(
        time=moment,
        kind=ChangeKind.RESTART if rolling else ChangeKind.DEPLOY,
        namespace=safe_text(replica_set.metadata.namespace, 256),
        service=service_of(replica_set.metadata) if replica_set.metadata.labels else safe_text(name, 256),
        title=safe_text(f"{'' if rolling else 'deploy '}{name} {what}{back}, revision {revision_of(replica_set)}", 512),
        cause=safe_text(annotations.get(CHANGE_CAUSE, ""), 512),
        workload=_workload(replica_set),
        revision=revision_of(replica_set),
    )


def _workload(replica_set: ReplicaSetObject) -> ObjectRef | None:
    """What the revision is one of."""
    metadata = replica_set.metadata
    owner = metadata.controller
    if owner is None:
        return None
    return ObjectRef(Kind(owner.kind), safe_text(metadata.namespace, 256), safe_text(owner.name, 256))


def _version(image: str, deployment: str) -> str:
    """What of `image` tells one rollout from another: its tag, with the name where that is not the deployment's."""
    last = image.rsplit("/", 1)[-1]
    name, found, tag = last.partition(":")
    return tag if found and name == deployment else last


def restarts_of(pod: Pod) -> tuple[Change, ...]:
    """The newest end of each container that was started again; earlier ones are no longer told."""
    return tuple(change for container in pod.containers if container.restarts and (change := _restart(pod, container)))


def job_start_of(pod: Pod) -> tuple[Change, ...]:
    """That a job made this pod; nothing for a pod of anything else."""
    kind, _, job = pod.owner.partition("/")
    if kind != "Job":
        return ()
    where = f" on {pod.node}" if pod.node else ""
    title = safe_text(f"job {job} started{where}", 512)
    return (Change(pod.created_at, ChangeKind.JOB, pod.namespace, pod.service, title),)


def _restart(pod: Pod, container: Container) -> Change | None:
    moment = container.last_finished_at
    if moment is None:
        return None
    return Change(
        time=moment,
        kind=ChangeKind.RESTART,
        namespace=pod.namespace,
        service=pod.service,
        title=safe_text(f"{pod.name}/{container.name} restarted ({container.restarts} in all)", 512),
        cause=safe_text(f"{container.last_reason or 'ended'}, exit code {container.last_exit_code}", 256),
    )


def _images(replica_set: ReplicaSetObject) -> dict[str, str]:
    return {container.name: container.image for container in replica_set.spec.template.spec.containers}


def _changed_variables(new: ReplicaSetObject, old: ReplicaSetObject) -> list[str]:
    """Environment variables that differ, by name: a value may be a secret that was written down in the open."""
    before = {container.name: _environment(container) for container in old.spec.template.spec.containers}
    names: dict[str, None] = {}
    for container in new.spec.template.spec.containers:
        now, then = _environment(container), before.get(container.name, {})
        names |= dict.fromkeys(sorted(name for name in now.keys() | then.keys() if now.get(name) != then.get(name)))
    return [f"{name} changed" for name in names]


def _environment(container: TemplateContainer) -> dict[str, str]:
    return {variable.name: variable.value for variable in container.env or ()}


def _restarted_at(replica_set: ReplicaSetObject) -> str:
    return (replica_set.spec.template.metadata.annotations or {}).get(RESTARTED_AT, "")


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0
