"""Pods as the API server shows them."""

from __future__ import annotations

import copy
from typing import Any

from opsconsole.practice.kubernetes.revisions import controller
from opsconsole.practice.kubernetes.status import timestamp
from opsconsole.practice.shop import identity
from opsconsole.practice.shop.topology import BATCH_NAMESPACE, Kind, WorkloadKind
from opsconsole.practice.shop.workload import Pod, Run

SELECTABLE = frozenset(
    ("metadata.name", "metadata.namespace", "spec.nodeName", "spec.restartPolicy", "status.phase", "status.podIP")
)


def pod_object(pod: Pod) -> dict[str, Any]:
    """One v1 Pod, without `kind` and `apiVersion`."""
    metadata: dict[str, Any] = {
        "name": pod.name,
        "generateName": pod.name.rsplit("-", 1)[0] + "-",
        "namespace": pod.namespace,
        "uid": pod.uid,
        "generation": 1 if pod.deleted_at is None else 2,
        "creationTimestamp": timestamp(pod.created_at),
        "labels": dict(pod.labels),
        "annotations": dict(pod.annotations),
        "ownerReferences": [_owner(pod)],
    }
    if pod.deleted_at is not None:
        metadata["deletionTimestamp"] = timestamp(pod.deleted_at + pod.grace)
        metadata["deletionGracePeriodSeconds"] = pod.grace
    spec = copy.deepcopy(pod.template["spec"])
    account = "reports" if pod.namespace == BATCH_NAMESPACE else "default"
    spec |= {"serviceAccountName": account, "serviceAccount": account}
    if pod.scheduled:
        spec["nodeName"] = f"node-{pod.node + 1}"
    spec |= {"enableServiceLinks": True, "priority": 0, "preemptionPolicy": "PreemptLowerPriority"}
    return {"metadata": metadata, "spec": spec, "status": _status(pod)}


def _owner(pod: Pod) -> dict[str, Any]:
    """The owner reference of its controller."""
    if pod.workload is not None and pod.workload.kind is not WorkloadKind.DEPLOYMENT:
        return controller(pod.workload)
    kind, name = pod.made_by
    version = "apps/v1" if pod.owner is not None else "batch/v1"
    uid = pod.owner.uid if pod.owner is not None else identity.uid("job", name)
    owner = {"apiVersion": version, "kind": kind, "name": name, "uid": uid}
    return {**owner, "controller": True, "blockOwnerDeletion": True}


def _status(pod: Pod) -> dict[str, Any]:
    pending = not pod.runs
    if not pod.scheduled:
        words = "0/3 nodes are available: 3 node(s) were unschedulable."
        condition = {"type": "PodScheduled", "status": "False", "lastProbeTime": None}
        condition |= {"lastTransitionTime": timestamp(pod.created_at), "reason": "Unschedulable", "message": words}
        return {"phase": "Pending", "conditions": [condition], "qosClass": "Burstable"}
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
