"""Pods of the API as pods of the domain."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from opsconsole.domain.node import Node
from opsconsole.domain.pod import Container, Pod, ProbeState
from opsconsole.domain.text import SafeText
from opsconsole.safe_text import safe_text
from opsconsole.sources.kubernetes.objects import ContainerSpec, ContainerStatus, Metadata, PodObject, Terminated
from opsconsole.sources.kubernetes.pod_health import Case, Judgement, PodWarning, conditions_of, judged
from opsconsole.sources.kubernetes.probe_events import ProbeHistory, ProbeKey
from opsconsole.sources.kubernetes.probes import probes_of, sharing_throttle
from opsconsole.sources.kubernetes.probing.back_off import back_off_until
from opsconsole.sources.kubernetes.probing.probe_watch import ProbeHistories
from opsconsole.sources.kubernetes.quantities import quantity
from opsconsole.sources.kubernetes.sharing import Shared, shared_text
from opsconsole.sources.moments import parse_moment

SERVICE_LABELS = ("app.kubernetes.io/name", "app", "k8s-app")
"""Labels that name a pod's service, the recommended one first (Kubernetes docs, "Recommended Labels")."""

TEMPLATE_HASH = "pod-template-hash"

UNSETTLED = 900.0
"""Seconds after a probe's last failure in which its verdict may still change without a word."""

REVIEW = 5.0
"""Seconds until a pod with such a probe is judged anew."""

_ALWAYS = "Always"
_OPEN = (ProbeState.UNKNOWN, ProbeState.SUSPENDED)


@dataclass(frozen=True)
class Told:
    """What other objects tell of one pod. `warnings` are newest first; `revision` is its ReplicaSet's."""

    histories: ProbeHistories = field(default_factory=dict[ProbeKey, ProbeHistory])
    warnings: tuple[PodWarning, ...] = ()
    revision: str = ""
    in_endpoints: bool | None = None
    node: Node | None = None


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
            return shared_text(labels[label], 256)
    return shared_text(workload_of(metadata)[1] or metadata.name, 256)


def domain_pods(
    pods: Iterable[PodObject],
    histories: ProbeHistories,
    revisions: Mapping[str, str],
    now: float,
) -> tuple[Pod, ...]:
    """All of `pods`, those in trouble first. `revisions` are by ReplicaSet uid; `now` is the server's unix seconds."""
    shared = Shared()
    made = []
    for pod in pods:
        owner = pod.metadata.controller
        revision = revisions.get(owner.uid, "") if owner else ""
        made.append(domain_pod(pod, Told(histories, revision=revision), shared, now)[0])
    return tuple(sorted(made, key=health_order))


def health_order(pod: Pod) -> tuple[int, str, str, str]:
    """Sorts pods in trouble first, then those with a failing probe, then by namespace and name."""
    failing = any(probe.state is ProbeState.FAILING for container in pod.containers for probe in container.probes)
    well = pod.ready or pod.phase == "Succeeded"
    return (well * 4 + (not pod.trouble) * 2 + (not failing), pod.namespace, pod.name, pod.uid)


def domain_pod(pod: PodObject, told: Told, shared: Shared, now: float) -> tuple[Pod, Judgement]:
    """One pod at `now` (the server's unix seconds), and the judgement of its health."""
    metadata, status = pod.metadata, pod.status
    kind, name = workload_of(metadata)
    conditions = conditions_of(pod)
    containers = _containers(pod, told.histories, shared, now)
    judgement = judged(Case(pod, containers, conditions, told.warnings, told.node, now))
    ready = conditions.get("Ready")
    made = Pod(
        uid=safe_text(metadata.uid, 128),
        name=safe_text(metadata.name, 256),
        namespace=shared_text(metadata.namespace, 256),
        service=service_of(metadata),
        phase=shared_text(status.phase, 64),
        ready=ready is not None and ready.status == "True",
        created_at=parse_moment(metadata.creation_timestamp or "") or 0.0,
        containers=containers,
        node=shared_text(pod.spec.node_name, 256),
        owner=shared_text(f"{kind}/{name}", 256) if name else SafeText(""),
        revision=shared_text(told.revision, 32),
        reason=judgement.word,
        message=safe_text(status.message),
        labels=shared.labels(metadata.labels or {}),
        since=judgement.since,
        why=judgement.why,
        in_endpoints=told.in_endpoints,
        resource_version=safe_text(metadata.resource_version, 64),
        termination_grace=float(pod.spec.termination_grace_period_seconds),
    )
    return made, _reviewed(judgement, containers, now)


def _reviewed(judgement: Judgement, containers: tuple[Container, ...], now: float) -> Judgement:
    """`judgement` with a review soon where a probe's verdict may change by silence alone."""
    unsettled = any(
        (now - probe.last_failure_at < UNSETTLED if probe.last_failure_at is not None else probe.state in _OPEN)
        # A counter that is read no more, and a budget of events that fills, change the verdict by time alone.
        or probe.as_of is not None
        or probe.throttled
        for container in containers
        if container.state == "running"
        for probe in container.probes
    )
    if not unsettled:
        return judgement
    soon = now + REVIEW
    return replace(judgement, review_at=min(soon, judgement.review_at or soon))


def _containers(pod: PodObject, histories: ProbeHistories, shared: Shared, now: float) -> tuple[Container, ...]:
    """Containers and sidecars, and init containers for as long as they hold the pod up."""
    statuses = {status.name: status for status in pod.status.container_statuses or ()}
    initial = {status.name: status for status in pod.status.init_container_statuses or ()}
    shown: list[Container] = []
    for spec in pod.spec.init_containers or ():
        status = initial.get(spec.name)
        done = status and status.state.terminated and status.state.terminated.exit_code == 0
        if spec.restart_policy == _ALWAYS or not done:
            shown.append(_container(pod, spec, status, histories, shared, now, init=True))
    regular = (_container(pod, spec, statuses.get(spec.name), histories, shared, now) for spec in pod.spec.containers)
    return sharing_throttle((*shown, *regular))


def _container(
    pod: PodObject,
    spec: ContainerSpec,
    status: ContainerStatus | None,
    histories: ProbeHistories,
    shared: Shared,
    now: float,
    *,
    init: bool = False,
) -> Container:
    state, reason, message, started = _state(status)
    ended = status.last_state.terminated if status else None
    last = ended or Terminated()
    current = status.state.terminated if status else None
    limits = spec.resources.limits or {}
    grace = float(pod.spec.termination_grace_period_seconds)
    return Container(
        name=shared_text(spec.name, 256),
        image=shared_text(spec.image, 512),
        ready=status is not None and status.ready,
        restarts=status.restart_count if status else 0,
        state=state,
        reason=reason,
        message=message,
        last_reason=shared_text(last.reason, 128),
        last_exit_code=last.exit_code if ended else None,
        last_finished_at=parse_moment(last.finished_at or "") if ended else None,
        started_at=started,
        probes=shared.probes(probes_of(spec, status, pod.metadata.uid, histories, now, grace)),
        container_id=safe_text(status.container_id, 256) if status else SafeText(""),
        back_off_until=back_off_until(status),
        memory_limit=quantity(limits["memory"]) if "memory" in limits else None,
        init=init,
        exit_code=current.exit_code if current else None,
    )


def _state(status: ContainerStatus | None) -> tuple[SafeText, SafeText, SafeText, float | None]:
    """State, reason, message and start of a container; without a status it is waiting for the kubelet."""
    nothing = SafeText("")
    if status is None:
        return SafeText("waiting"), nothing, nothing, None
    state = status.state
    if state.running is not None:
        return SafeText("running"), nothing, nothing, parse_moment(state.running.started_at or "")
    if state.terminated is not None:
        end = state.terminated
        return SafeText("terminated"), shared_text(end.reason, 128), safe_text(end.message), None
    waiting = state.waiting
    if waiting is None:
        return SafeText("waiting"), nothing, nothing, None
    return SafeText("waiting"), shared_text(waiting.reason, 128), safe_text(waiting.message), None
