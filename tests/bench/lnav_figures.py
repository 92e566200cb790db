"""lnav on the same lines in a file, measured the same way: what a log viewer made for files is like."""

from __future__ import annotations

import ctypes.util
import json
import re
import sys
import time
from pathlib import Path
from typing import Any

from bench.budgets import Figure, KeyPaint, key_figures
from bench.log_screen import PAGE_UP
from bench.measure import SIZE
from bench.painted import Painted, Rows
from bench.terminal import Terminal
from servers import debian
from servers.debian import FetchError

_LIBRARIES = {
    "archive": "libarchive13",
    "curl-gnutls": "libcurl3-gnutls",
    "ncursesw": "libncursesw6",
    "pcre2-8": "libpcre2-8-0",
    "readline": "libreadline8",
    "sqlite3": "libsqlite3-0",
}
"""What it is linked to beyond what any machine has, and the packages of those."""

_SHOWN = ("@timestamp", "level", "service", "message")
_HIDDEN = ("namespace", "pod", "trace_id", "span_id", "duration_ms")
_FORMAT: dict[str, Any] = {
    "$schema": "https://lnav.org/schemas/format-v1.schema.json",
    "shop_log": {
        "title": "shop",
        "json": True,
        "timestamp-field": "@timestamp",
        "level-field": "level",
        "body-field": "message",
        "line-format": [part for name in _SHOWN for part in ({"field": name}, " ")][:-1],
        "value": {name: {"kind": "string"} for name in ("service", "message")}
        | {name: {"kind": "string", "hidden": True} for name in _HIDDEN},
    },
}

_LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3} ")
_PATIENCE = 60.0


def lnav_figures(file: Path, words: tuple[str, ...], scrolled: int, folder: Path) -> list[Figure]:
    """Opening `file`, filtering it to each of `words`, paging back over `scrolled` lines. Empty where lnav is not."""
    try:
        command, environment = _installation(folder)
    except FetchError as error:
        sys.stderr.write(f"no lnav: {error}\n")
        return []
    last = json.loads(_last_line(file))["@timestamp"][11:23]
    with Terminal([*command, str(file)], SIZE, environment) as terminal:
        painted = Painted(terminal)
        opened = painted.until(lambda rows: last in "\n".join(rows), _PATIENCE, "the last line") - terminal.started
        painted.settle(1.0)
        filtered = [_filtered(terminal, painted, word) for word in words]
        paints = _scrolled(terminal, painted, scrolled)
        resident = terminal.resident_bytes
    return [
        Figure("lnav on the same lines: opened to the last one", "ms", [1000 * opened]),
        Figure("lnav: filter to first page", "ms", [1000 * seconds for seconds in filtered]),
        *key_figures("lnav: scrolling back 10,000 lines: key to paint", paints),
        Figure("lnav: resident memory", "MB", [resident / 1e6]),
    ]


def _installation(folder: Path) -> tuple[list[str], dict[str, str]]:
    """lnav, and an environment with its libraries and the format of our lines. Raises FetchError."""
    program = debian.fetch("lnav")
    lacking = [package for name, package in _LIBRARIES.items() if ctypes.util.find_library(name) is None]
    libraries = [str(path) for package in lacking for path in debian.unpacked(package).glob("usr/lib/*-linux-*")]
    formats = folder / "lnav-home" / "lnav" / "formats" / "installed"
    formats.mkdir(parents=True)
    (formats / "shop.json").write_text(json.dumps(_FORMAT))
    home = str(folder / "lnav-home")
    environment = {"TERM": "screen-256color", "HOME": home, "XDG_CONFIG_HOME": home}  # pyte knows no REP of xterm's
    return [str(program)], {**environment, "LD_LIBRARY_PATH": ":".join(libraries)}


def _last_line(file: Path) -> bytes:
    with file.open("rb") as content:
        content.seek(max(0, file.stat().st_size - 10_000))
        return content.read().splitlines()[-1]


def _lines(rows: Rows) -> list[str]:
    return [row for row in rows if _LINE.search(row)]


def _filtered(terminal: Terminal, painted: Painted, word: str) -> float:
    """Seconds from Enter until only lines with `word` are in view."""
    _all_again(terminal, painted)
    terminal.send(f":filter-in {word}".encode())
    painted.settle(0.5)
    typed = time.monotonic()
    terminal.send(b"\r")
    shown = painted.until(lambda rows: _only(rows, word), _PATIENCE, f"only lines with {word}")
    painted.settle(1.0)
    return shown - typed


def _all_again(terminal: Terminal, painted: Painted) -> None:
    """Without filters, at the first line."""
    for keys in (b":reset-session\r", b"g"):
        terminal.send(keys)
        painted.settle(1.0)


def _only(rows: Rows, word: str) -> bool:
    found = _lines(rows)
    return bool(found) and all(word in line for line in found)


def _scrolled(terminal: Terminal, painted: Painted, count: int) -> list[KeyPaint]:
    _all_again(terminal, painted)
    terminal.send(b"G")
    painted.settle(1.0)
    page = max(1, len(_lines(painted.rows)) - 1)
    paints: list[KeyPaint] = []
    for _ in range(count // page + 1):
        seconds = painted.answer(PAGE_UP, _lines)
        paints += [] if seconds is None else [(seconds, painted.starved)]
    return paints
