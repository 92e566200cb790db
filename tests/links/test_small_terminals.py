"""Terminals that are small, slow, old, or all sizes within a second."""

from __future__ import annotations

import os
import random
import subprocess
import sys

import pytest

from links.terminals import PATIENCE, Desk, Nursery, Terminal
from opsconsole.terminal_output import encoded
from servers.waiting import until

pytestmark = pytest.mark.xdist_group("links")

UP = ("READ-ONLY", "jaeger can't be reached")


def test_of_a_storm_of_sizes_the_last_one_is_drawn(desk: Desk) -> None:
    chance = random.Random(7)
    with desk.console("--config", "c.toml") as console:
        console.shows(*UP)
        for number in range(300):
            size = (chance.randint(1, 500), chance.randint(1, 200)) if number % 3 else chance.choice(ODD_SIZES)
            console.terminal.resize(size)
            console.terminal.read(patience=0.0)
        for size in ((1, 1), (500, 200), (120, 40)):
            console.terminal.resize(size)
            console.until(lambda: console.terminal.untaken == 0, "drawn")
        console.shows(*UP, "5 Pods and probes", "Enter follow")
        rows = console.terminal.text.splitlines()
        assert rows[2].startswith("╭─ 1 Alerts ")
        assert rows[2].endswith("╮")
        assert rows[38].endswith("╯")
        assert "jaeger ✘" in rows[39]
        console.terminal.type(b"q")
        assert console.end().code == 0


ODD_SIZES = [(1, 1), (1, 200), (500, 1), (2, 2), (500, 200)]


def test_a_terminal_that_takes_nothing_for_a_while_gets_the_newest_picture_and_not_all_before_it(desk: Desk) -> None:
    with desk.console("--config", "c.toml") as console:
        console.shows(*UP)
        console.rests()
        picture = len(console.terminal.received)
        for _ in range(8):
            console.terminal.type(b"T")  # a new theme is a new picture
            console.settles()
        console.terminal.type(b"?")
        console.settles()
        console.shows("Everywhere")
        assert len(console.terminal.received) - picture < 4 * picture
        console.types(b"\x1b", "asks again at")


@pytest.mark.parametrize("name", ["linux", "screen", "tmux-256color", "vt100", "nobody-knows", None])
def test_whatever_the_terminal_is_called_it_is_given_back(desk: Desk, name: str | None) -> None:
    with desk.console("--config", "c.toml", size=(80, 24), environment={"TERM": name}) as console:
        console.shows("READ-ONLY", "1 Alerts", "jaeger ✘")
        assert b"\x1b[38;2;" not in console.terminal.received
        console.terminal.type(b"q")
        assert console.end().code == 0


def test_a_terminal_that_can_only_write_lines_is_a_sentence(desk: Desk) -> None:
    with desk.console("--config", "c.toml", environment={"TERM": "dumb"}) as console:
        assert console.end().code == 2
        said = console.terminal.received.decode()
    assert said.startswith("opsconsole: TERM is dumb")
    assert said.rstrip().endswith("or use `opsconsole snapshot`")
    assert "\x1b" not in said


def test_without_utf_8_the_screen_is_drawn_with_letters(nursery: Nursery, desk: Desk) -> None:
    """Which encoding it is, is settled when Python starts, so this console is started anew."""
    del nursery
    terminal = Terminal((80, 24))
    there = os.open(terminal.path, os.O_RDWR | os.O_NOCTTY)
    plain = {"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    with subprocess.Popen(
        [sys.executable, "-m", "opsconsole", "--config", "c.toml"],
        cwd=desk.folder, env={**desk.environment, **plain}, stdin=there, stdout=there, stderr=there,
    ) as process:  # fmt: skip
        os.close(there)

        def up() -> bool:
            terminal.read()
            return all(word in terminal.text for word in ("READ-ONLY", "1 Alerts", "jaeger"))

        until(up, "the screen", seconds=PATIENCE)
        terminal.type(b"q")
        until(lambda: bool(terminal.read()) or process.poll() is not None, "the end", seconds=PATIENCE)
    assert process.returncode == 0
    assert bytes(terminal.received).isascii()
    assert b"\\u" not in terminal.received
    assert "??" not in terminal.text
    terminal.close()


def test_what_an_encoding_lacks_takes_as_many_cells() -> None:
    assert encoded("a – 中 e\u0301", "ascii") == b"a ? ?? e"
    assert encoded("é–", "latin-1") == b"\xe9?"
    assert encoded("╭ 中", "utf-8") == "╭ 中".encode()
