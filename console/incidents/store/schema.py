"""The tables of the record, and how a record of an older form becomes one of this form.

Tables and columns may be added, never renamed or given another meaning: an older console reads what a newer one made.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import apsw

from opsconsole.incidents.store.copying import backup_name, copy_to
from opsconsole.incidents.store.transaction import writing

Migration = Sequence[str]
"""The statements that make a record of one form into one of the next."""

APPLICATION = 0x6F707363
"""SQLite's `application_id`: the file is a record of ours, not somebody else's database."""

_FIRST: Migration = (
    f"PRAGMA application_id = {APPLICATION}",
    """CREATE TABLE event (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        incident TEXT NOT NULL,
        at REAL NOT NULL,
        recorded_at REAL NOT NULL,
        body BLOB NOT NULL
    ) STRICT""",
    "CREATE INDEX event_of_incident ON event (incident, seq)",
    """CREATE TRIGGER event_is_never_changed BEFORE UPDATE ON event
        BEGIN SELECT RAISE(ABORT, 'events are only added'); END""",
    """CREATE TRIGGER event_is_never_deleted BEFORE DELETE ON event
        BEGIN SELECT RAISE(ABORT, 'events are only added'); END""",
    # A cache of what the events say together, with the form of folding that made it.
    """CREATE TABLE incident (
        id TEXT PRIMARY KEY,
        cluster TEXT NOT NULL,
        folding INTEGER NOT NULL,
        body BLOB NOT NULL
    ) STRICT, WITHOUT ROWID""",
    "CREATE INDEX incident_of_cluster ON incident (cluster)",
    # Trigrams find parts of words in every language, also in those without spaces. The row is the event's.
    "CREATE VIRTUAL TABLE words USING fts5 (text, tokenize = 'trigram')",
    """CREATE TABLE unshared (
        incident TEXT NOT NULL,
        seq INTEGER NOT NULL,
        PRIMARY KEY (incident, seq)
    ) STRICT, WITHOUT ROWID""",
    "CREATE TABLE watermark (cluster TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID",
)

MIGRATIONS: tuple[Migration, ...] = (_FIRST,)
"""The form of a record (`user_version`) is how many of these were applied to it."""


def version_of(connection: apsw.Connection) -> int:
    """The form of the record, 0 for an empty file."""
    return int(connection.pragma("user_version"))


def check_that_it_is_ours(connection: apsw.Connection) -> None:
    """Raises `apsw.NotADBError` for somebody else's database; an empty file may become ours."""
    tables = connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone()
    if tables is not None and connection.pragma("application_id") != APPLICATION:
        raise apsw.NotADBError("this is a database, but no incident record")


def bring_up_to_date(
    connection: apsw.Connection,
    path: Path | None,
    now: Callable[[], float],
    migrations: Sequence[Migration] = MIGRATIONS,
) -> Path | None:
    """Apply what is missing, in one transaction, after a backup of what was there; the backup, if there was anything.

    `path` None is a record in memory, which needs none.

    A process that is killed in between leaves the record as it was. Raises `apsw.Error` and `OSError`.
    """
    if version_of(connection) >= len(migrations):
        return None
    backup = None
    with writing(connection):
        version = version_of(connection)  # another console may have been faster
        if path is not None and 0 < version < len(migrations):
            # Nobody else can write now, and what this transaction does is not seen by the copy.
            backup = copy_to(path, backup_name(path, f"form-{version}", now()))
        for migration in migrations[version:]:
            for statement in migration:
                connection.execute(statement)
        if version < len(migrations):
            connection.execute(f"PRAGMA user_version = {len(migrations)}")
    return backup
