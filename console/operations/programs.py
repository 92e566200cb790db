"""Runs a program of this machine for an operation: no shell, no terminal, no more environment than it needs.

The one place that does. It has a session of its own, and whatever is left of that at its end, at its time limit or at
the end of the console, however that comes, is ended with it: `program_keeper.py` sees to it.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO, Protocol

import msgspec

from opsconsole.domain.operation import OperationState, ProgramRun
from opsconsole.domain.text import SafeText
from opsconsole.operations.procedure import LocalProgram
from opsconsole.safe_text import safe_text
from opsconsole.write_mode import WriteMode

OUTPUT_LIMIT = 64 * 1024
"""Bytes of output kept; the rest is counted."""

LINE_LOOKED_AT = 300
"""Characters of each line that are held against an expectation: a pattern may take the cube of it."""

AFTER_SECONDS = 1.0
"""How long output is waited for once the program has ended."""

GONE_SECONDS = 10.0
"""How long the end of a program that was killed is waited for: one that waits for a dead disk can't end."""

_PASSED_ON = ("PATH", "HOME", "LANG", "KUBECONFIG")
_CHUNK = 16_384
_KEEPER = str(Path(__file__).with_name("program_keeper.py"))
_SAYS_AT_MOST = 1000
_STAYS = "what it had done stays done"


class Ran(msgspec.Struct, frozen=True):
    """How a program ended: VERIFIED as expected, UNVERIFIED otherwise, REFUSED when it never began."""

    state: OperationState
    words: SafeText
    output: SafeText = SafeText("")


class Programs(Protocol):
    """Finds and runs programs."""

    def place(self, program: str) -> str | None:
        """The file that would be run; None where there is none."""
        ...

    async def run(self, act: LocalProgram) -> Ran:
        """Run it, once, to its end or its time limit."""
        ...


def environment(environ: Mapping[str, str], kubeconfig: Path | None = None) -> dict[str, str]:
    """What a program gets of `environ`: the way to programs, home, language, and the cluster's kubeconfig."""
    passed = {name: environ[name] for name in _PASSED_ON if environ.get(name)}
    passed.setdefault("PATH", os.defpath)
    passed.setdefault("LANG", "C.UTF-8")
    if kubeconfig is not None:
        passed["KUBECONFIG"] = str(kubeconfig)
    return passed


class ProgramRunner:
    """Implements `Programs`."""

    def __init__(self, write_mode: WriteMode, environ: Mapping[str, str]) -> None:
        """Runs nothing while `write_mode` is closed. `environ` is all that a program gets."""
        self._write_mode = write_mode
        self._environ = dict(environ)

    def place(self, program: str) -> str | None:
        """As `Programs.place`; one with a slash in it is a whole path."""
        if "/" in program and not program.startswith("/"):
            return None
        return shutil.which(program, path=self._environ["PATH"])

    async def run(self, act: LocalProgram) -> Ran:
        """As `Programs.run`."""
        if not self._write_mode.is_open:
            return Ran(OperationState.REFUSED, SafeText("not run: the console is read-only"))
        # A pipe of our own: what the program leaves behind may hold it longer than its keeper lives.
        here, there = os.pipe()
        with os.fdopen(here, "rb", buffering=0) as pipe:
            try:
                keeper = await self._started(act, there)
            except (OSError, ValueError) as error:
                return _never(getattr(error, "strerror", None) or type(error).__name__)
            finally:
                os.close(there)
            return await self._to_its_end(act.run, keeper, _Output(), pipe)

    async def _started(self, act: LocalProgram, output: int) -> asyncio.subprocess.Process:
        """What starts it, and ends it once its own stdin closes."""
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-IS",
            _KEEPER,
            str(output),
            act.path,
            *act.run.argv,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=self._environ,
            cwd="/",
            pass_fds=(output,),
            start_new_session=True,
        )

    @staticmethod
    async def _to_its_end(run: ProgramRun, keeper: asyncio.subprocess.Process, output: _Output, pipe: BinaryIO) -> Ran:
        reading = asyncio.ensure_future(output.read(pipe))
        try:
            async with asyncio.timeout(run.timeout):
                said = await _said(keeper)
        except TimeoutError:
            words = f"it did not end within {run.timeout:g} s and was ended with all it started; {_STAYS}"
            return Ran(OperationState.UNVERIFIED, SafeText(words), await _ended(keeper, reading, output))
        except asyncio.CancelledError:
            reading.cancel()
            # Not dropped: asyncio kills what is dropped, and the keeper has the program to end first.
            await _gone(keeper)
            raise
        text = await _ended(keeper, reading, output)
        how, _, rest = said.partition(" ")
        return _never(rest) if how == "never" else _judged(run, how, rest, text, output.lines)


class _Output:
    """Keeps the beginning of what comes, and counts the rest, so that the program never waits for its reader."""

    def __init__(self) -> None:
        self._kept = bytearray()
        self._dropped = 0

    async def read(self, pipe: BinaryIO) -> None:
        """To its end; the pipe is closed then."""
        reader = asyncio.StreamReader()
        protocol = asyncio.StreamReaderProtocol(reader)
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, pipe)
        try:
            while chunk := await reader.read(_CHUNK):
                room = OUTPUT_LIMIT - len(self._kept)
                self._kept += chunk[:room]
                self._dropped += len(chunk) - len(chunk[:room])
        finally:
            transport.close()

    @property
    def lines(self) -> list[str]:
        return self._kept.decode("utf-8", "replace").splitlines()

    @property
    def text(self) -> SafeText:
        rest = f"\n… {self._dropped} more bytes" if self._dropped else ""
        return safe_text("\n".join(self.lines) + rest, OUTPUT_LIMIT + 64)


async def _said(keeper: asyncio.subprocess.Process) -> str:
    """How the program ended, in the keeper's words; empty where the keeper was ended before it."""
    if keeper.stdout is None:
        raise TypeError(keeper)
    return (await keeper.stdout.read(_SAYS_AT_MOST)).decode("utf-8", "replace")


def _let_go(keeper: asyncio.subprocess.Process) -> None:
    """Have the program ended, if it has not."""
    if keeper.stdin is not None:
        keeper.stdin.close()


async def _gone(keeper: asyncio.subprocess.Process) -> None:
    """Have the program ended, and see its keeper end."""
    _let_go(keeper)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(GONE_SECONDS):
            await keeper.wait()


async def _ended(keeper: asyncio.subprocess.Process, reading: asyncio.Future[None], output: _Output) -> SafeText:
    """End what is left of the session, and give what was printed."""
    await _gone(keeper)
    # Somebody who left the session may hold the pipe for ever.
    await asyncio.wait((reading,), timeout=AFTER_SECONDS)
    reading.cancel()
    await asyncio.gather(reading, return_exceptions=True)
    return output.text


def _never(why: str) -> Ran:
    return Ran(OperationState.REFUSED, safe_text(f"it could not be started: {why}"))


def _judged(run: ProgramRun, how: str, number: str, output: SafeText, lines: list[str]) -> Ran:
    if how != "exit":
        by = f"ended by signal {number}" if how == "signal" else "lost: what watched over it was ended"
        return Ran(OperationState.UNVERIFIED, SafeText(f"it was {by}; {_STAYS}"), output)
    code = int(number)
    if code != run.expect_exit:
        words = f"it ended with exit code {code}, not {run.expect_exit}; {_STAYS}"
        return Ran(OperationState.UNVERIFIED, SafeText(words), output)
    if run.expect and not any(re.search(run.expect, line[:LINE_LOOKED_AT]) for line in lines):
        words = safe_text(f"it ended with exit code {code}, but no line of its output matches {run.expect}")
        return Ran(OperationState.UNVERIFIED, words, output)
    return Ran(OperationState.VERIFIED, SafeText(f"it ended with exit code {code}, as expected"), output)
