"""Clusters for tests: a whole one with a node and real containers, or a control plane with played nodes."""

from __future__ import annotations

import contextlib
import hashlib
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import httpx

from servers.cache import cache_folder, exclusive
from servers.kubernetes import build, kwok, workloads
from servers.kubernetes.client import Api, Json
from servers.kubernetes.control_plane import ETCD_FOLDER, ControlPlane, run_api_server, run_controllers
from servers.kubernetes.execution import Execution, execute
from servers.kubernetes.joining import is_ready, wait_until_it_takes_pods
from servers.kubernetes.kwok import populate, run_kwok
from servers.kubernetes.node import Node, run_node
from servers.waiting import until

READY_WITHIN = 180.0
"""A kubelet whose node was registered late asks for its CSINode again only after 15 s, and then after two minutes."""
SERVICE_ACCOUNT_WITHIN = 30.0
POD_WITHIN = 60.0
REMOVED_FIRST = tuple(
    f"/apis/{group}/namespaces/{{name}}/{kind}"
    for group, kind in (
        ("apps/v1", "deployments"),
        ("apps/v1", "statefulsets"),
        ("apps/v1", "daemonsets"),
        ("batch/v1", "jobs"),
    )
)
"""Owners of pods, so that no pod comes back while its namespace is emptied."""


class Cluster:
    """What a test holds of a running cluster; `node` is None where nodes are only played."""

    def __init__(self, plane: ControlPlane, node: Node | None = None) -> None:
        """A handle on servers that run already."""
        self.plane = plane
        self.node = node
        self.api = Api(plane.url, plane.authority.trust(), plane.admin)

    @property
    def url(self) -> str:
        """Base URL of the API server."""
        return self.plane.url

    @property
    def ca(self) -> Path:
        """Certificate of the authority that signed the API server's."""
        return self.plane.authority.path

    @property
    def kubeconfig(self) -> Path:
        """An administrator's."""
        return self.plane.kubeconfig

    def kubeconfig_for(self, user: str, groups: Sequence[str] = (), namespace: str = "default") -> Path:
        """A user's who may do nothing until RBAC names `user` or one of `groups`."""
        return self.plane.kubeconfig_for(user, groups, namespace)

    def api_as(self, user: str, groups: Sequence[str] = ()) -> Api:
        """A client that is `user` in `groups`, to be closed by its taker."""
        return Api(self.url, self.plane.authority.trust(), self.plane.authority.client(user, groups))

    def grant(self, group: str, namespace: str, rules: Sequence[Json]) -> None:
        """Let `group` do in `namespace` what `rules` say, as they stand in a Role."""
        name, kind = f"test-{group}", "rbac.authorization.k8s.io"
        role = {"apiVersion": f"{kind}/v1", "kind": "Role", "metadata": {"name": name}, "rules": list(rules)}
        binding = {
            "apiVersion": f"{kind}/v1",
            "kind": "RoleBinding",
            "metadata": {"name": name},
            "roleRef": {"apiGroup": kind, "kind": "Role", "name": name},
            "subjects": [{"apiGroup": kind, "kind": "Group", "name": group}],
        }
        for body in (role, binding):
            self.api.apply(body, namespace)

    def stop_api_server(self) -> None:
        """Kill the API server as a crash would."""
        self.plane.api_server.kill()

    def start_api_server(self) -> None:
        """Start it again on the same port, and return when it is ready."""
        self.plane.api_server.start()

    def compact_etcd(self) -> int:
        """Forget all states but the present; the revision that is now the oldest.

        A running API server answers watches from its own memory. `stop_api_server`, some change or other,
        and `start_api_server` make it forget too: watches from before are then answered 410.
        """
        return self.plane.compact_etcd()

    def create_namespace(self, name: str) -> str:
        """Make the namespace `name`, ready for pods; its name."""
        self.api.post("/api/v1/namespaces", {"metadata": {"name": name}})
        self.wait_for_service_account(name)
        return name

    def remove_namespace(self, name: str) -> None:
        """Kill the pods of `name` without grace and delete it; its end is not waited for."""
        for resource in REMOVED_FIRST:
            self.api.delete(resource.format(name=name), propagationPolicy="Background")
        self.api.delete(f"/api/v1/namespaces/{name}/pods", gracePeriodSeconds="0")
        self.api.delete(f"/api/v1/namespaces/{name}")

    def wait_for_service_account(self, namespace: str) -> None:
        """Return once pods can be made in `namespace`."""
        account = f"/api/v1/namespaces/{namespace}/serviceaccounts/default"
        until(lambda: self.api.exists(account), f"the service account of {namespace}", SERVICE_ACCOUNT_WITHIN)

    def pod(self, name: str, namespace: str) -> Json:
        """The pod `name`."""
        return self.api.get(f"/api/v1/namespaces/{namespace}/pods/{name}")

    def pods(self, namespace: str, labels: str = "") -> list[Json]:
        """Pods of `namespace` that match the label selector `labels`."""
        return self.api.items(f"/api/v1/namespaces/{namespace}/pods", labelSelector=labels)

    def pod_address(self, name: str, namespace: str) -> str:
        """Address of the pod `name`, reachable from here."""
        address: str = self.pod(name, namespace)["status"]["podIP"]
        return address

    def execute(self, name: str, namespace: str, *command: str, container: str = "") -> Execution:
        """Run `command` in the pod `name`, as administrator."""
        path = f"/api/v1/namespaces/{namespace}/pods/{name}"
        trust = self.plane.authority.trust()
        return execute(self.url, trust, self.plane.admin, path, command, container)

    def break_(self, name: str, namespace: str, mode: str) -> None:
        """Break the go-web-app in the pod `name`, see `tests/real/go-web-app`; `off` heals it."""
        url = f"http://{self.pod_address(name, namespace)}:{workloads.PORT}/break"
        with httpx.Client(trust_env=False) as client:
            client.post(url, params={"mode": mode}).raise_for_status()

    def wait_for_pod(self, name: str, namespace: str, seconds: float = POD_WITHIN) -> Json:
        """The pod `name` once it is Ready."""
        path = f"/api/v1/namespaces/{namespace}/pods/{name}"
        return self.api.until(path, is_ready, f"a Ready pod {name}", seconds)

    def wait_for_rollout(self, name: str, namespace: str, seconds: float = POD_WITHIN) -> Json:
        """The Deployment `name` once all its pods are of its newest template and available, and no others are left."""
        path = f"/apis/apps/v1/namespaces/{namespace}/deployments/{name}"
        return self.api.until(path, _is_rolled_out, f"{name} rolled out", seconds)

    def close(self) -> None:
        """Close the connections of `api`."""
        self.api.close()


def _is_rolled_out(deployment: Json) -> bool:
    status, wanted = deployment.get("status", {}), deployment["spec"]["replicas"]
    if status.get("observedGeneration", 0) < deployment["metadata"]["generation"]:
        return False
    return all(status.get(count, 0) == wanted for count in ("updatedReplicas", "replicas", "availableReplicas"))


@contextlib.contextmanager
def run_kubernetes(folder: Path) -> Iterator[Cluster]:
    """A whole cluster with data below `folder` and one node, Ready, until the block ends. Needs root.

    The images of `servers.kubernetes.images` are on the node; pods use them with imagePullPolicy Never.
    """
    with (
        run_api_server(folder / "control-plane") as plane,
        run_controllers(plane),
        run_node(plane, folder / "node") as node,
        contextlib.closing(Cluster(plane, node)) as cluster,
    ):
        wait_until_it_takes_pods(cluster.api, plane, node, READY_WITHIN)
        cluster.wait_for_service_account("default")
        yield cluster


@contextlib.contextmanager
def run_control_plane(folder: Path, *, controllers: bool = True, kwok_pods: int = 0) -> Iterator[Cluster]:
    """A control plane without containers, data below `folder`, until the block ends. Needs no root.

    With `kwok_pods`, kwok plays nodes and so many pods, in Deployments of 50 in namespace `shop`, all Ready on
    return. They are made once (minutes, for ten thousand) and kept in the cache as etcd's data. Without, there is
    no node and pods stay Pending. `controllers=False` leaves the API server alone.
    """
    if kwok_pods:
        shutil.copytree(_played(kwok_pods), folder / "control-plane" / ETCD_FOLDER)
    with contextlib.ExitStack() as stack:
        plane = stack.enter_context(run_api_server(folder / "control-plane"))
        if controllers:
            stack.enter_context(run_controllers(plane))
        cluster = stack.enter_context(contextlib.closing(Cluster(plane)))
        if controllers:
            cluster.wait_for_service_account("default")
        if kwok_pods:
            stack.enter_context(run_kwok(plane, folder / "kwok"))
        yield cluster


def _played(pods: int) -> Path:
    """Folder of etcd's data in which so many played pods run."""
    made_by = Path(kwok.__file__).read_bytes() + kwok.STAGES.read_bytes() + build.VERSION.encode()
    stored = cache_folder() / "played" / f"{pods}-{hashlib.sha256(made_by).hexdigest()[:16]}"
    with exclusive(f"played-{pods}"):
        if not stored.exists():
            stored.parent.mkdir(exist_ok=True)
            with tempfile.TemporaryDirectory(dir=stored.parent) as work:
                _play(Path(work), pods)
                (Path(work) / ETCD_FOLDER).rename(stored)
    return stored


def _play(folder: Path, pods: int) -> None:
    """Run a control plane in `folder` until so many played pods run."""
    with (
        run_api_server(folder) as plane,
        run_controllers(plane, patient=False),
        contextlib.closing(Cluster(plane)) as cluster,
    ):
        cluster.wait_for_service_account("default")
        with run_kwok(plane, folder / "kwok"):
            populate(cluster.api, pods)
        plane.compact_etcd()
        plane.defragment_etcd()
