"""Where an operator's words go when the record can't be written: a private file of JSON lines."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Sequence
from pathlib import Path

from opsconsole.domain.incident_event import IncidentEvent
from opsconsole.file_writing import append_whole
from opsconsole.incidents.event_json import encode_event
from opsconsole.incidents.store.place import usual_path

FILE_NAME = "unwritten-notes.jsonl"

_OPERATOR = "operator"


def usual_refuges() -> tuple[Path, ...]:
    """Where else: the folder for run-time files, which is in memory, so that a full disk is none to it."""
    folder = os.environ.get("XDG_RUNTIME_DIR", "")
    return (Path(folder) / "opsconsole",) if folder.startswith("/") else ()


def folders_of(path: Path, refuges: Sequence[Path] | None = None) -> tuple[Path, ...]:
    """Where words of the record at `path` may be put; `refuges` None are the usual ones."""
    return (path.parent, *(usual_refuges() if refuges is None else refuges))


def folders_with_notes(path: Path | None, refuges: Sequence[Path] | None = None) -> tuple[Path, ...]:
    """Those of them in which some were; `path` None is the user's own record."""
    folders = folders_of(path or usual_path(), refuges)
    return tuple(folder for folder in folders if os.path.lexists(folder / FILE_NAME))


def own_words(events: Sequence[IncidentEvent]) -> list[IncidentEvent]:
    """Those of `events` that a person wrote: what a source told, it can tell again."""
    return [event for event in events if event.origin == _OPERATOR]


def put_aside(events: Sequence[IncidentEvent], folders: Sequence[Path]) -> Path | None:
    """Add `events` to the file in the first of `folders` that takes it, whole and on the disk; None when none does."""
    text = b"".join(encode_event(event) + b"\n" for event in events)
    for folder in folders:
        path = folder / FILE_NAME
        try:
            add_lines(path, text)
        except OSError:
            continue
        return path
    return None


def add_lines(path: Path, text: bytes) -> None:
    """Add whole lines to the private file at `path`, made where there is none. Raises `OSError`."""
    path.parent.mkdir(mode=0o700, exist_ok=True)
    while not _added(path, text):
        pass


def _added(path: Path, text: bytes) -> bool:
    """Whether it was the file of that name; it may be taken away while somebody brings its lines back."""
    flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(path, flags, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        if not is_still(descriptor, path):
            return False
        os.fchmod(descriptor, 0o600)
        size = os.fstat(descriptor).st_size
        torn = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
        # Behind half a line that a killed process left the first of these would be lost with it.
        append_whole(descriptor, b"\n" + text if torn else text, size)
    finally:
        os.close(descriptor)
    return True


def is_still(descriptor: int, path: Path) -> bool:
    """Whether the open file is the one at `path`. Raises `OSError`."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.lstat())
    except FileNotFoundError:
        return False
