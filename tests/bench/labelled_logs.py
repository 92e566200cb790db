"""Log lines of real programs, each with the statement in the program's source that wrote it.

Programs that write `file.go:123` into every line tell by themselves which lines belong together. Prometheus and the
node exporter are Debian's, fetched by name into the cache; Kubernetes takes part where `make servers` built it.

Source positions are a severe truth: two statements that print the same text count as two groups, and one statement
that prints whatever it is handed counts as one.
"""

from __future__ import annotations

import re
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from servers.cache import cache_folder
from servers.debian import FetchError, fetch
from servers.kubernetes.control_plane import run_api_server, run_controllers
from servers.ports import reserved_port
from servers.process import ServerError, ServerProcess, running

LISTENS_FOR = 10.0
"""Seconds that a started program is left to log."""

_KLOG = re.compile(r"[IWEF]\d{4} \S+ +\d+ (?P<statement>\S+:\d+)\] ?(?P<message>.*)")
_LOGFMT = re.compile(r"ts=\S+ caller=(?P<statement>\S+) level=\w+ (?P<message>.*)")


class LabelledLog(msgspec.Struct, frozen=True):
    """Messages of one program, and by the same index the statement that wrote each."""

    program: str
    messages: tuple[str, ...]
    statements: tuple[str, ...]


def labelled_logs() -> list[LabelledLog]:
    """The logs of all programs that can be had; says on stderr why another can't."""
    found: list[LabelledLog] = []
    sources: tuple[Callable[[Path], list[LabelledLog]], ...] = (_prometheus, _node_exporter, _kubernetes)
    for source in sources:
        with tempfile.TemporaryDirectory() as folder:
            try:
                found += source(Path(folder))
            except (FetchError, ServerError) as error:
                sys.stderr.write(f"no labelled log: {error}\n")
    return found


def _prometheus(folder: Path) -> list[LabelledLog]:
    (folder / "prometheus.yml").write_text("global: {scrape_interval: 1s, evaluation_interval: 1s}\n")
    with reserved_port() as port:
        flags = ("--config.file=prometheus.yml", "--storage.tsdb.path=tsdb")
        return [_of_debian("prometheus", port, folder, "/-/ready", flags)]


def _node_exporter(folder: Path) -> list[LabelledLog]:
    with reserved_port() as port:
        return [_of_debian("prometheus-node-exporter", port, folder, "/", ())]


def _of_debian(program: str, port: int, folder: Path, ready: str, flags: tuple[str, ...]) -> LabelledLog:
    address = f"127.0.0.1:{port}"
    command = [fetch(program), f"--web.listen-address={address}", "--log.level=debug", *flags]
    server = ServerProcess(command, url=f"http://{address}", ready_path=ready, folder=folder)
    with running(server):
        pass
    return read(server.log, _LOGFMT)


def _kubernetes(folder: Path) -> list[LabelledLog]:
    """The control plane's, at the verbosity that Kubernetes' conventions recommend for production (`--v=2`)."""
    if not list(cache_folder().glob("kubernetes-*/*/kube-apiserver")):
        raise FetchError("Kubernetes is not built; `make servers` does it")
    with run_api_server(folder, ["--v=2"]) as plane, run_controllers(plane):
        time.sleep(LISTENS_FOR)
    programs = ("kube-apiserver", "kube-controller-manager", "kube-scheduler")
    return [read(folder / f"{program}.log", _KLOG) for program in programs]


def read(log: Path, form: re.Pattern[str]) -> LabelledLog:
    """The lines of `log` that are of `form`; others carry an earlier message on."""
    lines = [found for line in log.read_text(errors="replace").splitlines() if (found := form.fullmatch(line))]
    return LabelledLog(log.stem, tuple(line["message"] for line in lines), tuple(line["statement"] for line in lines))
