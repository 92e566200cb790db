"""Deployments, ReplicaSets, pods and their containers while the shop runs."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from opsconsole.practice.shop.topology import Service

Template = dict[str, Any]
"""A pod template as JSON, without the `pod-template-hash` label."""


PROBE_RESULTS = (
    ("Startup", "successful"),
    ("Startup", "failed"),
    ("Readiness", "successful"),
    ("Readiness", "failed"),
    ("Liveness", "successful"),
    ("Liveness", "failed"),
)
"""Labels `probe_type` and `result` of the kubelet's `prober_probe_total`."""


@dataclass
class Run:
    """One life of a container; times are unix seconds."""

    container_id: str
    started_at: int
    finished_at: int | None = None
    reason: str = ""
    exit_code: int = 0


@dataclass
class ReplicaSet:
    """One revision of a deployment."""

    name: str
    uid: str
    template_hash: str
    template: Template
    revision: int
    created_at: int
    cause: str
    restarted_revision: int = 0
    version: int = 1
    desired: int = 0


@dataclass
class Deployment:
    """A workload as its owner wants it. `version` is its resourceVersion."""

    name: str
    namespace: str
    uid: str
    service: Service
    template: Template
    replicas: int
    created_at: int
    annotations: dict[str, str] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    paused: bool = False
    generation: int = 1
    observed_generation: int = 1
    version: int = 1
    max_surge: int = 1
    max_unavailable: int = 1
    replica_sets: list[ReplicaSet] = field(default_factory=list)
    progress_at: int = 0
    """When the rollout last moved, for `progressDeadlineSeconds`."""
    complete: bool = True
    """Whether the newest revision has been rolled out wholly; later trouble does not undo that."""

    @property
    def current(self) -> ReplicaSet:
        """The ReplicaSet of the newest revision."""
        return max(self.replica_sets, key=lambda one: one.revision)


@dataclass
class Pod:
    """One pod. `afflicted`: its template carries the scenario's fault. `failures` in a row by probe type."""

    name: str
    namespace: str
    uid: str
    service: Service
    template: Template
    address: str
    node: int
    created_at: int
    start_at: int
    owner: ReplicaSet | None
    afflicted: bool
    ordinal: int = 0
    runs: list[Run] = field(default_factory=list)
    started: bool = False
    ready: bool = False
    ready_at: int = 0
    failures: Counter[str] = field(default_factory=Counter)
    probes: list[int] = field(default_factory=lambda: [0] * len(PROBE_RESULTS))
    """How often each of `PROBE_RESULTS` came, over all lives of the container."""
    waiting: str = "ContainerCreating"
    restart_at: int | None = None
    stopping_at: int | None = None
    stop_reason: str = ""
    deleted_at: int | None = None
    gone_at: int | None = None
    version: int = 1
    samples: list[Sample] = field(default_factory=list)

    @property
    def run(self) -> Run | None:
        """The life of its container that goes on, if one does."""
        return self.runs[-1] if self.runs and self.runs[-1].finished_at is None else None

    @property
    def stopping(self) -> bool:
        """Whether its container has been told to end."""
        return self.stopping_at is not None

    @property
    def restarts(self) -> int:
        """Restarts of its container."""
        return max(0, len(self.runs) - 1)

    @property
    def container(self) -> dict[str, Any]:
        """Its one container as the template says."""
        return dict(self.template["spec"]["containers"][0])

    @property
    def serving(self) -> bool:
        """Whether it is behind its service."""
        return self.ready and self.deleted_at is None


class Sample(NamedTuple):
    """What a pod was at one tick. `run` counts its container's lives, 0 while none goes on.

    `run_age` is in seconds, `probes` as in `Pod.probes`.
    """

    tick: int
    run: int
    run_age: int
    ready: bool
    serving: bool
    level: float
    restarts: int
    probes: tuple[int, ...]


@dataclass
class Event:
    """A Kubernetes event, counted up while it repeats. `kind` and `object_name` say what it is about."""

    uid: str
    name: str
    namespace: str
    kind: str
    object_name: str
    object_uid: str
    field_path: str
    type: str
    reason: str
    message: str
    component: str
    host: str
    first: int
    last: int
    version: int
    count: int = 1
