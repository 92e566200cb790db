"""Namespaces, nodes and events as the API server shows them."""

from __future__ import annotations

from typing import Any

from opsconsole.practice.kubernetes.status import timestamp
from opsconsole.practice.shop import identity
from opsconsole.practice.shop.nodes import Node
from opsconsole.practice.shop.topology import (
    BATCH_NAMESPACE,
    MONITORING_NAMESPACE,
    NAMESPACE,
    NODE_CORES,
    NODE_MEMORY,
)
from opsconsole.practice.shop.workload import Event

VERSION = "v1.37.2"
NAMESPACES = (
    BATCH_NAMESPACE,
    "default",
    "kube-node-lease",
    "kube-public",
    "kube-system",
    MONITORING_NAMESPACE,
    NAMESPACE,
)
EVENT_FIELDS = frozenset(
    (
        "metadata.name",
        "metadata.namespace",
        "involvedObject.kind",
        "involvedObject.namespace",
        "involvedObject.name",
        "involvedObject.uid",
        "involvedObject.apiVersion",
        "involvedObject.resourceVersion",
        "involvedObject.fieldPath",
        "reason",
        "reportingComponent",
        "source",
        "type",
    )
)
_DAY = 86_400


def namespace_objects(begin: int) -> list[dict[str, Any]]:
    """Every namespace."""
    return [
        {
            "metadata": {
                "name": name,
                "uid": identity.uid("namespace", name),
                "creationTimestamp": timestamp(begin - 200 * _DAY),
                "labels": {"kubernetes.io/metadata.name": name},
            },
            "spec": {"finalizers": ["kubernetes"]},
            "status": {"phase": "Active"},
        }
        for name in NAMESPACES
    ]


def node_objects(nodes: list[Node], begin: int, now: float) -> list[dict[str, Any]]:
    """Every node; the kubelet's last heartbeat is at most five minutes old."""
    return [_node(node, timestamp(begin - 200 * _DAY), timestamp(now // 300 * 300)) for node in nodes]


def _node(node: Node, born: str, beat: str) -> dict[str, Any]:
    size = {"cpu": str(NODE_CORES), "memory": f"{NODE_MEMORY // 1024}Ki", "pods": "110"}
    spec: dict[str, Any] = {"podCIDR": f"10.244.{node.index + 1}.0/24"}
    if node.cordoned_at is not None:
        taint = {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}
        spec |= {"unschedulable": True, "taints": [{**taint, "timeAdded": timestamp(node.cordoned_at)}]}
    return {
        "metadata": {
            "name": node.name,
            "uid": identity.uid("node", node.name),
            "creationTimestamp": born,
            "labels": dict(node.labels),
            "annotations": dict(node.annotations),
        },
        "spec": spec,
        "status": {
            "capacity": size,
            "allocatable": size,
            "conditions": _conditions(born, beat),
            "addresses": [
                {"type": "InternalIP", "address": f"10.0.0.{11 + node.index}"},
                {"type": "Hostname", "address": node.name},
            ],
            "nodeInfo": {
                "kubeletVersion": VERSION,
                "containerRuntimeVersion": "containerd://2.1.4",
                "osImage": "Debian GNU/Linux 12 (bookworm)",
                "kernelVersion": "6.1.0-28-amd64",
                "operatingSystem": "linux",
                "architecture": "amd64",
            },
        },
    }


def _conditions(born: str, beat: str) -> list[dict[str, str]]:
    rows = (
        ("MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
        ("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
        ("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
        ("Ready", "True", "KubeletReady", "kubelet is posting ready status"),
    )
    moments = {"lastHeartbeatTime": beat, "lastTransitionTime": born}
    return [
        {"type": kind, "status": status, **moments, "reason": reason, "message": message}
        for kind, status, reason, message in rows
    ]


def event_object(event: Event) -> dict[str, Any]:
    """One v1 Event without `kind` and `apiVersion`."""
    about: dict[str, Any] = {
        "kind": event.kind,
        "namespace": event.namespace,
        "name": event.object_name,
        "uid": event.object_uid,
        "apiVersion": {"Pod": "v1", "Job": "batch/v1"}.get(event.kind, "apps/v1"),
    }
    if event.field_path:
        about["fieldPath"] = event.field_path
    metadata = {
        "name": event.name,
        "namespace": event.namespace,
        "uid": event.uid,
        "creationTimestamp": timestamp(event.first),
    }
    said = {"metadata": metadata, "involvedObject": about, "reason": event.reason, "message": event.message}
    if event.component == "default-scheduler":
        return {**said, **_by_scheduler(event)}
    return {
        **said,
        "source": {"component": event.component, **({"host": event.host} if event.host else {})},
        "firstTimestamp": timestamp(event.first),
        "lastTimestamp": timestamp(event.last),
        "count": event.count,
        "type": event.type,
        "eventTime": None,
        "reportingComponent": event.component,
        "reportingInstance": event.host,
    }


def _by_scheduler(event: Event) -> dict[str, Any]:
    """The scheduler writes events.k8s.io/v1, which look like this in v1: one moment, no count."""
    at = f"{timestamp(event.first).removesuffix('Z')}.225702Z"
    series = {"count": event.count, "lastObservedTime": f"{timestamp(event.last).removesuffix('Z')}.225702Z"}
    return {
        "source": {},
        "firstTimestamp": None,
        "lastTimestamp": None,
        "type": event.type,
        "eventTime": at,
        **({"series": series} if event.count > 1 else {}),
        "action": "Binding" if event.reason == "Scheduled" else "Scheduling",
        "reportingComponent": event.component,
        "reportingInstance": f"{event.component}-control-1",
    }
