"""The program as a shell starts it, forked off a process that has imported it once, since importing costs a second.

`python forked_program.py` reads an order in JSON on each line of stdin and answers each with the exit code of the
program that it made of it (negative: the signal that killed it).
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec

IMPORTED_ONCE = (
    "opsconsole.app",
    "opsconsole.cli.commands",
    "opsconsole.cli.health",
    "opsconsole.practice.serve",
    *(f"opsconsole.sources.{name}" for name in ("alertmanager", "connect", "elasticsearch", "jaeger.source")),
    *(f"opsconsole.sources.{name}" for name in ("kubernetes.source", "prometheus.adapter")),
    "elasticsearch",
)
READ_AT_IMPORT = {"OPENBLAS_NUM_THREADS": "1"}
PATIENCE = 60
"""Seconds that a program may take; its alarm ends it then."""


class Ended(msgspec.Struct, frozen=True):
    """A program that has ended."""

    code: int
    out: str
    err: str


class ProgramSource:
    """Starts programs, one after another."""

    def __init__(self, process: subprocess.Popen[str], folder: Path) -> None:
        """Of `process`, which takes the orders; what the programs write goes through files in `folder`."""
        self._process = process
        self._out, self._err = folder / "out", folder / "err"

    def run(self, folder: Path, *arguments: str, **variables: str) -> Ended:
        """Run the program in `folder`, which is its home as well, and wait for its end."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("OPSCONSOLE_", "XDG_"))}
        environment = {**kept, "HOME": str(folder), **variables}
        order = {"arguments": arguments, "folder": str(folder), "environment": environment}
        self._process.stdin.write(json.dumps({**order, "out": str(self._out), "err": str(self._err)}) + "\n")
        self._process.stdin.flush()
        code = json.loads(self._process.stdout.readline())
        return Ended(code, self._out.read_text("utf-8"), self._err.read_text("utf-8"))

    async def run_beside(self, folder: Path, *arguments: str, **variables: str) -> Ended:
        """`run` while the servers of this process go on answering."""
        return await asyncio.to_thread(self.run, folder, *arguments, **variables)


@contextmanager
def program_source() -> Iterator[ProgramSource]:
    """A process that has imported the program, until the end of the block."""
    with (
        TemporaryDirectory() as folder,
        subprocess.Popen(
            (sys.executable, Path(__file__)),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, **READ_AT_IMPORT},
        ) as process,
    ):  # fmt: skip
        yield ProgramSource(process, Path(folder))
        assert process.stdin is not None
        process.stdin.close()


def _live(order: dict[str, Any]) -> int:
    """What the program makes of its arguments."""
    signal.alarm(PATIENCE)
    os.setsid()
    os.chdir(order["folder"])
    os.environ.clear()
    os.environ.update(order["environment"])
    new = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    for descriptor, path, flags in ((0, os.devnull, os.O_RDONLY), (1, order["out"], new), (2, order["err"], new)):
        opened = os.open(path, flags, 0o600)
        os.dup2(opened, descriptor)
        os.close(opened)
    from opsconsole.cli.entry import main  # noqa: PLC0415 - the tests import this module for what is above

    code = main(order["arguments"])
    sys.stdout.flush()
    sys.stderr.flush()
    return code


def _answer(order: dict[str, Any]) -> int:
    """The exit code of the program that `order` asks for."""
    child = os.fork()
    if child == 0:
        os._exit(_live(order))
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


if __name__ == "__main__":
    for module in IMPORTED_ONCE:
        import_module(module)
    for line in sys.stdin:
        sys.stdout.write(json.dumps(_answer(json.loads(line))) + "\n")
        sys.stdout.flush()
