"""What stands on a terminal's screen, read off the bytes as they arrive."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import pyte

from bench.terminal import UNKNOWN, Terminal

Rows = Sequence[str]

_TOGETHER = 0.003
"""Seconds without bytes that end what a program wrote in one go; a terminal hands it over 4 kB at a time."""
_LONGEST = 0.1
"""Seconds of bytes after which they are looked at, though more come."""


class Painted:
    """The screen of `terminal`. Whoever uses it leaves all reading to it. Times are seconds."""

    def __init__(self, terminal: Terminal) -> None:
        """What has arrived so far is on it once it is looked at."""
        self._terminal = terminal
        self._screen = pyte.Screen(*terminal.size)
        self._stream = pyte.ByteStream(self._screen)
        self._next = 0
        self.starved = 0.0
        """Seconds of the last `answer` that the program waited for a processor, which others had."""

    @property
    def rows(self) -> Rows:
        """The lines of the screen by now."""
        self._take(len(self._terminal.arrivals))
        return self._screen.display

    @property
    def text(self) -> str:
        """All of it."""
        return "\n".join(self.rows)

    def settle(self, quiet: float = 0.1, longest: float = 5.0) -> Rows:
        """Read until nothing has come for `quiet` seconds, `longest` seconds at most."""
        self._terminal.drain(quiet, longest)
        return self.rows

    def watch(self, seconds: float) -> Rows:
        """Read for `seconds`."""
        self._terminal.watch(seconds)
        return self.rows

    def until(self, shown: Callable[[Rows], bool], seconds: float, what: str) -> float:
        """When `shown` first held, in monotonic time. Raises `TimeoutError`, with the screen."""
        found = self._first(shown, seconds)
        if found is None:
            raise TimeoutError(f"not on the screen within {seconds:.0f} s: {what}\n{self.text}")
        return found

    def answer(self, keys: bytes, look: Callable[[Rows], object], patience: float = 1.0) -> float | None:
        """Seconds from typing `keys` until what `look` sees is another; None when it stays the same for `patience`."""
        self._terminal.drain(quiet=0.02, longest=1.0)
        before = look(self.rows)
        starved, typed = self._terminal.starved_seconds, time.monotonic()
        self._terminal.send(keys)
        found = self._first(lambda rows: look(rows) != before, patience)
        self.starved = self._terminal.starved_seconds - starved
        return None if found is None else found - typed

    def _first(self, shown: Callable[[Rows], bool], seconds: float) -> float | None:
        deadline = time.monotonic() + seconds
        while True:
            while self._next < len(self._terminal.arrivals):
                at = self._terminal.arrivals[self._next][0]
                self._take(self._next + 1)
                if shown(self._screen.display):
                    return self._terminal.started + at
            if (left := deadline - time.monotonic()) <= 0:
                return None
            # What belongs together is read before any of it is looked at: looking takes as long as painting.
            if self._terminal.read(left):
                self._terminal.drain(quiet=_TOGETHER, longest=min(left, _LONGEST))

    def _take(self, end: int) -> None:
        while self._next < end:
            self._stream.feed(UNKNOWN.sub(b"", self._terminal.arrivals[self._next][1]))
            self._next += 1
