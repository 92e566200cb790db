"""Deployments and ReplicaSets as the API server shows them."""

from __future__ import annotations

import copy
from typing import Any

from opsconsole.practice.kubernetes.status import timestamp
from opsconsole.practice.shop import founding
from opsconsole.practice.shop.workload import Deployment, Pod, ReplicaSet

PROGRESS_DEADLINE = 600
SELECTABLE = frozenset(("metadata.name", "metadata.namespace"))


def deployment_object(deployment: Deployment, pods: list[Pod], now: float) -> dict[str, Any]:
    """One apps/v1 Deployment without `kind` and `apiVersion`; `pods` are all of its own."""
    return {
        "metadata": {
            "name": deployment.name,
            "namespace": deployment.namespace,
            "uid": deployment.uid,
            "resourceVersion": str(deployment.version),
            "generation": deployment.generation,
            "creationTimestamp": timestamp(deployment.created_at),
            "labels": dict(deployment.labels),
            "annotations": dict(deployment.annotations),
        },
        "spec": {
            "replicas": deployment.replicas,
            "selector": {"matchLabels": {"app": deployment.service.name}},
            "template": copy.deepcopy(deployment.template),
            "strategy": {
                "type": "RollingUpdate",
                "rollingUpdate": {"maxUnavailable": deployment.max_unavailable, "maxSurge": deployment.max_surge},
            },
            "revisionHistoryLimit": 10,
            "progressDeadlineSeconds": PROGRESS_DEADLINE,
            **({"paused": True} if deployment.paused else {}),
        },
        "status": _status(deployment, pods, now),
    }


def _status(deployment: Deployment, pods: list[Pod], now: float) -> dict[str, Any]:
    living = [pod for pod in pods if pod.deleted_at is None]
    updated = sum(pod.owner is not None and pod.owner.template == deployment.template for pod in living)
    ready = sum(pod.serving for pod in living)
    counts = {
        "replicas": len(living),
        "updatedReplicas": updated,
        "readyReplicas": ready,
        "availableReplicas": ready,
        "unavailableReplicas": max(0, max(len(living), deployment.replicas) - ready),
    }
    return {
        "observedGeneration": deployment.observed_generation,
        **{name: count for name, count in counts.items() if count},
        "conditions": [_available(deployment, ready), _progressing(deployment, now)],
    }


def _available(deployment: Deployment, ready: int) -> dict[str, Any]:
    enough = ready >= deployment.replicas - deployment.max_unavailable
    at = timestamp(deployment.progress_at)
    return {
        "type": "Available",
        "status": "True" if enough else "False",
        "lastUpdateTime": at,
        "lastTransitionTime": at,
        "reason": "MinimumReplicasAvailable" if enough else "MinimumReplicasUnavailable",
        "message": f"Deployment {'has' if enough else 'does not have'} minimum availability.",
    }


def _progressing(deployment: Deployment, now: float) -> dict[str, Any]:
    name, at = deployment.current.name, deployment.progress_at
    if deployment.complete:
        reason, message = "NewReplicaSetAvailable", f'ReplicaSet "{name}" has successfully progressed.'
    elif deployment.paused:
        reason, message = "DeploymentPaused", "Deployment is paused"
    elif now - at > PROGRESS_DEADLINE:
        reason, message = "ProgressDeadlineExceeded", f'ReplicaSet "{name}" has timed out progressing.'
        at += PROGRESS_DEADLINE
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


def replica_set_object(owner: ReplicaSet, deployment: Deployment, pods: list[Pod]) -> dict[str, Any]:
    """One apps/v1 ReplicaSet without `kind` and `apiVersion`."""
    mine = [pod for pod in pods if pod.owner is owner and pod.deleted_at is None]
    ready = sum(pod.serving for pod in mine)
    hashed = {"pod-template-hash": owner.template_hash}
    template = copy.deepcopy(owner.template)
    template["metadata"]["labels"] = {**template["metadata"].get("labels", {}), **hashed}
    annotations = {
        "deployment.kubernetes.io/desired-replicas": str(deployment.replicas),
        "deployment.kubernetes.io/max-replicas": str(deployment.replicas + deployment.max_surge),
        founding.REVISION: str(owner.revision),
        founding.CHANGE_CAUSE: owner.cause,
    }
    controller = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "name": deployment.name,
        "uid": deployment.uid,
        "controller": True,
        "blockOwnerDeletion": True,
    }
    return {
        "metadata": {
            "name": owner.name,
            "namespace": deployment.namespace,
            "uid": owner.uid,
            "resourceVersion": str(owner.version),
            "generation": 1,
            "creationTimestamp": timestamp(owner.created_at),
            "labels": dict(template["metadata"]["labels"]),
            "annotations": annotations,
            "ownerReferences": [controller],
        },
        "spec": {
            "replicas": owner.desired,
            "selector": {"matchLabels": {"app": deployment.service.name, **hashed}},
            "template": template,
        },
        "status": {
            "replicas": len(mine),
            **({"fullyLabeledReplicas": len(mine), "readyReplicas": ready, "availableReplicas": ready} if mine else {}),
            "observedGeneration": 1,
        },
    }
