"""kwok plays nodes and pods on a real API server, so that thousands of them cost no containers (kwok.sigs.k8s.io)."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from servers.availability import unavailable
from servers.golang import BuildError
from servers.kubernetes.build import build_kwok
from servers.kubernetes.client import Api
from servers.kubernetes.control_plane import LOOPBACK, ControlPlane
from servers.ports import reserved_port
from servers.process import ServerProcess, running
from servers.waiting import until

STAGES = Path(__file__).with_name("kwok_stages.yaml")
NAMESPACE = "shop"
PODS_PER_DEPLOYMENT = 50
PODS_PER_NODE = 500
CREATED_AT_A_TIME = 8
PLAYED_PER_SECOND = 20.0
"""Far slower than a machine that has nothing else to do: the limit of the wait for played pods."""
COUNTED_EVERY = 1.0
"""Seconds between two looks at the pods: each costs the API server what fifty pods do."""


@contextlib.contextmanager
def run_kwok(plane: ControlPlane, folder: Path) -> Iterator[ServerProcess]:
    """kwok playing every node of `plane`, and the pods on them, by the stages beside this file."""
    try:
        program = build_kwok()
    except BuildError as error:
        unavailable(str(error))
    folder.mkdir(parents=True, exist_ok=True)
    with reserved_port() as port:
        command: list[str | Path] = [
            program,
            f"--kubeconfig={plane.kubeconfig}",
            f"--config={STAGES}",
            "--manage-all-nodes=true",
            "--cidr=10.64.0.0/16",
            "--node-lease-duration-seconds=40",
            f"--server-address={LOOPBACK}:{port}",
        ]
        server = ServerProcess(command, url=f"http://{LOOPBACK}:{port}", ready_path="/healthz", folder=folder)
        with running(server):
            yield server


def populate(api: Api, pods: int, namespace: str = NAMESPACE) -> None:
    """Make played nodes and Deployments `service-000`, `service-001`, ... with so many pods, and wait until all run.

    Fifty pods of a Deployment are on one node, which the Deployment names.
    """
    for number in range(-(-pods // PODS_PER_NODE)):
        api.post("/api/v1/nodes", _node(_node_name(number)))
    if not api.exists(f"/api/v1/namespaces/{namespace}"):
        api.post("/api/v1/namespaces", {"metadata": {"name": namespace}})
    account = f"/api/v1/namespaces/{namespace}/serviceaccounts/default"
    until(lambda: api.exists(account), "a service account")
    bodies = []
    for number, first in enumerate(range(0, pods, PODS_PER_DEPLOYMENT)):
        node = _node_name(first // PODS_PER_NODE)
        bodies.append(_deployment(f"service-{number:03}", min(PODS_PER_DEPLOYMENT, pods - first), node))
    path = f"/apis/apps/v1/namespaces/{namespace}/deployments"
    with ThreadPoolExecutor(CREATED_AT_A_TIME) as pool:
        list(pool.map(lambda body: api.post(path, body), bodies))

    def all_ready() -> bool:
        ready = sum(item["status"].get("readyReplicas", 0) for item in api.items(path))
        return bool(ready >= pods)

    until(all_ready, f"{pods} played pods ready", 30.0 + pods / PLAYED_PER_SECOND, COUNTED_EVERY)


def _node(name: str) -> dict[str, Any]:
    room = {"cpu": "256", "memory": "1Ti", "pods": str(PODS_PER_NODE + 50)}
    return {
        "metadata": {"name": name, "labels": {"kubernetes.io/hostname": name, "type": "kwok"}},
        "status": {"allocatable": room, "capacity": room},
    }


def _node_name(number: int) -> str:
    return f"played-{number:02}"


def _deployment(name: str, replicas: int, node: str) -> dict[str, Any]:
    labels = {"app.kubernetes.io/name": name}
    probe = {"httpGet": {"path": "/healthz", "port": 8080}, "periodSeconds": 10, "failureThreshold": 3}
    container = {
        "name": "app",
        "image": "go-web-app:v1",
        "ports": [{"name": "http", "containerPort": 8080}],
        "livenessProbe": probe,
        "readinessProbe": {**probe, "httpGet": {"path": "/readyz", "port": 8080}},
        "resources": {"requests": {"cpu": "50m", "memory": "64Mi"}, "limits": {"memory": "256Mi"}},
    }
    # Placed by its name: the scheduler would take a third of the time.
    spec = {"nodeName": node, "containers": [container]}
    return {
        "metadata": {"name": name, "labels": labels},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": spec},
        },
    }
