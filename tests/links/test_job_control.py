"""The console as a job: it gives the terminal back when it is stopped, and takes it again, once."""

from __future__ import annotations

import signal

import pytest

from links.terminals import CLOSED, OPENED, Desk, left_behind

pytestmark = pytest.mark.xdist_group("links")

UP = ("READ-ONLY", "jaeger can't be reached")
CTRL_Z = b"\x1a"


def test_ctrl_z_gives_the_terminal_to_the_shell_and_fg_brings_the_whole_screen_back(desk: Desk) -> None:
    with desk.console("--config", "c.toml", in_a_shell=True) as console:
        terminal = console.terminal
        console.shows(*UP)
        console.terminal.type(CTRL_Z)
        console.until(lambda: b"the shell is back" in terminal.received, "stopped")
        assert left_behind(bytes(terminal.received)) == set()
        assert terminal.settings == terminal.settings_before
        terminal.type(b"fg\r")
        console.until(lambda: terminal.received.rfind(OPENED) > terminal.received.rfind(CLOSED), "back on the screen")
        console.shows(*UP, "1 Alerts", "4 Traces")
        console.types(b"?", "Everywhere")
        console.types(b"\x1b", "asks again at")
        terminal.type(b"q")
        assert console.end().code == 0
        assert left_behind(bytes(terminal.received)) == set()
        assert terminal.settings == terminal.settings_before


def test_where_no_shell_would_bring_it_back_ctrl_z_says_so(desk: Desk) -> None:
    with desk.console("--config", "c.toml") as console:
        console.shows(*UP)
        console.terminal.type(CTRL_Z)
        console.shows("no shell has started this console")
        assert console.state != "T"


@pytest.mark.parametrize("number", [signal.SIGSTOP, signal.SIGTSTP])
def test_stopped_from_outside_it_goes_on_with_one_reader_of_the_keys(desk: Desk, number: signal.Signals) -> None:
    with desk.console("--config", "c.toml") as console:
        terminal = console.terminal
        console.shows(*UP)
        threads = console.threads
        console.signal(number)
        console.until(lambda: console.state == "T", "stopped")
        console.signal(signal.SIGCONT)
        console.until(lambda: terminal.received.count(OPENED) == 2, "back on the screen")
        console.shows(*UP, "1 Alerts", "4 Traces")
        console.until(lambda: console.threads <= threads, "rid of the former reader")
        terminal.type(b"q")
        assert console.end().code == 0
        assert left_behind(bytes(terminal.received)) == set()
        assert terminal.settings == terminal.settings_before
