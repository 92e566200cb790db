"""Workloads, their revisions, pods and their containers while the shop runs."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from opsconsole.practice.shop.topology import Service, WorkloadKind

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
    levels: list[tuple[float, str]] = field(default_factory=list)
    """Log levels that its process was set to, each with the time from which on."""


@dataclass
class Revision:
    """One template of a workload: a Deployment's ReplicaSet, another's ControllerRevision."""

    name: str
    uid: str
    template_hash: str
    template: Template
    number: int
    created_at: int
    annotations: dict[str, str] = field(default_factory=dict)
    desired: int = 0
    """Pods that a ReplicaSet wants."""


@dataclass
class Workload:
    """A Deployment, StatefulSet or DaemonSet as its owner wants it; `settings` is the rest of its spec."""

    kind: WorkloadKind
    name: str
    namespace: str
    uid: str
    service: Service
    template: Template
    replicas: int
    created_at: int
    settings: dict[str, Any]
    annotations: dict[str, str] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    paused: bool = False
    generation: int = 1
    observed_generation: int = 1
    revisions: list[Revision] = field(default_factory=list)
    progress_at: int = 0
    """When the rollout last moved, for `progressDeadlineSeconds`."""
    complete: bool = True
    """Whether the newest revision has been rolled out wholly; later trouble does not undo that."""
    rolled_out: str = ""
    """Name of the revision that was last rolled out wholly: a StatefulSet's `currentRevision`."""

    @property
    def current(self) -> Revision:
        """The newest revision."""
        newest = self.revisions[0]
        for one in self.revisions:  # no `max`: this is asked 50 times in each second that is lived through
            if one.number > newest.number:
                newest = one
        return newest

    @property
    def rolling(self) -> dict[str, Any]:
        """Parameters of its rolling updates."""
        strategy = self.settings.get("strategy") or self.settings.get("updateStrategy") or {}
        return dict(strategy.get("rollingUpdate") or {})

    @property
    def strategy(self) -> str:
        """RollingUpdate, Recreate or OnDelete."""
        strategy = self.settings.get("strategy") or self.settings.get("updateStrategy") or {}
        return str(strategy.get("type", "RollingUpdate"))

    @property
    def max_surge(self) -> int:
        """Pods a Deployment may have too many while it rolls; percentages round up."""
        return 0 if self.strategy == "Recreate" else _count(self.rolling.get("maxSurge", "25%"), self.replicas, 0.999)

    @property
    def max_unavailable(self) -> int:
        """Pods that may be missing while it rolls; percentages round down, and one of the two is at least 1."""
        if self.strategy == "Recreate":
            return self.replicas
        count = _count(self.rolling.get("maxUnavailable", "25%"), self.replicas, 0.0)
        return max(count, 0 if self.max_surge else 1)


def _count(value: Any, of: int, rounding: float) -> int:
    """A number of pods, or a percentage of `of`."""
    if isinstance(value, str):
        return int(float(value.removesuffix("%") or 0) * of / 100 + rounding)
    return int(value)


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
    workload: Workload | None
    owner: Revision | None
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
    exit_code: int = 143
    """What its container will end with once it is stopping."""
    deleted_at: int | None = None
    gone_at: int | None = None
    labels: dict[str, str] = field(default_factory=dict)
    annotations: dict[str, str] = field(default_factory=dict)
    grace: int = 30
    """Seconds it was given to go."""
    scheduled: bool = True
    """Whether a node has been found for it."""
    samples: list[Sample] = field(default_factory=list)

    @property
    def made_by(self) -> tuple[str, str]:
        """Kind and name of its controller."""
        if self.workload is None or self.owner is None:
            return "Job", self.name.rpartition("-")[0]
        if self.workload.kind is WorkloadKind.DEPLOYMENT:
            return "ReplicaSet", self.owner.name
        return self.workload.kind.value, self.workload.name

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
    number: int
    """Later events, and events told again, have higher ones."""
    count: int = 1
