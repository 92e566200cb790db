"""A connection to the record, set so that what was committed has survived."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import NamedTuple

import apsw

from opsconsole.domain.text import SafeText
from opsconsole.incidents.store.copying import pour
from opsconsole.incidents.store.failure import newer_record
from opsconsole.incidents.store.place import prepare
from opsconsole.incidents.store.schema import MIGRATIONS, Migration, bring_up_to_date, check_that_it_is_ours, version_of

BUSY_MILLISECONDS = 5000
"""How long another console may hold the record before this one gives up."""


FOLDING = 2
"""Counted up whenever folding gives something else than before: what was kept of it is worked out anew."""


_LOOK = 0.001


class Opening(NamedTuple):
    """An open record. `newer` says why it is not written, empty when it may be; `backup` is of an older form."""

    connection: apsw.Connection
    path: Path
    newer: SafeText = SafeText("")
    backup: Path | None = None


def open_record(
    path: Path,
    now: Callable[[], float],
    *,
    vfs: str | None = None,
    migrations: Sequence[Migration] = MIGRATIONS,
    busy_milliseconds: int = BUSY_MILLISECONDS,
) -> Opening:
    """The record at `path`, made where there is none, and brought to the present form after a backup.

    `now` (unix seconds) names the backup, `vfs` the way to the disk, None the system's.
    Raises `StoreError` for a place that is not safe, `apsw.Error` and `OSError`.
    """
    path = prepare(path)
    flags = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_NOFOLLOW
    with ExitStack() as unless_opened:
        connection = unless_opened.enter_context(closing(apsw.Connection(str(path), flags=flags, vfs=vfs)))
        connection.set_busy_handler(_patience(busy_milliseconds / 1000))
        # Names in a file that anybody may have written are not trusted to call functions.
        connection.config(apsw.SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0)
        connection.config(apsw.SQLITE_DBCONFIG_DEFENSIVE, 1)
        check_that_it_is_ours(connection)
        version = version_of(connection)
        if version > len(migrations):
            connection.pragma("query_only", 1)
            opening = Opening(connection, path, newer_record(path, version, len(migrations)))
        else:
            connection.pragma("journal_mode", "wal")
            connection.pragma("synchronous", "full")
            opening = Opening(connection, path, backup=bring_up_to_date(connection, path, now, migrations))
        unless_opened.pop_all()
    return opening


def open_copy(path: Path, *, migrations: Sequence[Migration] = MIGRATIONS) -> Opening:
    """A copy in memory of the record at `path`, of the present form; the file stays as it is.

    Raises `apsw.Error` and `OSError`.
    """
    path.stat()
    memory = apsw.Connection(":memory:")
    with closing(apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)) as source:
        source.set_busy_handler(_patience(BUSY_MILLISECONDS / 1000))
        check_that_it_is_ours(source)
        pour(source, memory)
    version = version_of(memory)
    if version > len(migrations):
        return Opening(memory, path, newer_record(path, version, len(migrations)))
    bring_up_to_date(memory, None, time.time, migrations)
    return Opening(memory, path)


def _patience(seconds: float) -> Callable[[int], bool]:
    """Waits for a record that another console holds, looking every millisecond.

    SQLite's own waiting looks ever more rarely, and starves beside a console that writes much.
    """
    end = 0.0

    def go_on(looked: int) -> bool:
        nonlocal end
        if looked == 0:
            end = time.monotonic() + seconds
        time.sleep(_LOOK)
        return time.monotonic() < end

    return go_on
