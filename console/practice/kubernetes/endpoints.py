"""Services and which pods are behind them: Endpoints and EndpointSlices."""

from __future__ import annotations

from typing import Any

from opsconsole.practice.kubernetes.selection import Item
from opsconsole.practice.kubernetes.status import timestamp
from opsconsole.practice.shop import identity
from opsconsole.practice.shop.topology import NAMESPACE, SERVICES, Service
from opsconsole.practice.shop.workload import Pod

_DAY = 86_400


def _metadata(service: Service, begin: int, kind: str, labels: dict[str, str]) -> dict[str, Any]:
    return {
        "name": service.name,
        "namespace": NAMESPACE,
        "uid": identity.uid(kind, service.name),
        "creationTimestamp": timestamp(begin - 96 * _DAY),
        "labels": {"app": service.name, "app.kubernetes.io/part-of": "shop", **labels},
    }


def _behind(service: Service, pods: list[Pod]) -> list[Pod]:
    return [pod for pod in pods if pod.labels.get("app") == service.name and pod.namespace == NAMESPACE and pod.runs]


def service_objects(begin: int) -> list[Item]:
    """Every service of the shop."""
    return [
        {
            "metadata": _metadata(service, begin, "service", {}),
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


def endpoint_objects(begin: int, pods: list[Pod]) -> list[Item]:
    """Which pods are behind each service, and which are kept out."""
    made = []
    for service in SERVICES:
        mine = [pod for pod in _behind(service, pods) if pod.deleted_at is None]
        subset: dict[str, Any] = {}
        for field, ready in (("addresses", True), ("notReadyAddresses", False)):
            if chosen := [_address(pod) for pod in mine if pod.ready is ready]:
                subset[field] = chosen
        ports = [{"name": "http", "port": service.port, "protocol": "TCP"}]
        managed = {"endpoints.kubernetes.io/managed-by": "endpoint-controller"}
        item: Item = {"metadata": _metadata(service, begin, "endpoints", managed)}
        made.append({**item, **({"subsets": [{**subset, "ports": ports}]} if subset else {})})
    return made


def slice_objects(begin: int, pods: list[Pod]) -> list[Item]:
    """One EndpointSlice for each service."""
    made = []
    for index, service in enumerate(SERVICES):
        labels = {
            "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
            "kubernetes.io/service-name": service.name,
        }
        metadata = _metadata(service, begin, "endpointslice", labels)
        owner = {"apiVersion": "v1", "kind": "Service", "name": service.name}
        owner |= {"uid": identity.uid("service", service.name)}
        metadata |= {
            "name": f"{service.name}-{identity.suffix('slice', index)}",
            "generateName": f"{service.name}-",
            "ownerReferences": [{**owner, "controller": True, "blockOwnerDeletion": True}],
        }
        made.append(
            {
                "metadata": metadata,
                "addressType": "IPv4",
                "endpoints": [_endpoint(pod) for pod in _behind(service, pods)],
                "ports": [{"name": "http", "protocol": "TCP", "port": service.port}],
            }
        )
    return made


def _target(pod: Pod) -> dict[str, Any]:
    return {"kind": "Pod", "namespace": pod.namespace, "name": pod.name, "uid": pod.uid}


def _address(pod: Pod) -> dict[str, Any]:
    return {"ip": pod.address, "nodeName": f"node-{pod.node + 1}", "targetRef": _target(pod)}


def _endpoint(pod: Pod) -> dict[str, Any]:
    conditions = {"ready": pod.serving, "serving": pod.ready, "terminating": pod.deleted_at is not None}
    node = f"node-{pod.node + 1}"
    return {"addresses": [pod.address], "conditions": conditions, "targetRef": _target(pod), "nodeName": node}
