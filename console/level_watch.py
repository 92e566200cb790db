"""Starts the process that puts a log level back, whatever becomes of the console that set it.

It runs in a session of its own, without a terminal, with the little of our environment that signing in to the cluster
needs. What it is to do it reads from stdin: the cluster's settings, in which secrets are references, and an operation's
id. Everything else stands in the audit log. It says in one line that it is ready, or why it can't be.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import selectors
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from opsconsole.config.settings import ClusterSettings, KubernetesSettings, SecretRef
from opsconsole.operations.carrying_out import UnwatchedError
from opsconsole.safe_text import safe_text
from opsconsole.sources.kubernetes.access.plugin import passed_on

READY = b"ready\n"
START_SECONDS = 20.0
"""Until it must be ready: it starts, and asks the cluster who it is."""

_LINE_LIMIT = 4096
_KEPT = ("KUBECONFIG", "KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT", "PYTHONPATH", "SYSTEMROOT")


class WatchOrder(msgspec.Struct, frozen=True):
    """What the process is to do: put back what `operation` set on `cluster`, by the audit log in `folder`."""

    cluster: ClusterSettings
    folder: str
    operation: str


def encoded(order: WatchOrder) -> bytes:
    """For the process' stdin."""
    return msgspec.json.encode(order, enc_hook=str)


def decoded(raw: bytes) -> WatchOrder:
    """The order in `raw`. Raises `msgspec.DecodeError`."""
    return msgspec.json.decode(raw, type=WatchOrder, dec_hook=lambda kind, value: kind(value))


class LevelWatch:
    """Implements `Watch`: one process for each operation. Where one watches already, another ends at once."""

    def __init__(self, cluster: ClusterSettings, folder: Path, environ: Mapping[str, str] | None = None) -> None:
        """Audit logs are in `folder`. Only what signing in needs of `environ` is passed on, without one our own."""
        needed = ("name", "environment", "kubernetes", "log_levels")
        self._cluster = ClusterSettings(**{name: getattr(cluster, name) for name in needed})
        self._folder = folder
        self._environ = os.environ if environ is None else environ

    async def __call__(self, operation: str) -> None:
        """Returns once the process watches. Raises `UnwatchedError`."""
        order = WatchOrder(self._cluster, str(self._folder.absolute()), operation)
        await asyncio.to_thread(_start, order, self.environment())

    def environment(self) -> dict[str, str]:
        """The variables that the process gets."""
        secrets = _variables(self._cluster.kubernetes)
        kept = {name: value for name, value in self._environ.items() if name in _KEPT or name in secrets}
        return {**passed_on(self._environ), **kept}


def _variables(settings: KubernetesSettings | None) -> set[str]:
    """Names of the variables that secrets of the settings are in."""
    if settings is None:
        return set()
    refs = [settings.auth.secret, *settings.headers.values()]
    places = [one.place for one in refs if isinstance(one, SecretRef)]
    return {place.removeprefix("env:") for place in places if place.startswith("env:")}


def _start(order: WatchOrder, environment: Mapping[str, str]) -> None:
    # The operation's id stands in the command line for whoever looks at the list of processes.
    command = [sys.executable, "-P", "-m", "opsconsole.level_watch_process", order.operation]
    try:
        process = subprocess.Popen(  # noqa: S603  - our own module
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env=environment,
            start_new_session=True,
        )
        with process, _ended(process):
            said = _said(process, encoded(order))
    except OSError as error:
        raise UnwatchedError(f"the watching process can't be started ({error.strerror})") from error
    if said != READY:
        words = said.decode(errors="replace").strip() or "it ended without a word"
        raise UnwatchedError(f"the watching process is not ready: {safe_text(words, 400)}")


@contextlib.contextmanager
def _ended(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """What was started has gone on in a process of its own by the end; it is killed when it has not."""
    try:
        yield
        process.wait(START_SECONDS)
    except (subprocess.TimeoutExpired, UnwatchedError, OSError):
        process.kill()
        raise


def _said(process: subprocess.Popen[bytes], order: bytes) -> bytes:
    """The one line that it says."""
    if process.stdin is None or process.stdout is None:
        raise UnwatchedError("the watching process has no pipes")
    process.stdin.write(order)
    process.stdin.close()
    received, end = b"", time.monotonic() + START_SECONDS
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while not received.endswith(b"\n") and len(received) < _LINE_LIMIT:
            if not selector.select(max(0.0, end - time.monotonic())):
                raise UnwatchedError(f"the watching process was not ready within {START_SECONDS:.0f} s")
            part = os.read(process.stdout.fileno(), _LINE_LIMIT)
            if not part:
                break
            received += part
    return received
