"""What goes to the terminal, without waiting for the terminal.

Textual's own writer holds thirty writes and then stops the whole program until the terminal takes one: on a link that
hangs, no key, no signal and no answer of a cluster is handled any more, and on a slow one the screen is minutes behind.
"""

from __future__ import annotations

import os
import select
import threading
import time
from collections.abc import Callable

from rich.cells import cell_len

_CHUNK = 1024
"""Bytes handed to the terminal at once; those can't be called back."""


class TerminalOutput:
    """Writes to `descriptor` in a thread of its own, in order. `write` never waits."""

    def __init__(self, descriptor: int, encoding: str = "utf-8") -> None:
        """Nothing is started before the first write. What `encoding` lacks is written as question marks."""
        self.on_level: Callable[[], object] = lambda: None
        """Called in the writing thread whenever everything is written."""
        self.on_gone: Callable[[], object] = lambda: None
        """Called in the writing thread, once, when there is no terminal any more."""
        self._descriptor = descriptor
        self._encoding = encoding
        self._pending = bytearray()
        self._in_hand = 0
        self._gone = False
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    @property
    def draws_lines(self) -> bool:
        """Whether its encoding has more than letters."""
        return encoded("╭", self._encoding) != b"?"

    @property
    def pending(self) -> int:
        """Bytes that the terminal has not taken yet."""
        with self._changed:
            return len(self._pending) + self._in_hand

    def write(self, text: str) -> None:
        """Have `text` written after what was written before. What is written to a terminal that is gone is lost."""
        with self._changed:
            if self._gone:
                return
            self._pending += encoded(text, self._encoding)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="terminal-output", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def drop(self) -> None:
        """Forget what the terminal has not taken yet."""
        with self._changed:
            self._pending.clear()

    def settle(self, seconds: float) -> bool:
        """Wait until everything is written, at most `seconds`; whether it is."""
        end = time.monotonic() + seconds
        with self._changed:
            while self._pending or self._in_hand:
                if not self._changed.wait(max(0.0, end - time.monotonic())):
                    return False
        return True

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._pending:
                    self._changed.wait()
                chunk = bytes(self._pending[:_CHUNK])
                del self._pending[:_CHUNK]
                self._in_hand = len(chunk)
            try:
                self._write(chunk)
            except OSError:
                self._end()
                return
            with self._changed:
                self._in_hand = 0
                level = not self._pending
                self._changed.notify_all()
            if level:
                self.on_level()

    def _write(self, chunk: bytes) -> None:
        while chunk:
            try:
                chunk = chunk[os.write(self._descriptor, chunk) :]
            except BlockingIOError:  # somebody who shares the terminal has made it so
                select.select([], [self._descriptor], [])

    def _end(self) -> None:
        with self._changed:
            self._gone = True
            self._pending.clear()
            self._in_hand = 0
            self._changed.notify_all()
        self.on_gone()


def encoded(text: str, encoding: str) -> bytes:
    """`text` in `encoding`, with as many question marks as a character takes cells where it has none."""
    try:
        return text.encode(encoding)
    except UnicodeEncodeError:
        return "".join(_known(one, encoding) for one in text).encode(encoding)


def _known(character: str, encoding: str) -> str:
    try:
        character.encode(encoding)
    except UnicodeEncodeError:
        return "?" * cell_len(character)
    return character
