"""Deployments, StatefulSets and DaemonSets as the API server shows them."""

from __future__ import annotations

import copy
from typing import Any

from opsconsole.practice.kubernetes.selection import Item
from opsconsole.practice.kubernetes.status import timestamp
from opsconsole.practice.shop.founding import TEMPLATE_GENERATION
from opsconsole.practice.shop.topology import NODES, WorkloadKind
from opsconsole.practice.shop.workload import Pod, Workload


def workload_object(workload: Workload, pods: list[Pod], now: float) -> Item:
    """One object of apps/v1 without `kind` and `apiVersion`; `pods` are all of its own."""
    spec: dict[str, Any] = {
        "replicas": workload.replicas,
        "selector": {"matchLabels": {"app": workload.service.name}},
        "template": copy.deepcopy(workload.template),
        **copy.deepcopy(workload.settings),
    }
    annotations = dict(workload.annotations)
    if workload.paused:
        spec["paused"] = True
    if workload.kind is WorkloadKind.DAEMON_SET:
        del spec["replicas"]
        annotations[TEMPLATE_GENERATION] = str(workload.current.number)
    return {
        "metadata": {
            "name": workload.name,
            "namespace": workload.namespace,
            "uid": workload.uid,
            "generation": workload.generation,
            "creationTimestamp": timestamp(workload.created_at),
            "labels": dict(workload.labels),
            "annotations": annotations,
        },
        "spec": spec,
        "status": {"observedGeneration": workload.observed_generation, **_status(workload, pods, now)},
    }


def _status(workload: Workload, pods: list[Pod], now: float) -> dict[str, Any]:
    living = [pod for pod in pods if pod.deleted_at is None]
    match workload.kind:
        case WorkloadKind.DEPLOYMENT:
            return _deployment_status(workload, living, now)
        case WorkloadKind.STATEFUL_SET:
            return _stateful_status(workload, pods)
        case WorkloadKind.DAEMON_SET:
            return _daemon_status(workload, living)


def _updated(workload: Workload, pods: list[Pod]) -> list[Pod]:
    return [pod for pod in pods if pod.owner is not None and pod.owner.template == workload.template]


def _deployment_status(workload: Workload, living: list[Pod], now: float) -> dict[str, Any]:
    ready = sum(pod.serving for pod in living)
    counts = {
        "replicas": len(living),
        "updatedReplicas": len(_updated(workload, living)),
        "readyReplicas": ready,
        "availableReplicas": ready,
        "unavailableReplicas": max(0, max(len(living), workload.replicas) - ready),
    }
    conditions = [_available(workload, ready), _progressing(workload, now)]
    return {**{name: count for name, count in counts.items() if count}, "conditions": conditions}


def _stateful_status(workload: Workload, pods: list[Pod]) -> dict[str, Any]:
    ready, updated = sum(pod.serving for pod in pods), _updated(workload, pods)
    old = [pod for pod in pods if pod.owner is not None and pod.owner.name == workload.rolled_out]
    counts = {"readyReplicas": ready, "currentReplicas": len(old), "updatedReplicas": len(updated)}
    return {
        "replicas": len(pods),
        **{name: count for name, count in counts.items() if count},
        "currentRevision": workload.rolled_out,
        "updateRevision": workload.current.name,
        "collisionCount": 0,
        "availableReplicas": ready,
    }


def _daemon_status(workload: Workload, living: list[Pod]) -> dict[str, Any]:
    ready, updated = sum(pod.serving for pod in living), len(_updated(workload, living))
    missing = len(NODES) - ready
    return {
        "currentNumberScheduled": len(living),
        "numberMisscheduled": 0,
        "desiredNumberScheduled": len(NODES),
        "numberReady": ready,
        **({"updatedNumberScheduled": updated} if updated else {}),
        **({"numberAvailable": ready} if ready else {}),
        **({"numberUnavailable": missing} if missing else {}),
    }


def _available(workload: Workload, ready: int) -> dict[str, Any]:
    enough = ready >= workload.replicas - workload.max_unavailable
    at = timestamp(workload.progress_at)
    return {
        "type": "Available",
        "status": "True" if enough else "False",
        "lastUpdateTime": at,
        "lastTransitionTime": at,
        "reason": "MinimumReplicasAvailable" if enough else "MinimumReplicasUnavailable",
        "message": f"Deployment {'has' if enough else 'does not have'} minimum availability.",
    }


def _progressing(workload: Workload, now: float) -> dict[str, Any]:
    name, at = workload.current.name, workload.progress_at
    deadline = int(workload.settings.get("progressDeadlineSeconds", 600))
    if workload.complete:
        reason, message = "NewReplicaSetAvailable", f'ReplicaSet "{name}" has successfully progressed.'
    elif workload.paused:
        reason, message = "DeploymentPaused", "Deployment is paused"
    elif now - at > deadline:
        reason, message = "ProgressDeadlineExceeded", f'ReplicaSet "{name}" has timed out progressing.'
        at += deadline
    else:
        reason, message = "ReplicaSetUpdated", f'ReplicaSet "{name}" is progressing.'
    holds = {"ProgressDeadlineExceeded": "False", "DeploymentPaused": "Unknown"}.get(reason, "True")
    return {
        "type": "Progressing",
        "status": holds,
        "lastUpdateTime": timestamp(at),
        "lastTransitionTime": timestamp(at),
        "reason": reason,
        "message": message,
    }
