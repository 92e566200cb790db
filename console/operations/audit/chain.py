"""Reads an audit log and says whether it is whole."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from opsconsole.domain.operation import AuditRecord
from opsconsole.domain.text import SafeText
from opsconsole.operations.audit.entry import FIRST, Entry, decode_line


class Verification(msgspec.Struct, frozen=True):
    """What a log's chain shows. `bad_line` is the number (from 1) of the first line that does not fit, None if all do.

    `entries` counts the lines before it; `head` is the hash of the last of them, worth keeping elsewhere.
    `torn` bytes at the end are a line that a crash left unfinished: nothing was sent on the strength of it.
    """

    entries: int
    head: str
    bad_line: int | None = None
    words: SafeText = SafeText("")
    torn: int = 0

    @property
    def fine(self) -> bool:
        """Whether every finished line fits."""
        return self.bad_line is None


def verify(path: Path) -> Verification:
    """The first line that was changed, removed, added or moved, or that there is none. Raises `OSError`."""
    *finished, torn = path.read_bytes().split(b"\n")
    head, sequence = FIRST, 0
    for number, raw in enumerate(finished, 1):
        words, entry_hash = _fault(raw, head, sequence + 1)
        if words:
            return Verification(sequence, head, number, SafeText(words), len(torn))
        head, sequence = entry_hash, sequence + 1
    return Verification(sequence, head, torn=len(torn))


def _fault(raw: bytes, head: str, sequence: int) -> tuple[str, str]:
    """What is wrong with a line after `head`, empty when nothing is; and its hash."""
    try:
        line, entry = decode_line(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return "it is no line of this log", ""
    if bytes(line) != raw or not line.holds:
        return "it was changed: its contents do not fit its hash", ""
    if entry.previous != head or entry.sequence != sequence:
        return "it does not follow the line before it: a line was removed, added or moved", ""
    return "", line.hash


def entries(path: Path) -> tuple[Entry, ...]:
    """All finished lines that can be read, oldest first; none where there is no file. Raises `OSError`."""
    try:
        *finished, _ = path.read_bytes().split(b"\n")
    except FileNotFoundError:
        return ()
    return tuple(_readable(finished))


def _readable(lines: list[bytes]) -> Iterator[Entry]:
    for raw in lines:
        try:
            yield decode_line(raw)[1]
        except (msgspec.DecodeError, UnicodeDecodeError):
            continue  # `verify` names it


def read(path: Path) -> tuple[AuditRecord, ...]:
    """The log as it is shown, oldest first. Lines that can't be read are left out: `verify` names them."""
    return tuple(entry.record for entry in entries(path))
