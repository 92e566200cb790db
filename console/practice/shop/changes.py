"""What may be done to the cluster from outside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from opsconsole.practice.shop.topology import WorkloadKind


@dataclass(frozen=True)
class SetWorkload:
    """A workload's new wish; None keeps what is there. `settings` is the rest of its spec."""

    kind: WorkloadKind
    namespace: str
    name: str
    template: dict[str, Any] | None = None
    replicas: int | None = None
    paused: bool | None = None
    annotations: dict[str, str] | None = None
    labels: dict[str, str] | None = None
    settings: dict[str, Any] | None = None


@dataclass(frozen=True)
class SetPod:
    """A pod's new labels and annotations."""

    namespace: str
    name: str
    labels: dict[str, str]
    annotations: dict[str, str]


@dataclass(frozen=True)
class SetNode:
    """Whether pods may be put on a node, and its new labels and annotations."""

    name: str
    schedulable: bool
    labels: dict[str, str]
    annotations: dict[str, str]


@dataclass(frozen=True)
class DeletePod:
    """Delete one pod. `grace` in seconds."""

    namespace: str
    name: str
    grace: int = 30


@dataclass(frozen=True)
class SignalContainer:
    """A process inside the pod's container sends `signal` to process 1."""

    namespace: str
    name: str
    signal: str


Change = SetWorkload | SetPod | SetNode | DeletePod | SignalContainer
