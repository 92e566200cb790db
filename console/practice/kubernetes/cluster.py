"""Namespaces, nodes, services, endpoints and events as the API server shows them."""

from __future__ import annotations

from typing import Any

from opsconsole.practice.kubernetes.status import timestamp
from opsconsole.practice.shop import identity
from opsconsole.practice.shop.topology import (
    BATCH_NAMESPACE,
    NAMESPACE,
    NODE_CORES,
    NODE_MEMORY,
    NODES,
    SERVICES,
    Service,
)
from opsconsole.practice.shop.workload import Event, Pod

VERSION = "v1.37.2"
NAMESPACES = (BATCH_NAMESPACE, "default", "kube-node-lease", "kube-public", "kube-system", NAMESPACE)
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
                "resourceVersion": str(40 + index),
                "creationTimestamp": timestamp(begin - 200 * _DAY),
                "labels": {"kubernetes.io/metadata.name": name},
            },
            "spec": {"finalizers": ["kubernetes"]},
            "status": {"phase": "Active"},
        }
        for index, name in enumerate(NAMESPACES)
    ]


def node_objects(begin: int, now: float) -> list[dict[str, Any]]:
    """Every node; the kubelet's last heartbeat is at most ten seconds old."""
    size = {"cpu": str(NODE_CORES), "memory": f"{NODE_MEMORY // 1024}Ki", "pods": "110"}
    born, beat = timestamp(begin - 200 * _DAY), timestamp(now // 10 * 10)

    def condition(kind: str, holds: bool, reason: str, message: str) -> dict[str, str]:
        moments = {"lastHeartbeatTime": beat, "lastTransitionTime": born}
        return {"type": kind, "status": str(holds), **moments, "reason": reason, "message": message}

    conditions = [
        condition("MemoryPressure", False, "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
        condition("DiskPressure", False, "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
        condition("PIDPressure", False, "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
        condition("Ready", True, "KubeletReady", "kubelet is posting ready status"),
    ]
    return [
        {
            "metadata": {
                "name": name,
                "uid": identity.uid("node", name),
                "resourceVersion": str(48_210_000 + int(now // 10) % 900),
                "creationTimestamp": born,
                "labels": {"kubernetes.io/hostname": name, "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64"},
            },
            "spec": {"podCIDR": f"10.244.{index + 1}.0/24"},
            "status": {
                "capacity": size,
                "allocatable": size,
                "conditions": conditions,
                "addresses": [
                    {"type": "InternalIP", "address": f"10.0.0.{11 + index}"},
                    {"type": "Hostname", "address": name},
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
        for index, name in enumerate(NODES)
    ]


def _service_metadata(service: Service, begin: int, kind: str, version: int) -> dict[str, Any]:
    return {
        "name": service.name,
        "namespace": NAMESPACE,
        "uid": identity.uid(kind, service.name),
        "resourceVersion": str(version),
        "creationTimestamp": timestamp(begin - 96 * _DAY),
        "labels": {"app": service.name, "app.kubernetes.io/part-of": "shop"},
    }


def service_objects(begin: int) -> list[dict[str, Any]]:
    """Every service of the shop."""
    return [
        {
            "metadata": _service_metadata(service, begin, "service", 900 + index),
            "spec": {
                "type": "ClusterIP",
                "clusterIP": f"10.96.0.{20 + index}",
                "clusterIPs": [f"10.96.0.{20 + index}"],
                "selector": {"app": service.name},
                "ports": [{"name": "http", "protocol": "TCP", "port": service.port, "targetPort": service.port}],
            },
            "status": {"loadBalancer": {}},
        }
        for index, service in enumerate(SERVICES)
    ]


def endpoint_objects(begin: int, pods: list[Pod]) -> list[dict[str, Any]]:
    """Which pods are behind each service, and which are kept out."""
    made = []
    for service in SERVICES:
        mine = [pod for pod in pods if pod.service is service and pod.runs and pod.deleted_at is None]
        subset: dict[str, Any] = {"ports": [{"name": "http", "port": service.port, "protocol": "TCP"}]}
        for field, ready in (("addresses", True), ("notReadyAddresses", False)):
            if chosen := [_address(pod) for pod in mine if pod.ready is ready]:
                subset[field] = chosen
        newest = max((pod.version for pod in mine), default=900)
        subsets = [subset] if len(subset) > 1 else []
        made.append({"metadata": _service_metadata(service, begin, "endpoints", newest), "subsets": subsets})
    return made


def _address(pod: Pod) -> dict[str, Any]:
    target = {"kind": "Pod", "namespace": pod.namespace, "name": pod.name, "uid": pod.uid}
    return {"ip": pod.address, "nodeName": f"node-{pod.node + 1}", "targetRef": target}


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
    return {
        "metadata": {
            "name": event.name,
            "namespace": event.namespace,
            "uid": event.uid,
            "resourceVersion": str(event.version),
            "creationTimestamp": timestamp(event.first),
        },
        "involvedObject": about,
        "reason": event.reason,
        "message": event.message,
        "source": {"component": event.component, **({"host": event.host} if event.host else {})},
        "firstTimestamp": timestamp(event.first),
        "lastTimestamp": timestamp(event.last),
        "count": event.count,
        "type": event.type,
        "eventTime": None,
        "reportingComponent": event.component,
        "reportingInstance": event.host,
    }
