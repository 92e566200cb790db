"""Manifests of go-web-app with probes fast enough for a test to wait for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from servers.kubernetes.client import Json

PORT = 8080
GRACE = 2
"""Seconds between SIGTERM and SIGKILL."""


def probe(path: str, **timings: int) -> Json:
    """An httpGet probe of `path`: every second, three failures, unless `timings` say otherwise (Kubernetes' names)."""
    asked = {"httpGet": {"path": path, "port": PORT}}
    return {**asked, "periodSeconds": 1, "timeoutSeconds": 1, "failureThreshold": 3, **timings}


def container(image: str = "go-web-app:v1", *, environment: Mapping[str, str] | None = None, **more: Any) -> Json:
    """One of go-web-app; startup and liveness ask `/healthz`, readiness `/readyz`. `more` replaces or adds fields.

    A field of `more` that is None is left out.
    """
    fields: Json = {
        "name": "app",
        "image": image,
        "imagePullPolicy": "Never",
        "ports": [{"name": "http", "containerPort": PORT}],
        "env": [{"name": name, "value": value} for name, value in (environment or {}).items()],
        "startupProbe": probe("/healthz", failureThreshold=30),
        "livenessProbe": probe("/healthz"),
        "readinessProbe": probe("/readyz", failureThreshold=2),
        "resources": {"requests": {"cpu": "10m", "memory": "16Mi"}, "limits": {"memory": "128Mi"}},
    }
    return {name: value for name, value in {**fields, **more}.items() if value is not None}


def pod_spec(*containers: Json) -> Json:
    """Spec of a pod of `containers`, without any one of v1."""
    return {"terminationGracePeriodSeconds": GRACE, "containers": list(containers or (container(),))}


def pod(name: str, *containers: Json) -> Json:
    """A pod without owner."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, **_pod_metadata(name)},
        "spec": pod_spec(*containers),
    }


def deployment(name: str, *containers: Json, replicas: int = 2, **spec: Any) -> Json:
    """A Deployment `name` whose pods carry the label `app.kubernetes.io/name`; `spec` adds fields to its spec."""
    return _owner("Deployment", name, containers, {"replicas": replicas, "progressDeadlineSeconds": 60, **spec})


def stateful_set(name: str, *containers: Json, replicas: int = 2, **spec: Any) -> Json:
    """A StatefulSet `name`, as `deployment`."""
    return _owner("StatefulSet", name, containers, {"replicas": replicas, "serviceName": name, **spec})


def daemon_set(name: str, *containers: Json, **spec: Any) -> Json:
    """A DaemonSet `name`, as `deployment`."""
    return _owner("DaemonSet", name, containers, spec)


def service(name: str) -> Json:
    """The Service of the workload `name`: port 80 to the pods' `http`."""
    spec = {"selector": {"app.kubernetes.io/name": name}, "ports": [{"name": "http", "port": 80, "targetPort": "http"}]}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": spec}


def disruption_budget(name: str, available: int) -> Json:
    """A PodDisruptionBudget for the workload `name`: at least `available` pods stay."""
    spec = {"minAvailable": available, "selector": {"matchLabels": {"app.kubernetes.io/name": name}}}
    return {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": name}, "spec": spec}


def _pod_metadata(name: str) -> Json:
    scraped = {"prometheus.io/scrape": "true", "prometheus.io/port": str(PORT)}
    return {"labels": {"app.kubernetes.io/name": name}, "annotations": scraped}


def _owner(kind: str, name: str, containers: tuple[Json, ...], spec: Mapping[str, Any]) -> Json:
    labels = {"app.kubernetes.io/name": name}
    template = {"metadata": _pod_metadata(name), "spec": pod_spec(*containers)}
    body = {**spec, "selector": {"matchLabels": labels}, "template": template}
    return {"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": name, "labels": labels}, "spec": body}
