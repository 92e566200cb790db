"""Pods, their containers and probes in Kubernetes' terms."""

from __future__ import annotations

import enum

import msgspec

from opsconsole.domain.text import SafeText


class ProbeKind(enum.Enum):
    """The kubelet's three probes."""

    STARTUP = "startup"
    READINESS = "readiness"
    LIVENESS = "liveness"


class ProbeState(enum.Enum):
    """What is known of a probe. SUSPENDED: the startup probe has not succeeded yet."""

    PASSING = "passing"
    FAILING = "failing"
    SUSPENDED = "suspended"
    UNKNOWN = "unknown"


class Evidence(enum.Enum):
    """Which source a probe's state was read from, best first."""

    COUNTER = "prober_probe_total"
    EVENTS = "events"
    STATUS = "status"


class Probe(msgspec.Struct, frozen=True):
    """One probe of one container; all durations in seconds, as in the pod's spec."""

    kind: ProbeKind
    handler: SafeText
    state: ProbeState
    evidence: Evidence
    initial_delay: float = 0.0
    period: float = 10.0
    timeout: float = 1.0
    success_threshold: int = 1
    failure_threshold: int = 3
    failures: int | None = None
    """Failures in a row, when a source tells; an estimate unless `evidence` is COUNTER."""
    last_failure: SafeText = SafeText("")
    last_failure_at: float | None = None


class Container(msgspec.Struct, frozen=True):
    """One container's status. `state` is running, waiting or terminated."""

    name: SafeText
    image: SafeText
    ready: bool
    restarts: int
    state: SafeText
    reason: SafeText = SafeText("")
    message: SafeText = SafeText("")
    last_reason: SafeText = SafeText("")
    last_exit_code: int | None = None
    last_finished_at: float | None = None
    started_at: float | None = None
    probes: tuple[Probe, ...] = ()


class Pod(msgspec.Struct, frozen=True):
    """One pod. `created_at` is unix seconds; `revision` is the owning ReplicaSet's."""

    uid: SafeText
    name: SafeText
    namespace: SafeText
    service: SafeText
    phase: SafeText
    ready: bool
    created_at: float
    containers: tuple[Container, ...]
    node: SafeText = SafeText("")
    owner: SafeText = SafeText("")
    revision: SafeText = SafeText("")
    reason: SafeText = SafeText("")
    message: SafeText = SafeText("")
    labels: dict[SafeText, SafeText] = {}

    @property
    def restarts(self) -> int:
        """Restarts of all containers together."""
        return sum(container.restarts for container in self.containers)

    @property
    def trouble(self) -> SafeText:
        """Why the pod is not well, in the cluster's own word, or nothing when it is."""
        for container in self.containers:
            if container.state == "waiting" and container.reason not in ("", "ContainerCreating", "PodInitializing"):
                return container.reason
            if container.last_reason == "OOMKilled":
                return container.last_reason
        if self.reason:
            return self.reason
        if self.phase not in ("Running", "Succeeded"):
            return self.phase
        if not self.ready and self.phase == "Running":
            return SafeText("NotReady")
        return SafeText("")


class PodList(msgspec.Struct, frozen=True):
    """Pods of a scope, in trouble first. `forbidden` names namespaces we may not list."""

    pods: tuple[Pod, ...]
    forbidden: tuple[SafeText, ...] = ()


class ChangeKind(enum.Enum):
    """What kind of thing changed."""

    DEPLOY = "deploy"
    RESTART = "restart"
    SCALE = "scale"


class Change(msgspec.Struct, frozen=True):
    """Something somebody or something did to a service; drawn as a marker on every time axis."""

    time: float
    kind: ChangeKind
    namespace: SafeText
    service: SafeText
    title: SafeText
    cause: SafeText = SafeText("")


class ChangeList(msgspec.Struct, frozen=True):
    """Changes, newest first."""

    changes: tuple[Change, ...]
