"""A program in a pseudo-terminal, and what it costs: bytes out, processor time, memory."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import pyte

_TICKS = os.sysconf("SC_CLK_TCK")
# What pyte takes for text or for something else: kitty keyboard codes, mode queries, pointer shapes.
UNKNOWN = re.compile(rb"\x1b\[[<>=][0-9;]*[a-z]|\x1b\[\?[0-9;]*\$p|\x1b\]22;[^\x07\x1b]*(?:\x07|\x1b\\)")


class Terminal:
    """A child in a pty of `size` (columns, rows). Times are monotonic seconds since it was started."""

    def __init__(self, command: Sequence[str], size: tuple[int, int], environment: dict[str, str]) -> None:
        """Start `command` with `environment` added to our own."""
        self.size = size
        self.received = bytearray()
        self.arrivals: list[tuple[float, bytes]] = []
        self.started = time.monotonic()
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            os.execvpe(command[0], list(command), {**os.environ, "TERM": "xterm-256color", **environment})  # noqa: S606
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))

    def __enter__(self) -> Self:
        """The running terminal."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the child: as a hang-up first, then for good."""
        for number in (signal.SIGHUP, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError, ChildProcessError):
                os.kill(self.pid, number)
                deadline = time.monotonic() + 5
                while time.monotonic() < deadline:
                    if os.waitpid(self.pid, os.WNOHANG)[0]:
                        os.close(self.master)
                        return
                    self.read(0.05)

    def send(self, keys: bytes) -> None:
        """Type `keys`."""
        os.write(self.master, keys)

    def read(self, patience: float) -> bytes:
        """What arrives within `patience` seconds, at most one read; empty when nothing does."""
        ready, _, _ = select.select([self.master], [], [], max(0.0, patience))
        if not ready:
            return b""
        try:
            chunk = os.read(self.master, 1 << 16)
        except OSError:
            return b""
        self.received += chunk
        self.arrivals.append((time.monotonic() - self.started, chunk))
        return chunk

    def drain(self, quiet: float, longest: float) -> int:
        """Read until nothing has come for `quiet` seconds or `longest` are over; returns the bytes read."""
        before, deadline = len(self.received), time.monotonic() + longest
        while time.monotonic() < deadline and self.read(min(quiet, deadline - time.monotonic())):
            pass
        return len(self.received) - before

    def watch(self, seconds: float) -> int:
        """Read for `seconds`; returns the bytes that came."""
        before, deadline = len(self.received), time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            self.read(left)
        return len(self.received) - before

    def shown_at(self, words: Sequence[str]) -> dict[str, float]:
        """Seconds since the start at which each of `words` first stood on the screen, read off what arrived."""
        screen = pyte.Screen(*self.size)
        stream = pyte.ByteStream(screen)
        found: dict[str, float] = {}
        for at, chunk in self.arrivals:
            stream.feed(UNKNOWN.sub(b"", chunk))
            text = "\n".join(screen.display)
            found.update({word: at for word in words if word not in found and word in text})
        return found

    def fill(self, words: Sequence[str], patience: Sequence[float] = (1.5, 3.0, 6.0, 12.0, 24.0)) -> dict[str, float]:
        """`shown_at` of all `words`, reading for longer and longer. Raises `TimeoutError`."""
        found: dict[str, float] = {}
        for seconds in patience:
            self.watch(seconds)
            found = self.shown_at(words)
            if len(found) == len(words):
                return found
        raise TimeoutError(f"not on the screen: {set(words) - set(found)}")

    def key_to_paint(self, key: bytes) -> float:
        """Seconds from typing `key` to the first byte that answers it; the terminal must be quiet before."""
        self.drain(quiet=0.02, longest=1.0)
        typed = time.monotonic()
        self.send(key)
        while not self.read(5.0):
            pass
        return time.monotonic() - typed

    @property
    def processor_seconds(self) -> float:
        """User and system time of the child so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    @property
    def starved_seconds(self) -> float:
        """What the child's first thread, which draws, has waited for a processor; 0 where the kernel does not count.

        Second field of Linux's `schedstat` (Documentation/scheduler/sched-stats.rst), in nanoseconds.
        """
        counts = Path(f"/proc/{self.pid}/task/{self.pid}/schedstat")
        return int(counts.read_text().split()[1]) / 1e9 if counts.exists() else 0.0

    @property
    def resident_bytes(self) -> int:
        """Memory of the child that is in RAM."""
        return _memory(self.pid, "VmRSS")

    @property
    def peak_resident_bytes(self) -> int:
        """The most it ever was."""
        return _memory(self.pid, "VmHWM")


def _memory(pid: int, field: str) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(field):
            return int(line.split()[1]) * 1024
    raise LookupError(field)


@contextlib.contextmanager
def running(command: Sequence[str], size: tuple[int, int], environment: dict[str, str]) -> Iterator[Terminal]:
    """`command` in a terminal until the block ends."""
    with Terminal(command, size, environment) as terminal:
        yield terminal
