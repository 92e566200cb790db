"""etcd, kube-apiserver, kube-controller-manager and kube-scheduler on loopback ports."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import httpx

from servers.kubernetes import build
from servers.kubernetes.build import component
from servers.kubernetes.certificates import Authority, Certificate
from servers.kubernetes.kubeconfig import write_kubeconfig
from servers.ports import reserved_port
from servers.process import ServerProcess, running

ADMIN = "admin"
ADMINS = ("system:masters",)
LOOPBACK = "127.0.0.1"
ETCD_FOLDER = "etcd"
"""Name of the folder of etcd's data."""
SERVICE_RANGE = "10.0.0.0/24"
FIRST_SERVICE = "10.0.0.1"


class ControlPlane:
    """The running control plane; `api_server` and `etcd` may be killed and started again.

    `controllers` are the controller manager and the scheduler, once `run_controllers` has started them.
    """

    def __init__(self, folder: Path, authority: Authority, etcd: ServerProcess, api_server: ServerProcess) -> None:
        """Of servers that run already."""
        self.folder = folder
        self.authority = authority
        self.etcd = etcd
        self.api_server = api_server
        self.controllers: list[ServerProcess] = []
        self.trust = authority.trust()
        self.admin = authority.client(ADMIN, ADMINS)
        self.kubeconfig = self.kubeconfig_of("admin", self.admin)

    @property
    def url(self) -> str:
        """Base URL of the API server."""
        return self.api_server.url

    def kubeconfig_for(self, user: str, groups: Sequence[str] = (), namespace: str = "default") -> Path:
        """Kubeconfig of a user who may do what RBAC gives to `user` or one of `groups`."""
        return self.kubeconfig_of(
            user.replace(":", "-").replace("/", "-"), self.authority.client(user, groups), namespace
        )

    def kubeconfig_of(self, name: str, user: Certificate, namespace: str = "default") -> Path:
        """Kubeconfig by the certificate `user`, at `folder/<name>.kubeconfig`."""
        path = self.folder / f"{name}.kubeconfig"
        return write_kubeconfig(path, self.url, self.authority.path, user, namespace)

    def compact_etcd(self) -> int:
        """Forget every state but the present one (etcd's compaction); the revision that is now the oldest."""
        with httpx.Client(base_url=self.etcd.url, trust_env=False, timeout=30.0) as client:
            everything = {"key": "AA==", "count_only": True}
            revision = int(client.post("/v3/kv/range", json=everything).raise_for_status().json()["header"]["revision"])
            client.post("/v3/kv/compaction", json={"revision": str(revision), "physical": True}).raise_for_status()
        return revision

    def defragment_etcd(self) -> None:
        """Give back the room of what was forgotten."""
        with httpx.Client(base_url=self.etcd.url, trust_env=False, timeout=30.0) as client:
            client.post("/v3/maintenance/defragment", json={}).raise_for_status()


@contextlib.contextmanager
def run_api_server(folder: Path, flags: Sequence[str] = ()) -> Iterator[ControlPlane]:
    """etcd and the API server alone, ready, until the block ends: objects are kept and nobody acts on them."""
    folder.mkdir(parents=True, exist_ok=True)
    authority = Authority(folder / "certificates")
    with reserved_port() as port, _etcd(folder) as etcd:
        command: list[str | Path] = [component("kube-apiserver"), *_api_server_flags(authority, port, etcd.url), *flags]
        api_server = ServerProcess(
            command,
            url=f"https://{LOOPBACK}:{port}",
            ready_path="/readyz",
            folder=folder,
            verify=authority.trust(),
        )
        with running(api_server):
            yield ControlPlane(folder, authority, etcd, api_server)


@contextlib.contextmanager
def run_controllers(plane: ControlPlane, *, patient: bool = True) -> Iterator[None]:
    """The controller manager and the scheduler of `plane`.

    Unless they are `patient`, they make and place pods as fast as the API server takes them.
    """
    speed = [] if patient else ["--kube-api-qps=1000", "--kube-api-burst=2000"]
    # The wait for its own writes to come back, new in 1.36, backs off for minutes on a busy machine.
    hasty = "--feature-gates=StaleControllerConsistencyReplicaSet=false"
    more = [] if patient else [hasty, "--concurrent-deployment-syncs=20", "--concurrent-replicaset-syncs=20"]
    with (
        _controller(plane, "kube-controller-manager", [*_controller_flags(plane), *speed, *more]) as manager,
        _controller(plane, "kube-scheduler", speed) as scheduler,
    ):
        plane.controllers = [manager, scheduler]
        yield


@contextlib.contextmanager
def _etcd(folder: Path) -> Iterator[ServerProcess]:
    with reserved_port() as port, reserved_port() as peer_port:
        url, peer_url = f"http://{LOOPBACK}:{port}", f"http://{LOOPBACK}:{peer_port}"
        command: list[str | Path] = [
            build.etcd(),
            f"--data-dir={folder / ETCD_FOLDER}",
            f"--listen-client-urls={url}",
            f"--advertise-client-urls={url}",
            f"--listen-peer-urls={peer_url}",
            f"--initial-advertise-peer-urls={peer_url}",
            f"--initial-cluster=default={peer_url}",
            f"--quota-backend-bytes={4 << 30}",
            "--unsafe-no-fsync",  # it outlives a kill, and no test cuts the power
            "--log-level=warn",
        ]
        server = ServerProcess(command, url=url, ready_path="/health", folder=folder)
        with running(server):
            yield server


def _api_server_flags(authority: Authority, port: int, etcd: str) -> list[str]:
    serving = authority.server("kube-apiserver", [LOOPBACK, FIRST_SERVICE])
    kubelet = authority.client("kube-apiserver-kubelet-client", ADMINS)
    private, public = authority.key_pair("service-accounts")
    return [
        f"--bind-address={LOOPBACK}",
        f"--advertise-address={LOOPBACK}",
        f"--secure-port={port}",
        f"--etcd-servers={etcd}",
        f"--client-ca-file={authority.path}",
        f"--tls-cert-file={serving.certificate}",
        f"--tls-private-key-file={serving.key}",
        f"--kubelet-certificate-authority={authority.path}",
        f"--kubelet-client-certificate={kubelet.certificate}",
        f"--kubelet-client-key={kubelet.key}",
        # There is no DNS for the node's name.
        "--kubelet-preferred-address-types=InternalIP",
        f"--service-account-key-file={public}",
        f"--service-account-signing-key-file={private}",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-cluster-ip-range={SERVICE_RANGE}",
        "--endpoint-reconciler-type=none",
        "--authorization-mode=Node,RBAC",
        "--allow-privileged=true",
        "--shutdown-delay-duration=0s",
        "--profiling=false",
        "--v=0",
    ]


def _controller_flags(plane: ControlPlane) -> list[str]:
    private = plane.authority.path.parent / "service-accounts.key"
    return [
        f"--root-ca-file={plane.authority.path}",
        f"--service-account-private-key-file={private}",
        "--use-service-account-credentials=true",
        f"--service-cluster-ip-range={SERVICE_RANGE}",
    ]


@contextlib.contextmanager
def _controller(plane: ControlPlane, name: str, flags: Sequence[str]) -> Iterator[ServerProcess]:
    kubeconfig = plane.kubeconfig_of(name, plane.authority.client(f"system:{name}"))
    with reserved_port() as port:
        serving = plane.authority.server(f"{name}-serving", [LOOPBACK])
        command: list[str | Path] = [
            component(name),
            f"--kubeconfig={kubeconfig}",
            f"--authentication-kubeconfig={kubeconfig}",
            f"--authorization-kubeconfig={kubeconfig}",
            "--leader-elect=false",
            f"--bind-address={LOOPBACK}",
            f"--secure-port={port}",
            f"--tls-cert-file={serving.certificate}",
            f"--tls-private-key-file={serving.key}",
            *flags,
        ]
        trust = plane.authority.trust()
        url = f"https://{LOOPBACK}:{port}"
        server = ServerProcess(command, url=url, ready_path="/healthz", folder=plane.folder, verify=trust)
        with running(server):
            yield server
