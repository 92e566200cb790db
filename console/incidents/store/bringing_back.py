"""Words that were put aside while the record could not be written, brought back into it.

The file of a folder is held while that happens, and taken away only once the events are committed: what a crash leaves
there is brought back by the next one, and an event that is there already is left out.
"""

from __future__ import annotations

import fcntl
import os
import stat
from collections.abc import Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from opsconsole.domain.incident_event import IncidentEvent
from opsconsole.domain.text import SafeText
from opsconsole.incidents.admission import admissible
from opsconsole.incidents.event_json import decode_event
from opsconsole.incidents.protocols import StoreError
from opsconsole.incidents.store.unwritten import FILE_NAME, add_lines, is_still
from opsconsole.safe_text import safe_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from opsconsole.incidents.store.record_file import RecordFile

BROKEN_NAME = "unwritten-notes-broken.jsonl"
"""Where lines are kept that are no events."""

LARGEST = 64 * 1024 * 1024
"""Bytes of a file that is read; nobody types more."""

_NEW = ".rest"


class BroughtBack(msgspec.Struct, frozen=True):
    """What became of the lines: how many are in the record now, and how many were there, or written again since.

    `broken` are sentences about lines that are no events and where they are kept; `foreign` counts those of incidents
    that this record does not have, which stay where they are.
    """

    brought: int = 0
    known: int = 0
    foreign: int = 0
    broken: tuple[SafeText, ...] = ()

    def __add__(self, other: BroughtBack) -> BroughtBack:
        """Both together."""
        return BroughtBack(
            self.brought + other.brought,
            self.known + other.known,
            self.foreign + other.foreign,
            (*self.broken, *other.broken),
        )

    @property
    def words(self) -> SafeText:
        """How many are in the record now."""
        count = "a note is" if self.brought == 1 else f"{self.brought} notes are"
        return SafeText(f"{count} in the record now that could not be written before")


class _Lines(msgspec.Struct, frozen=True):
    """A file as it was read: events with their lines, and what is none, by the number of the line (from 1)."""

    events: tuple[tuple[IncidentEvent, bytes], ...]
    broken: tuple[tuple[int, bytes, str], ...]


def bring_back(record: RecordFile, folders: Sequence[Path]) -> BroughtBack:
    """Bring back what lies in `folders`. Raises `apsw.Error`, `OSError`, and `StoreError`, what is left then stays."""
    total = BroughtBack()
    for folder in folders:
        path = folder / FILE_NAME
        with _held(path) as text:
            if text is not None:
                total += _brought_back(record, path, text)
    return total


@contextmanager
def _held(path: Path) -> Iterator[bytes | None]:
    """What the file says, held against everybody who adds to it; None where there is none."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        yield None
        return
    except OSError as error:
        # Not as a fault of the record: that one may be well.
        raise StoreError(_not_brought(path, safe_text(error.strerror, 200))) from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StoreError(_not_brought(path, "another console has it in hand")) from error
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode) or found.st_uid != os.getuid():
            raise StoreError(_not_brought(path, "it is no file of yours"))
        if found.st_size > LARGEST:
            raise StoreError(_not_brought(path, "it is larger than 64 MB"))
        yield _whole(descriptor, found.st_size) if is_still(descriptor, path) else None
    finally:
        os.close(descriptor)


def _whole(descriptor: int, size: int) -> bytes:
    parts = []
    while size > 0 and (part := os.read(descriptor, size)):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def _brought_back(record: RecordFile, path: Path, text: bytes) -> BroughtBack:
    lines = _read(text)
    done = record.bring_back([event for event, _ in lines.events])
    foreign = [line for event, line in lines.events if event.incident in done.foreign]
    # Committed: from here on a crash means that the same lines are brought back again, which changes nothing.
    aside = _kept_aside(path, lines.broken)
    if foreign:
        _replace(path, b"".join(line + b"\n" for line in foreign))
    else:
        path.unlink(missing_ok=True)
    brought = len(done.new)
    return BroughtBack(brought, len(lines.events) - brought - len(foreign), len(foreign), aside)


def _read(text: bytes) -> _Lines:
    events: list[tuple[IncidentEvent, bytes]] = []
    broken: list[tuple[int, bytes, str]] = []
    for number, line in enumerate(text.split(b"\n"), start=1):
        if not line.strip():
            continue
        try:
            event = decode_event(line)
            admissible(event)
        except (ValueError, StoreError) as error:
            broken.append((number, line, str(error)))
        else:
            events.append((event, line))
    return _Lines(tuple(events), tuple(broken))


def _kept_aside(path: Path, broken: Sequence[tuple[int, bytes, str]]) -> tuple[SafeText, ...]:
    """Put lines that are no events into a file of their own, each once, and name them."""
    if not broken:
        return ()
    aside = path.with_name(BROKEN_NAME)
    known: set[bytes] = set()
    with suppress(FileNotFoundError):
        known = set(aside.read_bytes().split(b"\n"))
    new = [line for _, line, _ in broken if line not in known]
    if new:
        add_lines(aside, b"".join(line + b"\n" for line in new))
    return tuple(
        safe_text(f"line {number} of {path} is kept in {aside.name}: {why}", 1000) for number, _, why in broken
    )


def _replace(path: Path, text: bytes) -> None:
    fresh = path.with_name(f"{path.name}{_NEW}")
    fresh.unlink(missing_ok=True)
    add_lines(fresh, text)
    fresh.replace(path)


def _not_brought(path: Path, why: str) -> SafeText:
    return safe_text(f"the notes in {path} are not brought back: {why}", 1000)
