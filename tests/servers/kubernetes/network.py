"""A bridge of the machine's own for the pods of one node; both are reachable from every process here."""

from __future__ import annotations

import contextlib
import fcntl
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import msgspec

from servers.cache import cache_folder
from servers.debian import binary
from servers.process import ServerError

NODES = 16
"""So many nodes can run on one machine at a time."""


class Network(msgspec.Struct, frozen=True):
    """The `number`th of NODES: 198.18.<number>.0/24, of the range set apart for tests of networks (RFC 2544)."""

    number: int

    @property
    def bridge(self) -> str:
        """Name of the bridge."""
        return f"opsc-tests{self.number}"

    @property
    def subnet(self) -> str:
        """Pods' addresses, in CIDR notation."""
        return f"198.18.{self.number}.0/24"

    @property
    def address(self) -> str:
        """The node's own, on the bridge."""
        return f"198.18.{self.number}.1"

    @property
    def cgroup(self) -> str:
        """Name of the control group below which everything of the node is."""
        return f"opsconsole-tests-{self.number}"

    def conflist(self, folder: Path) -> str:
        """Configuration for the `bridge` and `host-local` plugins (CNI 0.4.0); leases are kept in `folder`."""
        addresses = {"type": "host-local", "ranges": [[{"subnet": self.subnet}]], "dataDir": str(folder)}
        bridge = {"type": "bridge", "bridge": self.bridge, "isGateway": True, "ipam": addresses}
        return json.dumps({"cniVersion": "0.4.0", "name": self.bridge, "plugins": [bridge]})


@contextlib.contextmanager
def reserved_network() -> Iterator[Network]:
    """A network whose bridge is up until the block ends, held against other test processes.

    What a killed run left of it is removed first. Raises ServerError when all are taken or `ip` refuses.
    """
    for number in range(NODES):
        with held(number) as network:
            if network is None:
                continue
            remove_bridge(network)
            _ip("link", "add", network.bridge, "type", "bridge")
            try:
                _ip("addr", "add", f"{network.address}/24", "dev", network.bridge)
                _ip("link", "set", network.bridge, "up")
                yield network
            finally:
                remove_bridge(network)
            return
    raise ServerError(f"{NODES} nodes run on this machine already")


@contextlib.contextmanager
def held(number: int) -> Iterator[Network | None]:
    """The `number`th network, which no other process gets until the block ends; None when another has it."""
    folder = cache_folder() / "nodes"
    folder.mkdir(exist_ok=True)
    with (folder / str(number)).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield None
        else:
            yield Network(number)


def remove_bridge(network: Network) -> None:
    """Remove the bridge of `network`, if there is one. Raises ServerError when `ip` refuses."""
    if (Path("/sys/class/net") / network.bridge).exists():
        _ip("link", "del", network.bridge)


def _ip(*arguments: str) -> None:
    command: list[str | Path] = [binary("busybox"), "ip", *arguments]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ServerError(f"ip {' '.join(arguments)}: {done.stderr.strip()}")
