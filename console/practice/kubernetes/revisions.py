"""ReplicaSets and ControllerRevisions: what workloads were before."""

from __future__ import annotations

import copy
from typing import Any

from opsconsole.practice.kubernetes.selection import Item
from opsconsole.practice.kubernetes.status import timestamp
from opsconsole.practice.shop.founding import REVISION, TEMPLATE_GENERATION
from opsconsole.practice.shop.topology import WorkloadKind
from opsconsole.practice.shop.workload import Pod, Revision, Workload


def controller(workload: Workload) -> dict[str, Any]:
    """The owner reference of what `workload` controls."""
    return {
        "apiVersion": "apps/v1",
        "kind": workload.kind.value,
        "name": workload.name,
        "uid": workload.uid,
        "controller": True,
        "blockOwnerDeletion": True,
    }


def _metadata(workload: Workload, revision: Revision, labels: dict[str, str]) -> dict[str, Any]:
    return {
        "name": revision.name,
        "namespace": workload.namespace,
        "uid": revision.uid,
        "creationTimestamp": timestamp(revision.created_at),
        "labels": labels,
        "annotations": dict(revision.annotations),
        "ownerReferences": [controller(workload)],
    }


def replica_set_object(owner: Revision, deployment: Workload, pods: list[Pod]) -> Item:
    """One apps/v1 ReplicaSet without `kind` and `apiVersion`; `pods` are all of the deployment."""
    mine = [pod for pod in pods if pod.owner is owner and pod.deleted_at is None]
    ready = sum(pod.serving for pod in mine)
    hashed = {"pod-template-hash": owner.template_hash}
    template = copy.deepcopy(owner.template)
    template["metadata"]["labels"] = {**template["metadata"].get("labels", {}), **hashed}
    metadata = _metadata(deployment, owner, dict(template["metadata"]["labels"]))
    metadata["generation"] = 1
    metadata["annotations"] |= {
        "deployment.kubernetes.io/desired-replicas": str(deployment.replicas),
        "deployment.kubernetes.io/max-replicas": str(deployment.replicas + deployment.max_surge),
        REVISION: str(owner.number),
    }
    return {
        "metadata": metadata,
        "spec": {
            "replicas": owner.desired,
            "selector": {"matchLabels": {"app": deployment.service.name, **hashed}},
            "template": template,
        },
        "status": {
            "replicas": len(mine),
            **({"fullyLabeledReplicas": len(mine)} if mine else {}),
            **({"readyReplicas": ready, "availableReplicas": ready} if ready else {}),
            "observedGeneration": 1,
        },
    }


def controller_revision_object(revision: Revision, workload: Workload) -> Item:
    """One apps/v1 ControllerRevision; its data is the patch that brings the template back."""
    labels = dict(workload.template["metadata"].get("labels") or {})
    if workload.kind is WorkloadKind.DAEMON_SET:
        labels["controller-revision-hash"] = revision.template_hash
    else:
        labels["controller.kubernetes.io/hash"] = revision.template_hash
    metadata = _metadata(workload, revision, labels)
    if workload.kind is WorkloadKind.DAEMON_SET:
        metadata["annotations"][TEMPLATE_GENERATION] = str(revision.number)
    template = {"$patch": "replace", **copy.deepcopy(revision.template)}
    return {"metadata": metadata, "data": {"spec": {"template": template}}, "revision": revision.number}
