"""What changed: rollouts, told from ReplicaSets, and restarts, told from containers."""

from __future__ import annotations

from collections.abc import Iterable

from opsconsole.domain.pod import Change, ChangeKind
from opsconsole.safe_text import safe_text
from opsconsole.sources.kubernetes.objects import ContainerStatus, PodObject, ReplicaSetObject, TemplateContainer
from opsconsole.sources.kubernetes.pods import service_of
from opsconsole.sources.moments import parse_moment

REVISION = "deployment.kubernetes.io/revision"
REVISION_HISTORY = "deployment.kubernetes.io/revision-history"
CHANGE_CAUSE = "kubernetes.io/change-cause"
RESTARTED_AT = "kubectl.kubernetes.io/restartedAt"

CHANGES_KEPT = 500


def revision_of(replica_set: ReplicaSetObject) -> int:
    """The Deployment's revision that this ReplicaSet is; 0 when it is none."""
    return _number((replica_set.metadata.annotations or {}).get(REVISION, ""))


def changes_of(pods: Iterable[PodObject], replica_sets: Iterable[ReplicaSetObject]) -> tuple[Change, ...]:
    """Rollouts and restarts, newest first, at most `CHANGES_KEPT`."""
    everything = tuple(pods)
    found = [*_rollouts(everything, replica_sets), *_restarts(everything)]
    return tuple(sorted(found, key=lambda change: -change.time)[:CHANGES_KEPT])


def _rollouts(pods: tuple[PodObject, ...], replica_sets: Iterable[ReplicaSetObject]) -> Iterable[Change]:
    by_deployment: dict[str, list[ReplicaSetObject]] = {}
    for replica_set in replica_sets:
        owner = replica_set.metadata.controller
        if owner is not None and owner.kind == "Deployment" and revision_of(replica_set):
            by_deployment.setdefault(owner.uid, []).append(replica_set)
    first_pods = _first_pods(pods)
    for revisions in by_deployment.values():
        previous: ReplicaSetObject | None = None
        for replica_set in sorted(revisions, key=revision_of):
            moment = _rolled_out_at(replica_set, first_pods)
            if moment is not None:
                yield _rollout(replica_set, previous, moment)
            previous = replica_set


def _rolled_out_at(replica_set: ReplicaSetObject, first_pods: dict[str, float]) -> float | None:
    """When the revision began: its making, or for one that was rolled back to, its first pod of now.

    A rollback renumbers an old ReplicaSet, whose own time then tells of its first use.
    """
    annotations = replica_set.metadata.annotations or {}
    if annotations.get(REVISION_HISTORY):
        return first_pods.get(replica_set.metadata.uid)
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
    )


def _version(image: str, deployment: str) -> str:
    """What of `image` tells one rollout from another: its tag, with the name where that is not the deployment's."""
    last = image.rsplit("/", 1)[-1]
    name, found, tag = last.partition(":")
    return tag if found and name == deployment else last


def _first_pods(pods: tuple[PodObject, ...]) -> dict[str, float]:
    """The earliest creation among the pods of each ReplicaSet, by its uid."""
    first: dict[str, float] = {}
    for pod in pods:
        owner, created = pod.metadata.controller, parse_moment(pod.metadata.creation_timestamp or "")
        if owner is not None and created is not None:
            first[owner.uid] = min(created, first.get(owner.uid, created))
    return first


def _restarts(pods: tuple[PodObject, ...]) -> Iterable[Change]:
    for pod in pods:
        for status in (*(pod.status.init_container_statuses or ()), *(pod.status.container_statuses or ())):
            change = _restart(pod, status)
            if change is not None:
                yield change


def _restart(pod: PodObject, status: ContainerStatus) -> Change | None:
    """The newest end of a container that was started again; earlier ones are no longer told."""
    end = status.last_state.terminated
    moment = parse_moment(end.finished_at or "") if end else None
    if end is None or moment is None or not status.restart_count:
        return None
    return Change(
        time=moment,
        kind=ChangeKind.RESTART,
        namespace=safe_text(pod.metadata.namespace, 256),
        service=service_of(pod.metadata),
        title=safe_text(f"{pod.metadata.name}/{status.name} restarted ({status.restart_count} in all)", 512),
        cause=safe_text(f"{end.reason or 'ended'}, exit code {end.exit_code}", 256),
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
