"""Consoles in terminals whose other end a test holds: every byte is seen, and the end can be let go."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pyte

from bench.terminal import UNKNOWN
from servers.waiting import until

PATIENCE = 60.0
OPENED, CLOSED = b"\x1b[?1049h", b"\x1b[?1049l"
"""What opens the screen that a program has for itself, and closes it again."""
_MODE = re.compile(rb"\x1b\[\?(\d+)([hl])")
_KEYBOARD = re.compile(rb"\x1b\[([<>])\d*u")
_USUAL = {b"7", b"25"}
"""Modes that are on in a terminal at rest: lines wrap, the cursor is shown."""
_QUIET_LOOKS = 25
_FEW_LOOKS = 3
READ_AT_IMPORT = {"OPENBLAS_NUM_THREADS": "1", "TEXTUAL_ANIMATIONS": "none", "TEXTUAL_SMOOTH_SCROLL": "0"}
_LOOK = 0.02


class Ended(NamedTuple):
    """How a console ended: its exit code (negative: a signal) and the processor seconds it used."""

    code: int
    processor: float


class Nursery:
    """Forks consoles off a process that has everything imported."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, Path(__file__).with_name("nursery_process.py")],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1]), **READ_AT_IMPORT},
        )  # fmt: skip

    def ask(self, **order: Any) -> Any:
        """What it answers to `order`."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def close(self) -> None:
        """End it."""
        with self._process:
            assert self._process.stdin is not None
            self._process.stdin.close()


class Terminal:
    """A pty of `size` (columns, rows). What is written to it is read only while something is waited for."""

    def __init__(self, size: tuple[int, int] = (120, 40)) -> None:
        self.size = size
        self.received = bytearray()
        self._screen = pyte.Screen(*size)
        self._shown = (-1, size)
        self._read_to = 0
        self._ours, theirs = pty.openpty()
        self.path = os.ttyname(theirs)
        self._theirs: int | None = theirs
        self.resize(size)
        self.settings_before = termios.tcgetattr(theirs)

    # -- what a person does ----------------------------------------------------------------------

    def type(self, keys: bytes) -> None:
        os.write(self._ours, keys)

    def resize(self, size: tuple[int, int]) -> None:
        """Its window becomes `size`; whoever has it in the foreground gets a SIGWINCH."""
        self.size = size
        fcntl.ioctl(self._ours, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))

    def hang_up(self) -> None:
        """The link is gone, as when a window is closed or an SSH connection ends."""
        for descriptor in (self._ours, self._theirs):
            if descriptor is not None:
                os.close(descriptor)
        self._ours, self._theirs = -1, None

    def close(self) -> None:
        if self._ours >= 0:
            self.hang_up()

    # -- what it shows ---------------------------------------------------------------------------

    def read(self, most: int = 1 << 16, patience: float = _LOOK) -> bytes:
        """Up to `most` bytes that are there within `patience` seconds."""
        if self._ours < 0:
            time.sleep(patience)
            return b""
        ready, _, _ = select.select([self._ours], [], [], patience)
        if not ready:
            return b""
        try:
            chunk = os.read(self._ours, most)
        except OSError:
            return b""
        self.received += chunk
        return chunk

    @property
    def text(self) -> str:
        """Its screen, at the size that it has now; what came since the last look is read to the last whole sequence."""
        begin = max(0, self.received.rfind(OPENED))
        if (begin, self.size) != self._shown:
            self._shown, self._read_to = (begin, self.size), begin
            self._screen = pyte.Screen(*self.size)
        end = max(self._read_to, self.received.rfind(b"\x1b"))
        if end > self._read_to:
            pyte.ByteStream(self._screen).feed(UNKNOWN.sub(b"", self.received[self._read_to : end]))
            self._read_to = end
        return "\n".join(self._screen.display)

    @property
    def settings(self) -> list[Any]:
        """Its line settings now."""
        assert self._theirs is not None
        return termios.tcgetattr(self._theirs)

    @property
    def untaken(self) -> int:
        """Bytes that were typed and nobody has read."""
        assert self._theirs is not None
        (count,) = struct.unpack("i", fcntl.ioctl(self._theirs, termios.FIONREAD, bytes(4)))
        return int(count)


def left_behind(received: bytes) -> set[bytes]:
    """Modes that are not as a terminal at rest has them after `received`; `keyboard` for kitty's protocol."""
    state = dict.fromkeys(_USUAL, b"h")
    for number, way in _MODE.findall(received):
        state[number] = way
    depth = sum(1 if way == b">" else -1 for way in _KEYBOARD.findall(received))
    left = {number for number, way in state.items() if (way == b"h") is not (number in _USUAL)}
    return left | ({b"keyboard"} if depth > 0 else set())


class Console:
    """A console in a terminal."""

    def __init__(self, nursery: Nursery, terminal: Terminal, process: int) -> None:
        self._nursery = nursery
        self.terminal = terminal
        self.process = process
        self.ended: Ended | None = None
        self._seen = -1

    def until(self, condition: Callable[[], bool], what: str) -> None:
        """Read the terminal until `condition` holds; fail with `what` and the screen when it never does."""
        deadline = time.monotonic() + PATIENCE
        while not condition():
            self.terminal.read()
            if time.monotonic() > deadline:
                raise AssertionError(f"never {what}; on the screen:\n{self.terminal.text}")

    def shows(self, *words: str) -> None:
        """Wait until all of `words` stand on the screen."""
        self._seen = -1
        self.until(lambda: self._has_new(*words), f"{words} on the screen")

    def _has_new(self, *words: str) -> bool:
        """Whether the screen shows them all, read only when something has come and nothing more waits."""
        if len(self.terminal.received) == self._seen or self.terminal.read(patience=0.0):
            return False
        self._seen = len(self.terminal.received)
        text = self.terminal.text
        return all(word in text for word in words)

    def types(self, keys: bytes, outcome: str | Callable[[], bool]) -> None:
        """Type `keys` until `outcome` holds, or stands on the screen: a dialog takes none before it can be read."""
        looks, self._seen = 0, -1

        def there() -> bool:
            nonlocal looks
            if not isinstance(outcome, str):
                if outcome():
                    return True
            elif self._has_new(outcome):
                return True
            if looks % _QUIET_LOOKS == 0:
                self.terminal.type(keys)
            looks += 1
            return False

        self.until(there, f"{outcome} after {keys!r}")

    def signal(self, number: signal.Signals) -> None:
        os.kill(self.process, number)

    def has_ended(self) -> bool:
        if self.ended is None and (told := self._nursery.ask(do="ended", process=self.process)) is not None:
            self.ended = Ended(*told)
        return self.ended is not None

    def end(self) -> Ended:
        """Wait for its end by itself, and for the last byte."""
        self.until(self.has_ended, "an end of the console")
        while self.terminal.read(patience=0.0):
            pass
        assert self.ended is not None
        return self.ended

    @property
    def state(self) -> str:
        """As `ps` has it: S sleeps, R runs, T is stopped."""
        return self._states[0]

    @property
    def threads(self) -> int:
        return len(self._states)

    @property
    def _states(self) -> list[str]:
        found = []
        for thread in sorted(Path(f"/proc/{self.process}/task").iterdir()):
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # it has ended since
                found.append((thread / "stat").read_text().rpartition(")")[2].split()[0])
        return found

    def rests(self) -> None:
        """Wait until no thread of it has run, or wanted to, in half a second of looking."""
        self.until(self._quiet_for(_QUIET_LOOKS), "at rest")

    def settles(self) -> None:
        """Wait until it has read what was typed and done what it could, while nobody reads what it writes."""
        quiet = self._quiet_for(_FEW_LOOKS)
        until(lambda: quiet() and self.terminal.untaken == 0, "it to settle", seconds=PATIENCE, interval=_LOOK)

    def _quiet_for(self, looks: int) -> Callable[[], bool]:
        seen = 0

        def quiet() -> bool:
            nonlocal seen
            seen = seen + 1 if set(self._states) == {"S"} else 0
            return seen >= looks

        return quiet


class Desk:
    """Opens consoles in a folder of their own."""

    def __init__(self, nursery: Nursery, folder: Path) -> None:
        self.nursery = nursery
        self.folder = folder
        self.home = folder / "home"
        self.home.mkdir()
        self.environment = {
            "HOME": str(self.home), "PATH": os.environ["PATH"], "TERM": "xterm-256color", "LANG": "C.UTF-8",
            "TZ": "UTC",
        }  # fmt: skip

    @contextlib.contextmanager
    def console(
        self,
        *arguments: str,
        size: tuple[int, int] = (120, 40),
        environment: Mapping[str, str | None] | None = None,
        part: str = "usual",
        in_a_shell: bool = False,
        borrowed: bool = False,
        file_bytes: int | None = None,
        disk: Mapping[str, object] | None = None,
        nameless: bool = False,
    ) -> Iterator[Console]:
        """A console with `arguments`; what is None in `environment` is not set. It is killed at the end.

        `in_a_shell`: it is the job of a shell. `borrowed`: the terminal is another session's, so nobody tells it of a
        hang-up. `file_bytes`: no file grows beyond. `disk`: what `mount_disk` mounts before.
        `nameless`: under a number that no user of this machine has.
        """
        wanted = {**self.environment, **(environment or {})}
        terminal = Terminal(size)
        process = self.nursery.ask(
            do="start",
            terminal=terminal.path,
            arguments=arguments,
            folder=str(self.folder),
            environment={name: value for name, value in wanted.items() if value is not None},
            part=part,
            shell=in_a_shell,
            borrowed=borrowed,
            file_bytes=file_bytes,
            disk=disk,
            nameless=nameless,
        )
        console = Console(self.nursery, terminal, process)
        try:
            yield console
        finally:
            if not console.has_ended():
                console.signal(signal.SIGKILL)
                console.end()
            terminal.close()


def left_of(folder: Path) -> list[str]:
    """Processes that know of `folder` by their arguments or their environment, ours aside."""
    found = []
    for place in Path("/proc").iterdir():
        if not place.name.isdecimal() or int(place.name) == os.getpid():
            continue
        with contextlib.suppress(OSError):
            words = (place / "cmdline").read_bytes()
            if str(folder).encode() in words + (place / "environ").read_bytes():
                found.append(f"{place.name} {words!r}")
    return found
