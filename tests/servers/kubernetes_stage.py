"""The same small shop on the practice cluster and on a real Kubernetes, for tests that hold both to one contract.

| workload | what it is |
|---|---|
| `orders` | a Deployment of at least two pods that have a shell |
| `users` | a Deployment whose image has none, nor a `kill` |
| `payments` | a Deployment whose process 1 ignores SIGTERM |
| `postgres` | a StatefulSet of one, whose disruption budget lets none go |
| `node-exporter` | a DaemonSet |

Each has one container of its own name, and pods with the label `app.kubernetes.io/name`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import httpx
import msgspec

from quick_clock import QuickClock
from servers.kubernetes.cluster import Cluster
from servers.kubernetes.workloads import container, daemon_set, deployment, disruption_budget, stateful_set
from servers.practice import run_practice
from servers.waiting import until

Json = dict[str, Any]

PATIENCE = 90.0
"""Seconds until what is waited for must have come."""


class Stage(msgspec.Struct, frozen=True):
    """Where the shop is, as an administrator and as one who may only read it sees it."""

    api: httpx.Client
    reader: httpx.Client
    namespace: str
    agents: str
    """The namespace of the DaemonSet."""

    @property
    def core(self) -> str:
        """Path below which pods and events are."""
        return f"/api/v1/namespaces/{self.namespace}"

    @property
    def apps(self) -> str:
        """Path below which Deployments and StatefulSets are."""
        return f"/apis/apps/v1/namespaces/{self.namespace}"

    def get(self, path: str, **query: Any) -> Json:
        """The JSON at `path`."""
        answer = self.api.get(path, params=query)
        assert answer.status_code == 200, answer.text
        decoded: Json = answer.json()
        return decoded

    def pods(self, workload: str) -> list[Json]:
        """Its pods that are not on their way out."""
        found = self.get(f"{self.core}/pods", labelSelector=f"app.kubernetes.io/name={workload}")["items"]
        return [pod for pod in found if "deletionTimestamp" not in pod["metadata"]]

    def pod(self, workload: str) -> str:
        """The name of one of its pods that is ready."""
        ready: list[str] = []

        def there() -> bool:
            ready[:] = [pod["metadata"]["name"] for pod in self.pods(workload) if is_ready(pod)]
            return bool(ready)

        until(there, f"a ready pod of {workload}", PATIENCE)
        return ready[0]

    def patch(self, path: str, body: Any, kind: str = "strategic-merge", **query: str) -> httpx.Response:
        """PATCH of `kind` json, merge or strategic-merge."""
        headers = {"content-type": f"application/{kind}-patch+json"}
        return self.api.patch(path, json=body, headers=headers, params=query)


def is_ready(pod: Json) -> bool:
    """Whether the pod's condition Ready is True."""
    conditions = pod["status"].get("conditions", [])
    return any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)


@contextlib.contextmanager
def practice_stage() -> Iterator[Stage]:
    """On a healthy practice cluster of its own."""
    with run_practice("healthy", clock=QuickClock()) as settings:
        assert settings.kubernetes is not None
        url = settings.kubernetes.url
        with (
            httpx.Client(base_url=url, trust_env=False, timeout=20) as api,
            httpx.Client(
                base_url=url, trust_env=False, timeout=20, headers={"authorization": "Bearer viewer"}
            ) as reader,
        ):
            yield Stage(api, reader, "shop", "monitoring")


_READ = {
    "apiGroups": ["", "apps"],
    "resources": ["pods", "pods/log", "events", "deployments", "statefulsets"],
    "verbs": ["get", "list", "watch"],
}


@contextlib.contextmanager
def real_stage(cluster: Cluster, namespace: str) -> Iterator[Stage]:
    """In a namespace of a real cluster."""
    cluster.create_namespace(namespace)
    images = {"orders": "go-web-app:v1", "users": "go-web-app:distroless", "payments": "go-web-app:stubborn"}
    for name, image in images.items():
        cluster.api.apply(deployment(name, container(image, name=name), replicas=2), namespace)
    cluster.api.apply(stateful_set("postgres", container(name="postgres"), replicas=1), namespace)
    cluster.api.apply(daemon_set("node-exporter", container(name="node-exporter")), namespace)
    cluster.api.apply(disruption_budget("postgres", 1), namespace)
    cluster.grant("readers", namespace, [_READ])
    for name in images:
        cluster.wait_for_rollout(name, namespace)
    cluster.wait_for_pod("postgres-0", namespace)
    budget = f"/apis/policy/v1/namespaces/{namespace}/poddisruptionbudgets/postgres"
    cluster.api.until(budget, lambda it: it.get("status", {}).get("currentHealthy") == 1, "a counted budget")
    try:
        with contextlib.closing(cluster.api_as("viewer", ["readers"])) as reader:
            yield Stage(cluster.api.http, reader.http, namespace, namespace)
    finally:
        cluster.remove_namespace(namespace)
