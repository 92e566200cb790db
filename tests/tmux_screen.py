"""A program in a real terminal, driven by its keys and read off its screen."""

from __future__ import annotations

import contextlib
import shutil
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import libtmux

from servers.availability import unavailable
from servers.waiting import until

OPSCONSOLE = Path(sys.executable).with_name("opsconsole")


class TmuxScreen:
    """One tmux pane of a fixed size with a program in it."""

    def __init__(self, pane: libtmux.Pane) -> None:
        self.pane = pane

    @property
    def text(self) -> str:
        return "\n".join(self.pane.capture_pane())

    def shows(self, *words: str) -> None:
        """Wait until all of `words` stand on the screen; fail with the screen as it is then."""
        try:
            until(lambda: all(word in self.text for word in words), f"{words}", seconds=60)
        except AssertionError as error:
            raise AssertionError(f"{error} on\n{self.text}") from None

    def lacks(self, word: str) -> None:
        """Wait until `word` is gone."""
        until(lambda: word not in self.text, f"{word} to be gone", seconds=60)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.pane.send_keys(key, enter=False)


@contextlib.contextmanager
def tmux(command: str, width: int, height: int) -> Iterator[TmuxScreen]:
    """`command` in a tmux server of its own."""
    if shutil.which("tmux") is None:
        unavailable("tmux is not installed")
    server = libtmux.Server(socket_name=f"opsconsole-{uuid.uuid4().hex[:8]}")
    try:
        server.cmd("new-session", "-d", "-x", str(width), "-y", str(height), f"env -u COLUMNS -u LINES {command}")
        pane = server.sessions[0].active_pane
        assert pane is not None
        yield TmuxScreen(pane)
    finally:
        server.kill()
