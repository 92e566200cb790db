"""A real node exporter on this machine's figures."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from servers.debian import binary
from servers.ports import reserved_port
from servers.process import ServerProcess, running


@contextlib.contextmanager
def run_node_exporter(folder: Path) -> Iterator[ServerProcess]:
    """Node exporter with the collectors the default panels and rules read, until the block ends."""
    program = binary("prometheus-node-exporter")
    folder.mkdir(parents=True, exist_ok=True)
    with reserved_port() as port:
        address = f"127.0.0.1:{port}"
        # The rest of its collectors read what containers often lack, and log an error for each.
        collectors = [
            f"--collector.{name}" for name in ("cpu", "diskstats", "filesystem", "loadavg", "meminfo", "netdev")
        ]
        command: list[str | Path] = [
            program,
            f"--web.listen-address={address}",
            "--collector.disable-defaults",
            *collectors,
        ]
        server = ServerProcess(command, url=f"http://{address}", ready_path="/metrics", folder=folder)
        with running(server):
            yield server
