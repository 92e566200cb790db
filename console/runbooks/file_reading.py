"""The bytes of a runbook: only from a plain file of sensible size, and only text that can be shown."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from pathlib import Path

import msgspec

from opsconsole.domain.text import SafeText
from opsconsole.runbooks.faults import Faults, RunbookError
from opsconsole.safe_text import LINE_LIMIT, safe_text

LARGEST_FILE = 256 * 1024
"""Bytes."""


class RunbookFile(msgspec.Struct, frozen=True):
    """A file as it was read. `sha256` is of its bytes, in hex; lines of `text` end in a line feed alone."""

    path: str
    name: SafeText
    """Without its ending."""
    text: str
    sha256: str


def read_file(path: Path) -> RunbookFile:
    """The file at `path`. Raises `RunbookError`."""
    return text_file(str(path), _bytes_of(path))


def hash_of(path: Path) -> str:
    """SHA-256 of the bytes that stand there now, in hex. Raises `RunbookError`."""
    return hashlib.sha256(_bytes_of(path)).hexdigest()


def text_file(path: str, raw: bytes) -> RunbookFile:
    """The bytes `raw` of the file called `path`. Raises `RunbookError` where they are no text to be shown."""
    faults = Faults(path)
    if len(raw) > LARGEST_FILE:
        faults.add(1, f"the file is larger than {LARGEST_FILE // 1024} KiB; make several runbooks of it")
        raise RunbookError(faults.all)
    try:
        text = raw.decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        faults.add(raw[: error.start].count(b"\n") + 1, "this is no UTF-8; save the file as UTF-8")
        raise RunbookError(faults.all) from None
    _look_for_hidden(text, faults)
    if faults.grave:
        raise RunbookError(faults.all)
    return RunbookFile(path, safe_text(Path(path).stem, 100), text, hashlib.sha256(raw).hexdigest())


def _bytes_of(path: Path) -> bytes:
    """A link, a pipe or a device is refused without being opened; one that takes the file's place meanwhile, unread."""
    faults = Faults(str(path))
    try:
        _refuse_all_but_files(os.lstat(path).st_mode)
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
        try:
            _refuse_all_but_files(os.fstat(handle).st_mode)
            return _read(handle)
        finally:
            os.close(handle)
    except OSError as error:
        link = error.errno == errno.ELOOP
        words = "a symbolic link; name the file itself" if link else f"it can't be read: {error.strerror}"
    except _NoFileError as error:
        words = str(error)
    faults.add(1, words)
    raise RunbookError(faults.all)


class _NoFileError(Exception):
    """`str()` says what it is instead."""


def _refuse_all_but_files(mode: int) -> None:
    if stat.S_ISLNK(mode):
        raise _NoFileError("a symbolic link; name the file itself")
    if not stat.S_ISREG(mode):
        raise _NoFileError("no regular file; a runbook is a Markdown file")


def _read(handle: int) -> bytes:
    """At most one byte more than a runbook may have."""
    found = b""
    while len(found) <= LARGEST_FILE and (piece := os.read(handle, LARGEST_FILE + 1 - len(found))):
        found += piece
    return found


def _look_for_hidden(text: str, faults: Faults) -> None:
    for number, line in enumerate(text.split("\n"), start=1):
        if len(line) > LINE_LIMIT:
            faults.add(number, f"the line is longer than {LINE_LIMIT} characters; break it")
        elif (shown := safe_text(line)) != line.replace("\t", "    "):
            at = next((at for at, (one, two) in enumerate(zip(line, shown, strict=False)) if one != two), 0)
            code = f"U+{ord(line[at]):04X}" if line else ""
            faults.add(number, f"{code} in column {at + 1} can't be seen or misleads; take it out")
