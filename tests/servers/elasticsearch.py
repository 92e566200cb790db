"""A real Elasticsearch: the distribution that Maven Central carries, on the machine's Java."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from servers.availability import unavailable
from servers.cache import cache_folder, exclusive
from servers.debian import FetchError
from servers.ports import reserved_port
from servers.process import ServerProcess, running
from servers.waiting import until

VERSION = "8.19.16"
ARTIFACT = f"org.elasticsearch.distribution.integ-test-zip:elasticsearch:{VERSION}:zip"
"""The whole server with few modules: no data streams, no scripts, no `GET /`, and no Java of its own."""

COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy"
FETCH_TIMEOUT = 600
READY_WITHIN = 300.0
"""Seconds; it takes less than seven on two free cores, and its start is nothing but computing."""

HEAP = "-Xms512m -Xmx512m"
QUICK = "-XX:TieredStopAtLevel=1"
"""Without the optimising compiler it starts with 18 seconds of processor time instead of 29; measurements want that."""

UNWANTED_OPTIONS = ("-Xlog", "-XX:+HeapDumpOnOutOfMemoryError", "-XX:ErrorFile")
"""Options of its own that write files of many megabytes."""


class Elasticsearch(ServerProcess):
    """The running server; `stop` or `kill` and `start` bring it back at its port with what it had stored."""

    def stop(self) -> None:
        """Ask it to end, and wait until its port is free for the next."""
        super().stop()
        self._wait_until_gone()

    def kill(self) -> None:
        """End it at once, and wait until its port is free for the next."""
        super().kill()
        self._wait_until_gone()

    def _wait_until_gone(self) -> None:
        # The process we started is the launcher; the server is a child of it, and dies by itself.
        host, _, port = self.address.partition(":")

        def is_gone() -> bool:
            with socket.socket() as probe:
                return probe.connect_ex((host, int(port))) != 0

        until(is_gone, f"nothing listens on {self.address} any more")


@contextlib.contextmanager
def run_elasticsearch(
    folder: Path, *, settings: Mapping[str, object] | None = None, options: str = f"{HEAP} {QUICK}"
) -> Iterator[Elasticsearch]:
    """Elasticsearch with its data in `folder` (made when missing), ready, until the block ends.

    One node without security. A point in time that has expired is gone within a second. `settings` are further
    ones of elasticsearch.yml, `options` those of its Java machine. About 800 MB.
    """
    try:
        home = fetch()
        environment = {"ES_JAVA_HOME": str(_java_home()), "ES_JAVA_OPTS": options}
    except FetchError as error:
        unavailable(str(error))
    folder.mkdir(parents=True, exist_ok=True)
    with reserved_port() as port, reserved_port() as transport_port:
        _configure(home, folder, {"http.port": port, "transport.port": transport_port, **(settings or {})})
        environment |= {"ES_PATH_CONF": str(folder / "config"), "ES_TMPDIR": str(folder / "tmp")}
        server = Elasticsearch(
            [*_as_somebody(), home / "bin" / "elasticsearch"],
            url=f"http://127.0.0.1:{port}",
            ready_path="/_cluster/health?wait_for_status=yellow&wait_for_no_initializing_shards=true",
            folder=folder,
            environment=environment,
            name="elasticsearch",
            ready_within=READY_WITHIN,
        )
        with running(server):
            yield server


def fetch() -> Path:
    """The distribution's folder, fetched by Maven when it isn't cached. Raises FetchError."""
    home = cache_folder() / f"elasticsearch-{VERSION}"
    with exclusive("elasticsearch"):
        if not home.exists():
            with tempfile.TemporaryDirectory(dir=home.parent) as work:
                _download(Path(work))
                _unpack(Path(work)).rename(home)
    return home


def _download(folder: Path) -> None:
    maven = shutil.which("mvn")
    if maven is None:
        raise FetchError("elasticsearch: no Maven (mvn) on PATH to fetch it with")
    command = [maven, "--quiet", "--batch-mode", COPY, f"-Dartifact={ARTIFACT}", f"-DoutputDirectory={folder}"]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=FETCH_TIMEOUT, check=False)
    except subprocess.TimeoutExpired as error:
        raise FetchError(f"elasticsearch: Maven did not fetch it within {FETCH_TIMEOUT} s") from error
    if done.returncode:
        raise FetchError(f"elasticsearch: Maven failed: {(done.stdout + done.stderr).strip()[-1_000:]}")


def _unpack(folder: Path) -> Path:
    (archive,) = folder.glob("*.zip")
    with zipfile.ZipFile(archive) as content:
        content.extractall(folder)
    home = folder / f"elasticsearch-{VERSION}"
    for program in (home / "bin").iterdir():
        program.chmod(0o755)  # zipfile drops the modes
    return home


def _java_home() -> Path:
    java = shutil.which("java")
    if java is None:
        raise FetchError("elasticsearch: no Java on PATH to run it with (17 or newer)")
    return Path(java).resolve().parents[1]


def _configure(home: Path, folder: Path, settings: Mapping[str, object]) -> None:
    config = folder / "config"
    if not config.exists():
        shutil.copytree(home / "config", config)
        (folder / "tmp").mkdir()
        options = (home / "config" / "jvm.options").read_text().splitlines()
        kept = [line for line in options if not line.startswith(UNWANTED_OPTIONS)]
        (config / "jvm.options").write_text("\n".join(kept) + "\n")
    wire = {
        "cluster.name": "tests",
        "node.name": "node-0",
        "discovery.type": "single-node",
        "network.host": "127.0.0.1",
        "xpack.security.enabled": False,
        "path.data": str(folder / "state"),
        "path.logs": str(folder / "logs"),
        "action.destructive_requires_name": False,
        # A disk that is nearly full would make every index read-only.
        "cluster.routing.allocation.disk.threshold_enabled": False,
        "search.keep_alive_interval": "1s",
        **settings,
    }
    (config / "elasticsearch.yml").write_text(json.dumps(wire, indent=2))  # JSON is YAML


def _as_somebody() -> tuple[str, ...]:
    # It refuses to run as root. In a user namespace of its own root has another number, and still reads its files.
    return ("unshare", "--user", "--map-user=1000", "--map-group=1000") if os.geteuid() == 0 else ()
