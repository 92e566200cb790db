"""Workloads: what keeps pods running, and how its rollout goes."""

from __future__ import annotations

import enum

import msgspec

from opsconsole.domain.cluster_object import ObjectRef
from opsconsole.domain.text import SafeText


class RolloutState(enum.Enum):
    """Where a rollout stands, as `kubectl rollout status` judges it. STUCK: its progress deadline has passed."""

    DONE = "done"
    PROGRESSING = "progressing"
    STUCK = "stuck"
    PAUSED = "paused"


class WorkloadCondition(msgspec.Struct, frozen=True, gc=False):
    """A condition; `status` is the API's True, False or Unknown, `since` unix seconds."""

    kind: SafeText
    status: SafeText
    reason: SafeText = SafeText("")
    message: SafeText = SafeText("")
    since: float | None = None


class Workload(msgspec.Struct, frozen=True, gc=False):
    """A Deployment, StatefulSet, DaemonSet or Job.

    `desired`, `updated`, `ready` and `available` count replicas: of a DaemonSet nodes, of a Job completions
    (`ready` are its pods that run).
    """

    ref: ObjectRef
    service: SafeText
    desired: int
    updated: int
    ready: int
    available: int
    rollout: RolloutState
    rollout_words: SafeText
    """What the rollout waits for, such as `2 of 3 replicas updated`."""
    created_at: float = 0.0
    paused: bool = False
    revision: SafeText = SafeText("")
    """A Deployment's number, or the name of a StatefulSet's or DaemonSet's ControllerRevision."""
    images: tuple[SafeText, ...] = ()
    conditions: tuple[WorkloadCondition, ...] = ()
    managed_by: tuple[SafeText, ...] = ()
    """Who will put it back the way it was: `Argo CD shop`, `Flux kustomization shop`, `Helm release checkout`."""
    min_replicas: int | None = None
    max_replicas: int | None = None
    """Bounds of its HorizontalPodAutoscaler; None without one or when nobody can say."""
    disruptions_allowed: int | None = None
    """Pods its PodDisruptionBudget lets go right now; None without one or when nobody can say."""

    @property
    def well(self) -> bool:
        """Whether every replica wanted is ready and no rollout hangs."""
        return self.ready >= self.desired and self.rollout is not RolloutState.STUCK


class WorkloadList(msgspec.Struct, frozen=True):
    """Workloads of a scope, in trouble first. `forbidden` names namespaces we may not list."""

    workloads: tuple[Workload, ...]
    forbidden: tuple[SafeText, ...] = ()
