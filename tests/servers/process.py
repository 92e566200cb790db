"""One server process: started, waited for, killed, started again, and never left behind."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import ssl
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import httpx

READY_WITHIN = 30.0
STOPPED_WITHIN = 10.0
POLL_INTERVAL = 0.02


class ServerError(Exception):
    """A server didn't start or stop; the message carries the end of its log."""


class ServerProcess:
    """A server on a loopback port, in a session of its own.

    `url` is its base URL without a trailing slash, `folder` holds its configuration and data, and
    `log` what it printed. `stop` and `kill` keep the folder and the port, so `start` brings the same
    server back.
    """

    def __init__(
        self,
        command: Sequence[str | Path],
        *,
        url: str,
        ready_path: str,
        folder: Path,
        environment: Mapping[str, str] | None = None,
        ready_url: str = "",
        verify: ssl.SSLContext | bool = True,
        name: str = "",
        ready_within: float = READY_WITHIN,
    ) -> None:
        """Describe the server; `ready_path` answers 200 once it serves.

        `ready_url` is asked instead where readiness is told elsewhere than at `url`; `verify` says by what
        its certificate is trusted; `name` is that of its log file, else the program's; `ready_within` is in seconds.
        """
        self.url = url
        self.folder = folder
        self.log = folder / f"{name or Path(command[0]).name}.log"
        self._command = [*_end_with_us(), *map(str, command)]
        self._ready_url = ready_url or url + ready_path
        self._verify = verify
        self._ready_within = ready_within
        self._environment = {**os.environ, **(environment or {})}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """`host:port`."""
        return self.url.removeprefix("http://").removeprefix("https://")

    @property
    def pid(self) -> int | None:
        """Of the running process, None when it doesn't run."""
        return self._process.pid if self._process is not None and self.running else None

    @property
    def running(self) -> bool:
        """Whether the process is alive."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start it and return once it is ready. Raises ServerError when that takes too long."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                cwd=self.folder,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            self._wait_until_ready(self._process)
        except BaseException:
            self.kill()
            raise

    def stop(self) -> None:
        """Ask it to end, and wait until it has; kill it after STOPPED_WITHIN seconds."""
        if self._process is None:
            return
        self._signal(signal.SIGTERM)
        try:
            self._process.wait(STOPPED_WITHIN)
        except subprocess.TimeoutExpired:
            self.kill()
        self._process = None

    def kill(self) -> None:
        """End it at once, as a crash would, and wait until it is gone."""
        if self._process is None:
            return
        self._signal(signal.SIGKILL)
        self._process.wait()
        self._process = None

    def pause(self) -> None:
        """Freeze it: connections are accepted and never answered, as with a black hole."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let a frozen server go on."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None and self._process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)

    def _wait_until_ready(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + self._ready_within
        with httpx.Client(trust_env=False, timeout=2.0, verify=self._verify) as client:
            while time.monotonic() < deadline:
                if process.poll() is not None:
                    raise ServerError(f"ended with {process.returncode} before it was ready:\n{end_of(self.log)}")
                if self._is_ready(client):
                    return
                time.sleep(POLL_INTERVAL)
        raise ServerError(f"{self._ready_url} not ready after {self._ready_within:.0f} s:\n{end_of(self.log)}")

    def _is_ready(self, client: httpx.Client) -> bool:
        # A server without HTTP says it otherwise.
        try:
            return client.get(self._ready_url).status_code == httpx.codes.OK
        except httpx.TransportError:
            return False


def end_of(log: Path, lines: int = 20) -> str:
    """The last `lines` of a log; says so when there is none."""
    if not log.is_file():
        return f"(no {log.name})"
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])


@contextlib.contextmanager
def running(server: ServerProcess) -> Iterator[ServerProcess]:
    """Start `server`, yield it, and see that nothing of it is left."""
    server.start()
    try:
        yield server
    finally:
        server.resume()
        server.stop()


def _end_with_us() -> tuple[str, ...]:
    # The kernel then kills the server even when the test run itself is killed.
    setpriv = shutil.which("setpriv")
    return (setpriv, "--pdeathsig", "KILL") if setpriv else ()
