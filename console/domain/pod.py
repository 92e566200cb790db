"""Pods, their containers and probes in Kubernetes' terms."""

from __future__ import annotations

import enum

import msgspec

from opsconsole.domain.cluster_object import ObjectRef
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
    KUBELET = "kubelet /metrics/probes"


class Probe(msgspec.Struct, frozen=True, gc=False):
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
    throttled: bool = False
    """The kubelet has run out of events for this pod: silence says nothing, a count may be too low."""
    successes: int | None = None
    """Successes in a row, when a source tells."""
    grace: float = 30.0
    """Seconds the container is given to end once the threshold is reached."""
    approximate: bool = False
    """Although a counter tells, `failures` may be off: more came between two readings than can be put in order."""
    as_of: float | None = None
    """Of which moment the counter's figure is, unix seconds."""
    killed_at: float | None = None
    """When the kubelet gave this life of the container up for this probe, unix seconds."""
    command: SafeText = SafeText("")
    """The handler in full, where `handler` is shortened: a script with its line ends as pictures."""

    @property
    def exact(self) -> bool:
        """Whether `failures` is what the kubelet itself counted, not an estimate."""
        counted = self.evidence in (Evidence.COUNTER, Evidence.KUBELET)
        return self.failures is not None and counted and not self.approximate

    @property
    def restarts_at(self) -> float | None:
        """When the threshold is reached if every check goes on failing, unix seconds; the grace period comes on top.

        The failures left are one period apart, counted from the last one (Kubernetes, "Configure Liveness,
        Readiness and Startup Probes"). None for readiness, and when too little is known.
        """
        if self.kind is ProbeKind.READINESS or self.state is not ProbeState.FAILING or self.failures is None:
            return None
        if self.killed_at is not None:
            return self.killed_at
        if self.last_failure_at is None:
            return None
        return self.last_failure_at + max(0, self.failure_threshold - self.failures) * self.period


class Container(msgspec.Struct, frozen=True, gc=False):
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
    container_id: SafeText = SafeText("")
    back_off_until: float | None = None
    """When the kubelet starts it again, while it backs off; unix seconds, an estimate from the rule."""
    memory_limit: float | None = None
    """Bytes, from the spec."""
    memory_usage: float | None = None
    """Bytes, when a source tells."""
    init: bool = False
    """Init container or sidecar."""
    exit_code: int | None = None
    """Of a container that is terminated now."""

    @property
    def ended_well(self) -> bool:
        """Whether it is terminated and says that all went well."""
        return self.state == "terminated" and self.exit_code == 0


class Pod(msgspec.Struct, frozen=True, gc=False):
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
    """The trouble in one word, as its source judges it: `OOMKilled`, `Unschedulable`, `Terminating`, …"""
    message: SafeText = SafeText("")
    labels: dict[SafeText, SafeText] = {}
    since: float | None = None
    """Since when it is in the trouble it is in, unix seconds; None when it is well or nobody can say."""
    why: SafeText = SafeText("")
    """One sentence about the trouble: the scheduler's reason, the probe, the limit, the exit code."""
    in_endpoints: bool | None = None
    """Whether a Service sends it traffic; None when no Service selects it or nobody can say."""
    resource_version: SafeText = SafeText("")
    termination_grace: float = 30.0
    """Seconds, from the spec."""

    @property
    def restarts(self) -> int:
        """Restarts of all containers together."""
        return sum(container.restarts for container in self.containers)

    @property
    def trouble(self) -> SafeText:
        """Why the pod is not well, in the cluster's own word, or nothing when it is.

        `reason` is the source's judgement, which also knows how long ago something was; without one the states decide.
        """
        if self.reason:
            return self.reason
        for container in self.containers:
            if container.state == "waiting" and container.reason not in ("", "ContainerCreating", "PodInitializing"):
                return container.reason
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
    JOB = "job"
    """A job's pod was made. Jobs come and go on their own, so it explains no more than its own service."""


class Change(msgspec.Struct, frozen=True):
    """Something somebody or something did to a service; drawn as a marker on every time axis.

    Of a rollout `workload` is what was rolled out, and `revision` the number it got.
    """

    time: float
    kind: ChangeKind
    namespace: SafeText
    service: SafeText
    title: SafeText
    cause: SafeText = SafeText("")
    workload: ObjectRef | None = None
    revision: int = 0


class ChangeList(msgspec.Struct, frozen=True):
    """Changes, newest first."""

    changes: tuple[Change, ...]
