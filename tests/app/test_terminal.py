"""The console in a real terminal: tmux runs the demo, keys are typed, the screen is read."""

from __future__ import annotations

import os
import signal
import subprocess
import uuid
from pathlib import Path

import pytest

from servers.waiting import until
from tmux_screen import OPSCONSOLE, tmux

pytestmark = [pytest.mark.terminal, pytest.mark.xdist_group("terminal")]


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
        screen.shows("traces, ")
        screen.press("4", "Enter")
        screen.shows("Traces · trace ", "Logs · trace ", "▸checkout")
        screen.press("o")
        screen.shows("critical path", "spans in")
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


@pytest.mark.long
@pytest.mark.long
def test_a_drill_breaks_before_ones_eyes_tells_nothing_before_its_end_and_leaves_its_result(tmp_path: Path) -> None:
    environment = f"HOME={tmp_path} XDG_CONFIG_HOME={tmp_path} XDG_STATE_HOME={tmp_path} LANG=C.UTF-8"
    drill = f"{OPSCONSOLE} drill --scenario slow-start --soon --seed 41"
    command = f"env {environment} sh -c '{drill}; exec sleep infinity'"
    with tmux(command, 120, 40) as screen:
        screen.shows("no alert is firing", "DRILL")
        assert "slow-start" not in screen.text
        running = subprocess.run(["ps", "-ewwo", "args"], capture_output=True, text=True, check=True).stdout
        served = [line for line in running.splitlines() if "practice.serve" in line and "--sealed" in line]
        assert served
        assert not any("slow-start" in line for line in served)
        screen.shows("StartupProbeFailing", "DRILL 0")
        assert "slow-start" not in screen.text
        screen.press("F9")
        screen.shows("End the drill?")
        screen.press("Down", "Enter")
        screen.shows("slow-start, seed 41: ended by the operator", "users 5.2.0 warms its cache", "What was missed")
        screen.press("q")
        screen.lacks("What was missed")
        screen.press("q")
        screen.shows("What was missed", "opsconsole incident export")
