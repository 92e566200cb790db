"""A real node exporter on this machine's figures."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from servers.debian import binary
from servers.ports import PortReservation
from servers.process import ServerProcess, running


@contextlib.contextmanager
def run_node_exporter(folder: Path) -> Iterator[ServerProcess]:
    """Node exporter with the collectors the default panels and rules read, until the block ends."""
    program = binary("prometheus-node-exporter")
    folder.mkdir(parents=True, exist_ok=True)
    reservation = PortReservation()
    address = f"127.0.0.1:{reservation.port}"
    # The rest of its collectors read what containers often lack, and log an error for each.
    collectors = [f"--collector.{name}" for name in ("cpu", "diskstats", "filesystem", "loadavg", "meminfo", "netdev")]
    command: list[str | Path] = [
        program,
        f"--web.listen-address={address}",
        "--collector.disable-defaults",
        *collectors,
    ]
    server = ServerProcess(command, url=f"http://{address}", ready_path="/metrics", folder=folder)
    try:
        with running(server):
            yield server
    finally:
        reservation.release()
