"""The console on log lines, in a terminal: its keys, and what its screen says."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import NamedTuple

from bench.painted import Painted, Rows
from bench.terminal import Terminal

PAGE_UP, END, HOME, CLEAR = b"\x1b[5~", b"\x1b[F", b"\x1b[H", b"\x15"

_LINE = re.compile(r"(?P<sign>[^\w\s]|\s)(?P<time>\d\d:\d\d:\d\d\.\d{3}) (?P<rest>\w+ .*?)[│┃▐█\s]*$")
_BOX = re.compile(r"^│ ?/")
_CURSORS = "▌█"


def lines(rows: Rows) -> list[str]:
    """The log lines in view, from the level on."""
    return [found["rest"] for row in rows if (found := _LINE.search(row))]


def cursor(rows: Rows) -> tuple[int, str]:
    """The row of the cursor and the time of its line; (-1, "") while none is there."""
    for number, row in enumerate(rows):
        found = _LINE.search(row)
        if found and found["sign"] in _CURSORS:
            return number, f"{found['time']} {found['rest']}"
    return -1, ""


def configuration(folder: Path, elasticsearch: str, index: str) -> dict[str, str]:
    """The environment of a console that knows one index of one Elasticsearch, and nothing else."""
    path = folder / f"{index}.toml"
    path.write_text(f'[clusters.logs.elasticsearch]\nurl = "{elasticsearch}"\nindex = "{index}"\n')
    path.chmod(0o600)
    return {"OPSCONSOLE_CONFIG": str(path), "PYTHONDONTWRITEBYTECODE": ""}


def open_logs(terminal: Terminal, wanted: str) -> Painted:
    """Wait for the console, and give the whole screen to its log lines once `wanted` is there."""
    painted = Painted(terminal)
    painted.until(lambda rows: wanted in "\n".join(rows), 60, wanted)
    painted.settle(0.3)
    terminal.send(b"3")
    painted.settle(0.2)
    terminal.send(b"f")
    painted.settle(0.5)
    return painted


class Search(NamedTuple):
    """Seconds from Enter until a line that was searched for stood there, and until no other line did.

    For `starved` seconds of them the console waited for a processor.
    """

    first: float
    page: float
    starved: float


def search(terminal: Terminal, painted: Painted, words: str, patience: float = 30.0) -> Search:
    """Search for `words`, which are in the lines on the screen only if they were searched for."""
    terminal.send(b"/")
    painted.until(lambda rows: any(_BOX.search(row) for row in rows), 10, "the search box")
    painted.settle(0.2)
    terminal.send(CLEAR)
    painted.settle(0.2)
    terminal.send(words.encode())
    painted.until(lambda rows: any(_BOX.search(row) and words in row for row in rows), 10, f"{words} in the box")
    painted.settle(0.2)
    starved, typed = terminal.starved_seconds, time.monotonic()
    terminal.send(b"\r")
    first = painted.until(lambda rows: any(words in line for line in lines(rows)), patience, f"a line with {words}")
    page = first if _only(painted.rows, words) else painted.until(lambda rows: _only(rows, words), patience, words)
    starved = terminal.starved_seconds - starved
    painted.settle(0.5)
    return Search(first - typed, page - typed, starved)


def _only(rows: Rows, words: str) -> bool:
    found = lines(rows)
    return bool(found) and all(words in line for line in found)


def number_before(words: str, text: str) -> int:
    """The number written before `words` on the screen, 0 where they are not."""
    found = re.search(rf"([\d,]+)\+? {words}", text)
    return int(found[1].replace(",", "")) if found else 0
