"""The console in a real terminal: tmux runs the demo, keys are typed, the screen is read."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import libtmux
import pytest

from servers.availability import unavailable
from servers.waiting import until

pytestmark = [pytest.mark.terminal, pytest.mark.xdist_group("terminal")]

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


def seed_of_our_own() -> str:
    """A seed that marks the processes of one test among those of others."""
    return f"4{uuid.uuid4().int % 10**8:08d}"


def processes(words: str) -> set[str]:
    """Ids of processes whose command line holds `words`."""
    found = subprocess.run(["pgrep", "-f", words], capture_output=True, text=True, check=False)
    return set(found.stdout.split())


def test_the_demo_tells_the_story_in_a_real_terminal_and_leaves_nothing_behind(tmp_path: Path) -> None:
    mark = seed_of_our_own()
    environment = f"HOME={tmp_path} XDG_CONFIG_HOME={tmp_path} LANG=C.UTF-8"
    with tmux(f"env {environment} {OPSCONSOLE} demo --scenario bad-release --seed {mark}", 120, 40) as screen:
        screen.shows("ErrorRateHigh on checkout", "requests/s", "checkout-", "k8s", "READ-ONLY")
        screen.press("4", "Enter")
        screen.shows("Traces · trace ", "Logs · trace ", "gateway▸checkout")
        screen.press("o")
        screen.shows("Esc back · y copy", "spans")
        # Esc and the key after it must not arrive as one Alt chord: look in between.
        screen.press("Escape")
        screen.shows("╭─ 1 Alerts", "╭─ 5 Pods")
        screen.press("5", "f")
        screen.lacks("╭─ 1 Alerts")
        screen.press("Escape")
        screen.shows("╭─ 1 Alerts")
        screen.press("?")
        screen.shows("Everywhere")
        screen.press("Escape")
        screen.lacks("Everywhere")
        screen.press("q")
        until(lambda: not processes(mark), "console and practice cluster to end")


@pytest.mark.parametrize("name", ["SIGHUP", "SIGTERM", "SIGKILL"])
def test_however_the_console_ends_the_practice_cluster_ends_with_it(tmp_path: Path, name: str) -> None:
    mark = seed_of_our_own()
    pidfile = tmp_path / "pid"
    command = f"sh -c 'echo $$ > {pidfile}; HOME={tmp_path} LANG=C.UTF-8 exec {OPSCONSOLE} demo --seed {mark}'"
    with tmux(command, 80, 24) as screen:
        screen.shows("1 Alerts")
        os.kill(int(pidfile.read_text()), signal.Signals[name])
        until(lambda: not processes(f"serve.*{mark}"), "the practice cluster to end with the console")


def test_closing_the_terminal_leaves_neither_console_nor_practice_cluster(tmp_path: Path) -> None:
    mark = seed_of_our_own()
    with tmux(f"env HOME={tmp_path} LANG=C.UTF-8 {OPSCONSOLE} demo --seed {mark}", 120, 40) as screen:
        screen.shows("ErrorRateHigh on checkout")
        assert len(processes(mark)) >= 2
    until(lambda: not processes(mark), "console and practice cluster to end with their terminal")


def test_no_color_and_ascii_are_honoured_on_a_small_terminal(tmp_path: Path) -> None:
    command = f"env HOME={tmp_path} NO_COLOR=1 LANG=C.UTF-8 {OPSCONSOLE} demo --ascii --scenario goroutine-leak"
    with tmux(command, 80, 24) as screen:
        screen.shows("GoroutinesHigh", "1 Alerts", "2 Metrics")
        coloured = "\n".join(screen.pane.cmd("capture-pane", "-p", "-e").stdout)
        assert "\x1b[38;" not in coloured
        assert "\x1b[48;" not in coloured
        assert "╭" not in screen.text
