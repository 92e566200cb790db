"""Where an operator's words go when the record can't be written: a private file of JSON lines."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from opsconsole.domain.incident_event import IncidentEvent
from opsconsole.file_writing import append_whole
from opsconsole.incidents.event_json import encode_event

FILE_NAME = "unwritten-notes.jsonl"

_OPERATOR = "operator"


def usual_refuges() -> tuple[Path, ...]:
    """Where else: the folder for run-time files, which is in memory, so that a full disk is none to it."""
    folder = os.environ.get("XDG_RUNTIME_DIR", "")
    return (Path(folder) / "opsconsole",) if folder.startswith("/") else ()


def own_words(events: Sequence[IncidentEvent]) -> list[IncidentEvent]:
    """Those of `events` that a person wrote: what a source told, it can tell again."""
    return [event for event in events if event.origin == _OPERATOR]


def put_aside(events: Sequence[IncidentEvent], folders: Sequence[Path]) -> Path | None:
    """Add `events` to the file in the first of `folders` that takes it, whole and on the disk; None when none does."""
    text = b"".join(encode_event(event) + b"\n" for event in events)
    for folder in folders:
        path = folder / FILE_NAME
        try:
            _added(path, text)
        except OSError:
            continue
        return path
    return None


def _added(path: Path, text: bytes) -> None:
    path.parent.mkdir(mode=0o700, exist_ok=True)
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(path, flags, 0o600)
    try:
        os.fchmod(descriptor, 0o600)
        append_whole(descriptor, text, os.fstat(descriptor).st_size)
    finally:
        os.close(descriptor)
