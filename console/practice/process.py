"""The practice cluster as a child process that never outlives its parent.

The child runs in a session of its own, so a Ctrl+C of the terminal is not its business, and watches
its stdin: a pipe whose other end only the parent holds. However the parent ends, the pipe closes
and the child stops.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import subprocess
import sys
import tempfile
import time
from types import TracebackType
from typing import IO, Self

from opsconsole.domain.errors import ConfigError

READY = b"# ready\n"
"""The line after the table (`serve.READY`; that module is not imported here, it brings the servers)."""

_PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "TMPDIR", "TZ", "SYSTEMROOT")
"""Variables that a server of made-up figures may need; credentials are none of them."""

START_DEADLINE = 20.0
STOP_DEADLINE = 3.0
"""Seconds."""


class PracticeProcess:
    """Context manager: a practice cluster that serves while the block runs.

    Entering returns its cluster table in TOML. Raises ConfigError when it does not start.
    """

    def __init__(
        self,
        scenario_id: str,
        seed: int | None = None,
        port_base: int | None = None,
        *,
        breaks_in: float | None = None,
    ) -> None:
        """As the options of `python -m opsconsole.practice.serve`.

        With `breaks_in` (seconds) nobody is to know what will break, nor when: the child is told by its stdin, since
        everybody can read the arguments of a process.
        """
        self._command = [sys.executable, "-m", "opsconsole.practice.serve", "--until-stdin-closes"]
        self._sealed = b""
        if breaks_in is None:
            self._command += ["--scenario", scenario_id]
            self._command += [] if seed is None else ["--seed", str(seed)]
        else:
            self._command += ["--sealed"]
            order = {"scenario": scenario_id, "seed": seed, "breaks_in": breaks_in}
            self._sealed = json.dumps(order).encode() + b"\n"
        self._command += [] if port_base is None else ["--port-base", str(port_base)]
        self._process: subprocess.Popen[bytes] | None = None
        self._errors: IO[bytes] | None = None
        self.table = ""

    @property
    def pid(self) -> int | None:
        """The child's process id while it runs."""
        return self._process.pid if self._process else None

    def start(self) -> Self:
        """Start the child and wait until it answers. Raises ConfigError."""
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115  - closed by stop()
        self._process = subprocess.Popen(  # noqa: S603  - our own module
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env={name: value for name, value in os.environ.items() if name in _PASSED_ON or name.startswith("PYTHON")},
            start_new_session=True,
        )
        with contextlib.ExitStack() as on_failure:
            on_failure.callback(self.stop)
            self._tell(self._process)
            self.table = self._read_table(self._process)
            on_failure.pop_all()
        return self

    def _tell(self, process: subprocess.Popen[bytes]) -> None:
        """Hand over what stands in no argument. A child that has ended already says why when it is read."""
        if self._sealed and process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                process.stdin.write(self._sealed)
                process.stdin.flush()

    def _read_table(self, process: subprocess.Popen[bytes]) -> str:
        if process.stdout is None:
            raise ConfigError("the practice cluster has no output")
        deadline, received = time.monotonic() + START_DEADLINE, b""
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            while not received.endswith(READY):
                if not selector.select(max(0.0, deadline - time.monotonic())):
                    raise ConfigError(f"the practice cluster did not start within {START_DEADLINE:.0f} s")
                part = os.read(process.stdout.fileno(), 4096)
                if not part:
                    raise ConfigError(f"the practice cluster did not start: {self._last_error(process)}")
                received += part
        return received.removesuffix(READY).decode()

    def _last_error(self, process: subprocess.Popen[bytes]) -> str:
        """What the child said last before it ended."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(STOP_DEADLINE)
        said = b""
        if self._errors is not None:
            self._errors.seek(0)
            said = self._errors.read()
        lines = said.decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else f"it ended with status {process.returncode}"

    def stop(self) -> None:
        """End the child: ask, and after 3 s insist. Does nothing when it has ended."""
        process, self._process = self._process, None
        if process is not None:
            process.terminate()
            for stream in (process.stdin, process.stdout):
                if stream is not None:
                    stream.close()
            try:
                process.wait(STOP_DEADLINE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if self._errors is not None:
            self._errors.close()
            self._errors = None

    def __enter__(self) -> str:
        """Start it; returns the cluster table in TOML."""
        return self.start().table

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End it."""
        self.stop()
