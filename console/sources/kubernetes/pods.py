"""Pods of the API as pods of the domain."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from opsconsole.domain.pod import Container, Pod, ProbeState
from opsconsole.domain.text import SafeText
from opsconsole.safe_text import safe_mapping, safe_text
from opsconsole.sources.kubernetes.objects import (
    Condition,
    ContainerSpec,
    ContainerStatus,
    Metadata,
    PodObject,
    Terminated,
)
from opsconsole.sources.kubernetes.probe_events import ProbeHistory, ProbeKey
from opsconsole.sources.kubernetes.probes import probes_of
from opsconsole.sources.moments import parse_moment

SERVICE_LABELS = ("app.kubernetes.io/name", "app", "k8s-app")
"""Labels that name a pod's service, the recommended one first (Kubernetes docs, "Recommended Labels")."""

TEMPLATE_HASH = "pod-template-hash"

_ALWAYS = "Always"


def workload_of(metadata: Metadata) -> tuple[str, str]:
    """Kind and name of what manages a pod. A ReplicaSet of a Deployment carries its template's hash."""
    owner = metadata.controller
    if owner is None:
        return "", ""
    template_hash = (metadata.labels or {}).get(TEMPLATE_HASH)
    if owner.kind == "ReplicaSet" and template_hash and owner.name.endswith(f"-{template_hash}"):
        return "Deployment", owner.name.removesuffix(f"-{template_hash}")
    return owner.kind, owner.name


def service_of(metadata: Metadata) -> SafeText:
    """The service a pod belongs to: by label, else its workload's name, else its own."""
    labels = metadata.labels or {}
    for label in SERVICE_LABELS:
        if labels.get(label):
            return safe_text(labels[label], 256)
    return safe_text(workload_of(metadata)[1] or metadata.name, 256)


def domain_pods(
    pods: Iterable[PodObject],
    histories: dict[ProbeKey, ProbeHistory],
    revisions: Mapping[str, str],
    now: float,
) -> tuple[Pod, ...]:
    """All of `pods`, those in trouble first. `revisions` are by ReplicaSet uid; `now` is the server's unix seconds."""
    return tuple(sorted((_pod(pod, histories, revisions, now) for pod in pods), key=_order))


def _order(pod: Pod) -> tuple[bool, bool, bool, str, str]:
    failing = any(probe.state is ProbeState.FAILING for container in pod.containers for probe in container.probes)
    well = pod.ready or pod.phase == "Succeeded"
    return (well, not pod.trouble, not failing, pod.namespace, pod.name)


def _pod(pod: PodObject, histories: dict[ProbeKey, ProbeHistory], revisions: Mapping[str, str], now: float) -> Pod:
    metadata, status = pod.metadata, pod.status
    kind, name = workload_of(metadata)
    owner = metadata.controller
    conditions = {condition.type: condition for condition in status.conditions or ()}
    reason, message = _reason(pod, conditions)
    ready = conditions.get("Ready")
    return Pod(
        uid=safe_text(metadata.uid, 128),
        name=safe_text(metadata.name, 256),
        namespace=safe_text(metadata.namespace, 256),
        service=service_of(metadata),
        phase=safe_text(status.phase, 64),
        ready=ready is not None and ready.status == "True",
        created_at=parse_moment(metadata.creation_timestamp or "") or 0.0,
        containers=_containers(pod, histories, now),
        node=safe_text(pod.spec.node_name, 256),
        owner=safe_text(f"{kind}/{name}", 256) if name else SafeText(""),
        revision=safe_text(revisions.get(owner.uid, ""), 32) if owner else SafeText(""),
        reason=reason,
        message=message,
        labels=safe_mapping(metadata.labels or {}),
    )


def _reason(pod: PodObject, conditions: dict[str, Condition]) -> tuple[SafeText, SafeText]:
    """Why the pod is not well beyond its containers: leaving, evicted, not schedulable, or held by a gate."""
    if pod.metadata.deletion_timestamp:
        return SafeText("Terminating"), safe_text(pod.status.message)
    if pod.status.reason:
        return safe_text(pod.status.reason, 128), safe_text(pod.status.message)
    scheduled = conditions.get("PodScheduled")
    if scheduled is not None and scheduled.status == "False":
        return safe_text(scheduled.reason, 128), safe_text(scheduled.message)
    ready, containers = conditions.get("Ready"), conditions.get("ContainersReady")
    if ready and containers and ready.status == "False" and containers.status == "True":
        return safe_text(ready.reason, 128), safe_text(ready.message)
    return SafeText(""), safe_text(pod.status.message)


def _containers(pod: PodObject, histories: dict[ProbeKey, ProbeHistory], now: float) -> tuple[Container, ...]:
    """Containers and sidecars, and init containers for as long as they hold the pod up."""
    statuses = {status.name: status for status in pod.status.container_statuses or ()}
    initial = {status.name: status for status in pod.status.init_container_statuses or ()}
    uid = pod.metadata.uid
    shown: list[Container] = []
    for spec in pod.spec.init_containers or ():
        status = initial.get(spec.name)
        done = status and status.state.terminated and status.state.terminated.exit_code == 0
        if spec.restart_policy == _ALWAYS or not done:
            shown.append(_container(spec, status, uid, histories, now))
    shown.extend(_container(spec, statuses.get(spec.name), uid, histories, now) for spec in pod.spec.containers)
    return tuple(shown)


def _container(
    spec: ContainerSpec,
    status: ContainerStatus | None,
    uid: str,
    histories: dict[ProbeKey, ProbeHistory],
    now: float,
) -> Container:
    state, reason, message, started = _state(status)
    last = (status.last_state.terminated if status else None) or Terminated()
    ended = status is not None and status.last_state.terminated is not None
    return Container(
        name=safe_text(spec.name, 256),
        image=safe_text(spec.image, 512),
        ready=status is not None and status.ready,
        restarts=status.restart_count if status else 0,
        state=state,
        reason=reason,
        message=message,
        last_reason=safe_text(last.reason, 128),
        last_exit_code=last.exit_code if ended else None,
        last_finished_at=parse_moment(last.finished_at or "") if ended else None,
        started_at=started,
        probes=probes_of(spec, status, uid, histories, now),
    )


def _state(status: ContainerStatus | None) -> tuple[SafeText, SafeText, SafeText, float | None]:
    """State, reason, message and start of a container; without a status it is waiting for the kubelet."""
    if status is None:
        return SafeText("waiting"), SafeText(""), SafeText(""), None
    state = status.state
    if state.running is not None:
        return SafeText("running"), SafeText(""), SafeText(""), parse_moment(state.running.started_at or "")
    if state.terminated is not None:
        end = state.terminated
        return SafeText("terminated"), safe_text(end.reason, 128), safe_text(end.message), None
    waiting = state.waiting
    if waiting is None:
        return SafeText("waiting"), SafeText(""), SafeText(""), None
    return SafeText("waiting"), safe_text(waiting.reason, 128), safe_text(waiting.message), None
