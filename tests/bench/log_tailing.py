"""Following 5,000 lines a second: whether the console keeps up, what it holds, and whether its keys do."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from bench.budgets import Figure, KeyPaint, key_figures
from bench.log_screen import END, HOME, configuration, cursor, number_before, open_logs
from bench.log_store import TAILED
from bench.measure import SIZE, command
from bench.painted import Painted
from bench.terminal import Terminal

RATE = 5_000
SECONDS = 30.0
_PAUSE = 0.4
"""Seconds between two keys, so that the list follows in between."""


def tail_figures(elasticsearch: str, folder: Path, seconds: float = SECONDS) -> list[Figure]:
    """The console on an index without lines, and then while lines come."""
    environment = configuration(folder, elasticsearch, TAILED)
    with Terminal(command(), SIZE, environment) as terminal:
        open_logs(terminal, "no log line").watch(seconds)
        empty = terminal.resident_bytes
    with Terminal(command(), SIZE, environment) as terminal:
        painted = open_logs(terminal, "no log line")
        busy, began = terminal.processor_seconds, time.monotonic()
        with _writing(elasticsearch, seconds) as writer:
            paints, behind = _keys_while_writing(painted, writer)
            written, took = (float(part) for part in writer.communicate()[0].split())
        at_end = time.monotonic()
        share = 100 * (terminal.processor_seconds - busy) / (at_end - began)
        caught_up = painted.until(lambda rows: f"seq {int(written) - 1}:" in "\n".join(rows), 60, "the last line")
        resident = terminal.resident_bytes
        counts = _counts(terminal, painted)
    name = f"tail at {RATE:,} lines/s"
    return [
        Figure(f"{name}: lines written a second", "lines/s", [written / took]),
        Figure(f"{name}: behind, as the console says", "s", behind or [0.0]),
        Figure(f"{name}: last line on the screen after", "s", [max(0.0, caught_up - at_end)]),
        Figure(f"{name}: lines skipped, as the console says", "lines", [float(counts.skipped)]),
        Figure(f"{name}: lines neither seen nor said to be skipped", "lines", [abs(written - counts.told)]),
        Figure(f"{name}: lines missing among those at hand", "lines", [abs(written - counts.oldest - counts.at_hand)]),
        *key_figures(f"{name}: key to paint", paints),
        Figure(f"{name}: processor", "% of a core", [share]),
        Figure(f"{name}: memory without lines", "MB", [empty / 1e6]),
        Figure(f"{name}: memory for logs", "MB", [(resident - empty) / 1e6]),
    ]


class Counts(NamedTuple):
    """Lines as the console counts them, and the number of the oldest at hand; the last written is at hand, too."""

    at_hand: int
    put_away: int
    new: int
    skipped: int
    oldest: int

    @property
    def told(self) -> int:
        """All lines of which the console says where they are."""
        return self.at_hand + self.put_away + self.new + self.skipped


@contextlib.contextmanager
def _writing(elasticsearch: str, seconds: float) -> Iterator[subprocess.Popen[str]]:
    tests = Path(__file__).resolve().parent.parent
    arguments = [elasticsearch, TAILED, str(RATE), str(seconds)]
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.log_writer", *arguments],
        env={**os.environ, "PYTHONPATH": str(tests)},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


def _keys_while_writing(painted: Painted, writer: subprocess.Popen[str]) -> tuple[list[KeyPaint], list[float]]:
    """Key to paint of a step up and of one back, and what the heading says of being behind."""
    painted.until(lambda rows: cursor(rows)[0] >= 0, 60, "the first lines")
    painted.watch(2)
    paints: list[KeyPaint] = []
    behind: list[float] = []
    while writer.poll() is None:
        for key in (b"k", END):
            seconds = painted.answer(key, lambda rows: cursor(rows)[0])
            paints += [] if seconds is None else [(seconds, painted.starved)]
            painted.watch(_PAUSE)
        behind.append(float(number_before("s behind", painted.text)))
    return paints, behind


def _counts(terminal: Terminal, painted: Painted) -> Counts:
    """What the screen says of the lines that came."""
    painted.watch(3)
    at_hand = number_before("of [0-9,]+\\+? lines", painted.text) or number_before("lines", painted.text)
    new, skipped = number_before("new", painted.text), number_before("skipped", painted.text)
    terminal.send(HOME)
    painted.settle(0.5)
    with contextlib.suppress(TimeoutError):
        # While older lines are read the row says that instead.
        painted.until(lambda rows: "were put away" in "\n".join(rows), 5, "what was put away")
    oldest = int(found[1]) if (found := re.search(r"seq (\d+):", cursor(painted.rows)[1])) else 0
    return Counts(at_hand, number_before("were put away", painted.text), new, skipped, oldest)
