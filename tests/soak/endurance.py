"""One run: a busy cluster, the console in a terminal, a monkey at its keys, and a look at its inside now and then."""

from __future__ import annotations

import contextlib
import dataclasses
import fcntl
import json
import os
import random
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.terminal import Terminal
from servers.waiting import until
from soak.monkey import move

SIZES = ((120, 40), (80, 24), (160, 50), (100, 30))
LOOKS_EVERY = 5.0
RESIZES_EVERY = 37.0
KEY_GAP = 0.04
"""Seconds."""

TESTS = Path(__file__).resolve().parents[1]


@dataclasses.dataclass
class Run:
    """What happened."""

    seed: int
    seconds: float = 0.0
    keys: int = 0
    bytes_received: int = 0
    lives: list[list[dict[str, Any]]] = dataclasses.field(default_factory=list)
    """Samples of each process of the console; a monkey may find the way out, and is let in again."""
    exits: list[int] = dataclasses.field(default_factory=list)
    last_words: str = ""
    crash_files: list[str] = dataclasses.field(default_factory=list)
    counts: dict[str, int] = dataclasses.field(default_factory=dict)
    processor: list[float] = dataclasses.field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """All of it."""
        return dataclasses.asdict(self)


class Endurance:
    """A run in `folder`, its chance from `seed`."""

    def __init__(self, folder: Path, seed: int) -> None:
        self._folder, self._chance = folder, random.Random(seed)
        self.run = Run(seed)

    def endure(self, seconds: float) -> Run:
        """Go on for `seconds`; what happened."""
        began = time.monotonic()
        with self._cluster() as cluster:
            ends = began + seconds
            while (left := ends - time.monotonic()) > 0 and not self._failed():
                self._life(left)
            self.run.counts = self._counts(cluster)
        self.run.seconds = time.monotonic() - began
        self.run.crash_files = [one.read_text() for one in sorted(self._folder.rglob("crashes/*"))]
        return self.run

    def _failed(self) -> bool:
        return any(self.run.exits)

    @contextlib.contextmanager
    def _cluster(self) -> Iterator[subprocess.Popen[bytes]]:
        command = [sys.executable, "-m", "soak.busy_cluster", str(self._folder), str(self.run.seed)]
        environment = {**os.environ, "PYTHONPATH": str(TESTS)}
        with subprocess.Popen(command, env=environment) as process:
            try:
                until((self._folder / "table.toml").exists, "the busy cluster to serve", 60)
                yield process
            finally:
                process.terminate()

    def _counts(self, cluster: subprocess.Popen[bytes]) -> dict[str, int]:
        file = self._folder / "counts.json"
        file.unlink(missing_ok=True)
        cluster.send_signal(signal.SIGUSR1)
        until(file.exists, "the busy cluster to tell what it counted", 60)
        return dict(json.loads(file.read_text()))

    def _life(self, seconds: float) -> None:
        """One process of the console, until the time is over or it has ended."""
        samples = self._folder / f"samples-{len(self.run.lives)}"
        samples.touch()
        words = ["-m", "soak.watched_console", str(samples), "--config", str(self._folder / "table.toml"), "--write"]
        home = str(self._folder)
        environment = {"HOME": home, "LANG": "C.UTF-8", "PYTHONPATH": str(TESTS)}
        environment |= {f"XDG_{one}_HOME": home for one in ("STATE", "CONFIG", "CACHE", "DATA")}
        with Terminal([sys.executable, *words], SIZES[0], environment) as terminal:
            terminal.watch(6)
            try:
                self._play(terminal, time.monotonic() + seconds)
            finally:
                self.run.processor.append(terminal.processor_seconds)
                self.run.exits.append(_ended(terminal))
                self.run.last_words = bytes(terminal.received[-3000:]).decode(errors="replace")
        self.run.lives.append([json.loads(line) for line in samples.read_text().splitlines()])

    def _play(self, terminal: Terminal, ends: float) -> None:
        look = resize = time.monotonic()
        while (now := time.monotonic()) < ends and _alive(terminal.pid):
            if now >= look:
                look = now + LOOKS_EVERY
                os.kill(terminal.pid, signal.SIGUSR1)
            if now >= resize:
                resize = now + RESIZES_EVERY
                columns, rows = self._chance.choice(SIZES)
                fcntl.ioctl(terminal.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
            for key in move(self._chance):
                terminal.send(key)
                self.run.keys += 1
                self.run.bytes_received += terminal.watch(KEY_GAP)
            terminal.arrivals.clear()
            del terminal.received[:-3000]


def _alive(pid: int) -> bool:
    """Whether the child still runs; one that has ended waits to be asked for its exit code."""
    state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    return state != "Z"


def _ended(terminal: Terminal) -> int:
    """Ask the child to end, as a closing session does; its exit code."""
    if _alive(terminal.pid):
        os.kill(terminal.pid, signal.SIGTERM)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        terminal.read(0.05)
        if not _alive(terminal.pid):
            status = os.waitid(os.P_PID, terminal.pid, os.WEXITED | os.WNOWAIT)
            return status.si_status if status else -1
    return -1
