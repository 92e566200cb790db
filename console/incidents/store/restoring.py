"""A backup in the place of the record, while consoles have it open or not."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

import apsw
import msgspec

from opsconsole.incidents.protocols import StoreError
from opsconsole.incidents.store.copying import backup_name, copy_to, pour
from opsconsole.incidents.store.failure import newer_record, unsound_backup
from opsconsole.incidents.store.opening import BUSY_MILLISECONDS, open_record
from opsconsole.incidents.store.place import BESIDE, prepare
from opsconsole.incidents.store.record_file import RecordFile
from opsconsole.incidents.store.schema import MIGRATIONS
from opsconsole.incidents.store.verifying import Verification, verify


class Restored(msgspec.Struct, frozen=True):
    """What was put back, and where the record of before is kept: None when there was none."""

    found: Verification
    before: Path | None


def restore(backup: Path, path: Path, now: Callable[[], float]) -> Restored:
    """Put `backup` in the place of the record at `path`, all or nothing, and keep what was there.

    Nothing is touched unless the backup is whole. Raises `StoreError`, `apsw.Error` and `OSError`.
    """
    found = verify(backup)
    if not found.fine:
        raise unsound_backup(backup, found.problem)
    if found.form > len(MIGRATIONS):
        raise StoreError(newer_record(backup, found.form, len(MIGRATIONS)))
    before = _put_away(path, now())
    path = prepare(path)
    with closing(_connected(backup)) as source, closing(_connected(path)) as target:
        # Into the file, not over it: consoles that have it open see the change, and none of them half of it.
        pour(source, target)
    file = RecordFile(open_record(path, now))
    try:
        file.fold_anew()
    finally:
        file.close()
    return Restored(found, before)


def _put_away(path: Path, now: float) -> Path | None:
    """Where a copy of the record was put. One that is too damaged to be copied is moved there itself."""
    if not path.exists() or path.stat().st_size == 0:
        return None
    try:
        return copy_to(path, backup_name(path, "before-restore", now))
    except (apsw.CorruptError, apsw.NotADBError, apsw.IOError):
        away = backup_name(path, "damaged", now)
        path.rename(away)
        for end in BESIDE:
            with suppress(FileNotFoundError):
                path.with_name(path.name + end).rename(away.with_name(away.name + end))
        return away


def _connected(path: Path) -> apsw.Connection:
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
    connection.set_busy_timeout(BUSY_MILLISECONDS)
    return connection
