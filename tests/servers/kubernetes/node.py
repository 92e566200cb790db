"""One node: containerd, runc and the kubelet, with real containers, in namespaces that end with the test process."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import msgspec

from servers import debian
from servers.availability import unavailable
from servers.golang import BuildError
from servers.kubernetes import cgroups, images
from servers.kubernetes.build import component
from servers.kubernetes.control_plane import ControlPlane
from servers.kubernetes.network import NODES, Network, held, remove_bridge, reserved_network
from servers.ports import reserved_port
from servers.process import ServerProcess, running

NAME = "node1"
INIT = Path(__file__).with_name("node.sh")
KUBELET_PORT = 10250
# The kernel kills the node's first process when `unshare` ends, and with it everything inside.
NAMESPACES = ("unshare", "--pid", "--mount", "--fork", "--kill-child", "--mount-proc")
SOCKET = "/run/containerd/containerd.sock"  # in the node's own /run
KUBELET_FOLDER = "/run/kubelet"  # there, the node's folder `kubelet`
# What the machine does beside the tests must neither taint the node nor evict pods: a disk of which only a part may be
# used, or memory full of files just read, which version 1 of control groups counts as used. The kubelet takes a
# threshold of 0% as none (kubernetes.io, "Node-pressure Eviction"; `parseThresholdStatement` in pkg/kubelet/eviction).
EVICTION_SIGNALS = (
    "memory.available", "nodefs.available", "nodefs.inodesFree", "imagefs.available", "imagefs.inodesFree"
)  # fmt: skip

CONTAINERD = """version = 2
root = "{folder}/containerd"
state = "/run/containerd"
[grpc]
  address = "{socket}"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "docker.io/{pause}"
  # Without it no container starts where a sandbox forbids a lower oom_score_adj.
  restrict_oom_score_adj = true
  disable_apparmor = true
  max_container_log_line_size = 262144
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "{snapshotter}"
    default_runtime_name = "runc"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        BinaryName = "{runc}"
        SystemdCgroup = false
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "{plugins}"
    conf_dir = "{folder}/cni"
"""


class Node(msgspec.Struct, frozen=True):
    """The running node. `process` is its first process; killing it ends every container at once."""

    process: ServerProcess
    network: Network
    folder: Path

    @property
    def name(self) -> str:
        """As the API knows it."""
        return NAME

    @property
    def kubelet_url(self) -> str:
        """Base URL of the kubelet's own API, which asks for a certificate."""
        return f"https://{self.network.address}:{KUBELET_PORT}"


@contextlib.contextmanager
def run_node(plane: ControlPlane, folder: Path) -> Iterator[Node]:
    """A node that has joined `plane`, its kubelet healthy, until the block ends.

    Ends the test as `unavailable` where the machine doesn't let us: containers need root and control groups.
    """
    _require_machine()
    try:
        tar = images.archive()
    except (BuildError, debian.FetchError) as error:
        unavailable(str(error))
    folder.mkdir(parents=True, exist_ok=True)
    with reserved_network() as network, cgroups.control_group(network.cgroup), reserved_port() as health:
        snapshotter = _snapshotter(folder)
        _configure_containerd(folder, network, snapshotter)
        programs = [debian.binary("containerd"), debian.binary("ctr"), component("kubelet")]
        flags = _kubelet(plane, folder, network, health)
        process = ServerProcess(
            [*NAMESPACES, "sh", INIT, folder, tar, *programs, *flags],
            url=f"https://{network.address}:{KUBELET_PORT}",
            ready_path="/healthz",
            ready_url=f"http://127.0.0.1:{health}/healthz",
            folder=folder,
            environment={"PATH": _path(), "SNAPSHOTTER": snapshotter},
            name="node",
        )
        with running(process):
            try:
                yield Node(process, network, folder)
            finally:
                process.kill()


def remove_leftovers() -> None:
    """Remove bridges and control groups of nodes whose test process was killed; those in use stay."""
    for number in range(NODES):
        with held(number) as network:
            if network is not None:
                cgroups.remove(network.cgroup)
                remove_bridge(network)


def _require_machine() -> None:
    if os.geteuid() != 0:
        unavailable("a real node: containers need root")
    for program in ("unshare", "mount"):
        if shutil.which(program) is None:
            unavailable(f"a real node: no {program} (util-linux) on PATH")
    if not os.access(cgroups.ROOT, os.W_OK):
        unavailable(f"a real node: {cgroups.ROOT} can't be written")


def _path() -> str:
    folders = [str(debian.binary(name).parent) for name in ("containerd", "runc")]
    return os.pathsep.join([*folders, os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])


def _snapshotter(folder: Path) -> str:
    # An overlay can't lie on another.
    done = subprocess.run(
        ["stat", "-f", "-c", "%T", folder], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True
    )
    return "native" if done.stdout.strip() == "overlayfs" else "overlayfs"


def _configure_containerd(folder: Path, network: Network, snapshotter: str) -> None:
    plugins = debian.binary("bridge").parent
    settings = {"folder": folder, "socket": SOCKET, "pause": images.PAUSE, "snapshotter": snapshotter}
    text = CONTAINERD.format(**settings, runc=debian.binary("runc"), plugins=plugins)
    (folder / "containerd.toml").write_text(text)
    (folder / "cni").mkdir(exist_ok=True)
    (folder / "cni" / "10-bridge.conflist").write_text(network.conflist(folder / "leases"))


def _kubelet(plane: ControlPlane, folder: Path, network: Network, health: int) -> list[str]:
    kubeconfig = plane.kubeconfig_of("kubelet", plane.authority.client(f"system:node:{NAME}", ["system:nodes"]))
    serving = plane.authority.server("kubelet-serving", [network.address, "127.0.0.1"])
    config = {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "address": network.address,
        "port": KUBELET_PORT,
        "healthzBindAddress": "127.0.0.1",
        "healthzPort": health,
        "tlsCertFile": str(serving.certificate),
        "tlsPrivateKeyFile": str(serving.key),
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": True},
            "x509": {"clientCAFile": str(plane.authority.path)},
        },
        "authorization": {"mode": "Webhook"},
        "containerRuntimeEndpoint": f"unix://{SOCKET}",
        "failCgroupV1": False,
        "failSwapOn": False,
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": f"/{network.cgroup}",
        "enforceNodeAllocatable": [],
        # Nobody answers there. Without it every pod spends its events on the warning MissingClusterDNS.
        "clusterDNS": ["10.0.0.10"],
        "resolvConf": "",
        "podLogsDir": str(folder / "pod-logs"),
        "volumePluginDir": str(folder / "volume-plugins"),
        "evictionHard": dict.fromkeys(EVICTION_SIGNALS, "0%"),
        "imageGCHighThresholdPercent": 100,
        "maxPods": 200,
        "registerNode": True,
        "nodeStatusUpdateFrequency": "5s",
        "syncFrequency": "10s",
        "shutdownGracePeriod": "0s",
        "protectKernelDefaults": False,
        "makeIPTablesUtilChains": False,
        "serializeImagePulls": False,
        "kubeAPIQPS": 200,
        "kubeAPIBurst": 400,
    }
    path = folder / "kubelet.json"
    path.write_text(json.dumps(config, indent=2))
    return [
        f"--config={path}",
        f"--kubeconfig={kubeconfig}",
        f"--hostname-override={NAME}",
        f"--node-ip={network.address}",
        f"--root-dir={KUBELET_FOLDER}",
        f"--cert-dir={folder / 'kubelet-certificates'}",
        "--v=1",
    ]
