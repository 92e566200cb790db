"""Copies of the record, by SQLite's online backup: whole, also while consoles write."""

from __future__ import annotations

import errno
import os
from datetime import UTC, datetime
from pathlib import Path

import apsw

_PAGES = 256


def backup_name(path: Path, why: str, now: float) -> Path:
    """A name beside `path` that tells why and when (unix seconds): `incidents-form-1-20261128T140301Z.db`."""
    stem = f"{path.stem}-{why}-{datetime.fromtimestamp(now, UTC):%Y%m%dT%H%M%SZ}"
    number, name = 1, path.with_name(f"{stem}{path.suffix}")
    while name.exists():
        number += 1
        name = path.with_name(f"{stem}-{number}{path.suffix}")
    return name


def copy_to(path: Path, target: Path) -> Path:
    """Copy the record at `path` to the new private file `target`, checked and on the disk; returns `target`.

    Nothing is at `target` before it is whole, and what is there already stays. Raises `FileExistsError`, `OSError` and
    `apsw.Error`.
    """
    unfinished = target.with_name(f".{target.name}.{os.getpid()}.unfinished")
    unfinished.unlink(missing_ok=True)
    os.close(os.open(unfinished, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600))
    try:
        _copied(path, unfinished)
        _on_disk(unfinished)
        if os.path.lexists(target):
            raise FileExistsError(errno.EEXIST, f"there is a file {target.name} already", str(target))
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)
    _on_disk(target.parent)
    return target


def _copied(path: Path, target: Path) -> None:
    source = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
    try:
        source.set_busy_timeout(5000)
        copy = apsw.Connection(str(target), flags=apsw.SQLITE_OPEN_READWRITE)
        try:
            pour(source, copy)
            # One file, without a log of changes beside it.
            copy.pragma("journal_mode", "delete")
            check(copy)
        finally:
            copy.close()
    finally:
        source.close()


def pour(source: apsw.Connection, target: apsw.Connection) -> None:
    """Make `target` hold what `source` holds, all or nothing. Raises `apsw.Error`."""
    with target.backup("main", source, "main") as backup:
        while not backup.done:
            backup.step(_PAGES)


def check(connection: apsw.Connection) -> None:
    """Raises `apsw.CorruptError` with SQLite's own words when the file is not sound."""
    for (words,) in connection.execute("PRAGMA integrity_check(1)"):
        if words != "ok":
            raise apsw.CorruptError(words)


def _on_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
