"""Pods as the API server shows them."""

from __future__ import annotations

import copy
from typing import Any

from opsconsole.practice.kubernetes.status import timestamp
from opsconsole.practice.shop import identity
from opsconsole.practice.shop.control import BATCH_JOB
from opsconsole.practice.shop.topology import BATCH_NAMESPACE, Kind
from opsconsole.practice.shop.workload import Pod, Run

SELECTABLE = frozenset(
    ("metadata.name", "metadata.namespace", "spec.nodeName", "spec.restartPolicy", "status.phase", "status.podIP")
)


def pod_object(pod: Pod) -> dict[str, Any]:
    """One v1 Pod, without `kind` and `apiVersion`."""
    labels = dict(pod.template["metadata"].get("labels", {}))
    if pod.owner is not None:
        labels["pod-template-hash"] = pod.owner.template_hash
        owner = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": pod.owner.name, "uid": pod.owner.uid}
    else:
        labels |= {"batch.kubernetes.io/job-name": BATCH_JOB, "job-name": BATCH_JOB}
        owner = {"apiVersion": "batch/v1", "kind": "Job", "name": BATCH_JOB, "uid": identity.uid("job", BATCH_JOB)}
    metadata: dict[str, Any] = {
        "name": pod.name,
        "generateName": pod.name.rsplit("-", 1)[0] + "-",
        "namespace": pod.namespace,
        "uid": pod.uid,
        "resourceVersion": str(pod.version),
        "creationTimestamp": timestamp(pod.created_at),
        "labels": labels,
        "annotations": dict(pod.template["metadata"].get("annotations", {})),
        "ownerReferences": [{**owner, "controller": True, "blockOwnerDeletion": True}],
    }
    if pod.deleted_at is not None:
        grace = int(pod.template["spec"].get("terminationGracePeriodSeconds", 30))
        metadata["deletionTimestamp"] = timestamp(pod.deleted_at + grace)
        metadata["deletionGracePeriodSeconds"] = grace
    spec = copy.deepcopy(pod.template["spec"])
    account = "reports" if pod.namespace == BATCH_NAMESPACE else "default"
    spec |= {"serviceAccountName": account, "serviceAccount": account, "nodeName": f"node-{pod.node + 1}"}
    spec |= {"enableServiceLinks": True, "priority": 0, "preemptionPolicy": "PreemptLowerPriority"}
    return {"metadata": metadata, "spec": spec, "status": _status(pod)}


def _status(pod: Pod) -> dict[str, Any]:
    pending = not pod.runs
    return {
        "phase": "Pending" if pending else "Running",
        "conditions": _conditions(pod),
        "hostIP": f"10.0.0.{11 + pod.node}",
        "hostIPs": [{"ip": f"10.0.0.{11 + pod.node}"}],
        **({} if pending else {"podIP": pod.address, "podIPs": [{"ip": pod.address}]}),
        "startTime": timestamp(pod.created_at),
        "containerStatuses": [_container(pod)],
        "qosClass": "BestEffort" if pod.service.kind is Kind.BATCH else "Burstable",
    }


def _conditions(pod: Pod) -> list[dict[str, Any]]:
    def condition(kind: str, holds: bool, at: int) -> dict[str, Any]:
        made: dict[str, Any] = {
            "type": kind,
            "status": "True" if holds else "False",
            "lastProbeTime": None,
            "lastTransitionTime": timestamp(at),
        }
        if not holds and kind in ("Ready", "ContainersReady"):
            made["reason"] = "ContainersNotReady"
            made["message"] = f"containers with unready status: [{pod.service.name}]"
        return made

    changed = pod.ready_at or pod.created_at
    return [
        condition("PodReadyToStartContainers", bool(pod.runs), pod.start_at if pod.runs else pod.created_at),
        condition("Initialized", True, pod.created_at),
        condition("Ready", pod.ready, changed),
        condition("ContainersReady", pod.ready, changed),
        condition("PodScheduled", True, pod.created_at),
    ]


def _terminated(run: Run) -> dict[str, Any]:
    return {
        "exitCode": run.exit_code,
        "reason": run.reason,
        "startedAt": timestamp(run.started_at),
        "finishedAt": timestamp(run.finished_at or run.started_at),
        "containerID": run.container_id,
    }


def _container(pod: Pod) -> dict[str, Any]:
    image = str(pod.template["spec"]["containers"][0].get("image", ""))
    run = pod.run
    ended = [one for one in pod.runs if one.finished_at is not None]
    state: dict[str, Any]
    if run is not None:
        state = {"running": {"startedAt": timestamp(run.started_at)}}
    elif pod.waiting == "CrashLoopBackOff" and pod.restart_at is not None and ended:
        delay = pod.restart_at - (ended[-1].finished_at or 0)
        message = (
            f"back-off {_spoken(delay)} restarting failed container={pod.service.name} "
            f"pod={pod.name}_{pod.namespace}({pod.uid})"
        )
        state = {"waiting": {"reason": "CrashLoopBackOff", "message": message}}
    else:
        state = {"waiting": {"reason": pod.waiting or "ContainerCreating"}}
    made = {
        "name": pod.service.name,
        "state": state,
        "lastState": {"terminated": _terminated(ended[-1])} if ended else {},
        "ready": pod.ready,
        "restartCount": pod.restarts,
        "image": image,
        "imageID": identity.image_id(image) if pod.runs else "",
        "started": pod.started and run is not None,
    }
    if pod.runs:
        made["containerID"] = pod.runs[-1].container_id
    return made


def _spoken(seconds: int) -> str:
    """As Go prints a duration of whole seconds."""
    return f"{seconds}s" if seconds < 60 else f"{seconds // 60}m{seconds % 60}s"
