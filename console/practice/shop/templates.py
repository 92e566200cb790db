"""Pod templates of the shop's services, with the seed's probes."""

from __future__ import annotations

import copy
from typing import Any

from opsconsole.practice.shop.topology import Kind, Service

_TIMING = {"timeoutSeconds": 5, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3}


def _http(path: str, port: int) -> dict[str, Any]:
    return {"httpGet": {"path": path, "port": port, "scheme": "HTTP"}}


def _probes(service: Service) -> dict[str, Any]:
    if service.kind is Kind.POSTGRES:
        check: dict[str, Any] = {"exec": {"command": ["pg_isready", "-h", "127.0.0.1", "-U", "postgres"]}}
        return {
            "livenessProbe": {**check, "initialDelaySeconds": 30, **_TIMING},
            "readinessProbe": {**check, "initialDelaySeconds": 5, **_TIMING},
        }
    if service.kind is Kind.REDIS:
        check = {"tcpSocket": {"port": service.port}}
        return {
            "livenessProbe": {**check, "initialDelaySeconds": 30, **_TIMING},
            "readinessProbe": {**check, "initialDelaySeconds": 5, **_TIMING},
        }
    if service.kind is Kind.BATCH:
        return {}
    if service.kind is Kind.AGENT:
        check = _http("/", service.port)
        return {"livenessProbe": {**check, **_TIMING}, "readinessProbe": {**check, **_TIMING}}
    return {
        "startupProbe": {**_http("/healthz", service.port), **_TIMING, "periodSeconds": 5, "failureThreshold": 12},
        "livenessProbe": {**_http("/healthz", service.port), "initialDelaySeconds": 30, **_TIMING},
        "readinessProbe": {**_http("/readyz", service.port), "initialDelaySeconds": 5, **_TIMING},
    }


def _resources(service: Service) -> dict[str, Any]:
    if service.kind is Kind.BATCH:
        return {}
    memory = int(service.memory * 2.5 / 2**20 // 64 * 64)
    return {
        "limits": {"cpu": f"{int(service.cpu_limit * 1000)}m", "memory": f"{memory}Mi"},
        "requests": {"cpu": f"{int(service.cpu_limit * 250)}m", "memory": f"{memory // 2}Mi"},
    }


def part_of(service: Service) -> str:
    """The label `app.kubernetes.io/part-of`."""
    return "monitoring" if service.kind is Kind.AGENT else "shop"


def pod_template(service: Service, tag: str) -> dict[str, Any]:
    """The template of `service` with the image tag `tag`."""
    container: dict[str, Any] = {
        "name": service.name,
        "image": service.image_of(tag),
        "ports": [
            {"name": "http" if service.endpoints else service.name, "containerPort": service.port, "protocol": "TCP"}
        ],
        "env": [{"name": name, "value": value} for name, value in service.env],
        "resources": _resources(service),
        **_probes(service),
        "terminationMessagePath": "/dev/termination-log",
        "terminationMessagePolicy": "File",
        "imagePullPolicy": "IfNotPresent",
    }
    host = {"hostNetwork": True, "hostPID": True} if service.kind is Kind.AGENT else {}
    return {
        "metadata": {
            "labels": {
                "app": service.name,
                "app.kubernetes.io/name": service.name,
                "app.kubernetes.io/part-of": part_of(service),
            },
            "annotations": {"prometheus.io/scrape": "true", "prometheus.io/port": str(service.port)},
        },
        "spec": {
            "containers": [container],
            "restartPolicy": "Never" if service.kind is Kind.BATCH else "Always",
            "terminationGracePeriodSeconds": 30,
            "dnsPolicy": "ClusterFirst",
            "securityContext": {},
            "schedulerName": "default-scheduler",
            **host,
        },
    }


def changed(template: dict[str, Any], image: str, variable: tuple[str, str] | None) -> dict[str, Any]:
    """A copy of `template` with its container's image or one variable replaced; empty ones stay."""
    made = copy.deepcopy(template)
    container = made["spec"]["containers"][0]
    if image:
        container["image"] = image
    if variable is not None:
        others = [entry for entry in container["env"] if entry["name"] != variable[0]]
        places = [entry["name"] for entry in container["env"]]
        at = places.index(variable[0]) if variable[0] in places else len(others)
        others.insert(at, {"name": variable[0], "value": variable[1]})
        container["env"] = others
    return made
