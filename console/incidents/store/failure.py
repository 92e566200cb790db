"""Why the record could not be read or written, in one sentence each: what happened, then what to do."""

from __future__ import annotations

import errno
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import apsw

from opsconsole.domain.text import SafeText
from opsconsole.incidents.protocols import StoreError
from opsconsole.safe_text import safe_text

_SENTENCES: tuple[tuple[type[Exception] | tuple[type[Exception], ...], str, str], ...] = (
    (apsw.FullError, "the disk is full, or a limit reached", "free some space, then try again"),
    (
        (apsw.BusyError, apsw.LockedError),
        "another console held it for longer than five seconds",
        "try again; if that stays so, look for a console that hangs",
    ),
    (
        (apsw.CorruptError, apsw.NotADBError, apsw.FormatError, UnicodeDecodeError),
        "the file is damaged",
        "`opsconsole incident verify` says where, `opsconsole incident restore FILE` puts a backup in its place",
    ),
    ((apsw.ReadOnlyError, apsw.PermissionsError, apsw.AuthError), "it may not be written", "check whose file it is"),
    (apsw.CantOpenError, "the file can't be opened", "check who may write to its folder, and that it is no link"),
    (apsw.IOError, "the disk failed", "look at it (`dmesg`), then try again"),
    (apsw.NoMemError, "there is not enough memory", "close something, then try again"),
)


FAILURES = (apsw.Error, OSError, UnicodeDecodeError)
"""What using the file raises: SQLite, the file system, and texts in it that are none."""


_OF_NUMBER: Mapping[int, tuple[str, str]] = {
    errno.ENOENT: ("there is no such file", "check its name"),
    errno.EEXIST: ("there is a file already", "choose another name"),
    errno.ELOOP: ("it is a link", "give the file itself"),
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT), ("the disk is full", "free some space, then try again")),
    **dict.fromkeys((errno.EACCES, errno.EPERM, errno.EROFS), ("it may not be written", "check whose file it is")),
}


def what_happened(
    error: Exception, path: Path, *, doing: str, kept: Path | None = None, lost: bool = False
) -> StoreError:
    """`error` in words, for the file `path` and what was tried (`read`, `written`).

    `kept` is where the text that could not be written was put; `lost` when it could be put nowhere.
    """
    what, advice = _in_words(error)
    rest = f"; nothing was written, the text is kept in {kept}" if kept else ""
    if lost:
        rest = "; nothing was written, and the text could not be put elsewhere: note it down yourself"
    return StoreError(safe_text(f"the incident record {path} can't be {doing}: {what}; {advice}{rest}", 2000))


def newer_record(path: Path, version: int, known: int) -> SafeText:
    """Why nothing is written to a record that a newer console made."""
    return SafeText(
        f"the incident record {path} was made by a newer opsconsole (form {version}, this one knows {known}):"
        " it can be read but not written; update this one"
    )


def unsound_backup(path: Path, problem: str) -> StoreError:
    """Why a backup is not put in the record's place."""
    return StoreError(safe_text(f"{path} is not put back: {problem}; nothing was changed, try an older backup", 2000))


def network_folder(path: Path, kind: str) -> StoreError:
    """Why a record is not kept on a file server: locks there don't keep two machines apart."""
    return StoreError(
        f"{path.parent} is on a file system of the network ({safe_text(kind, 40)}), where two consoles can destroy an"
        " incident record; set `store` under [incidents] to a file on a disk of this machine"
    )


def others_may_write(folder: Path) -> StoreError:
    """Why a record is not kept where others could put another file in its place."""
    return StoreError(f"others may write to {folder}, so no incident record is kept there; `chmod go-w` it first")


def _in_words(error: Exception) -> tuple[str, str]:
    if isinstance(error, OSError) and error.errno is not None and error.errno in _OF_NUMBER:
        return _OF_NUMBER[error.errno]
    found = ((what, advice) for kinds, what, advice in _SENTENCES if isinstance(error, kinds))
    own_words = str(getattr(error, "strerror", None) or error) or type(error).__name__
    return next(found, (own_words, "look at the file and its folder"))


@contextmanager
def told(path: Path, *, doing: str) -> Iterator[None]:
    """Failures inside, of SQLite or the file system, become `StoreError`."""
    try:
        yield
    except FAILURES as error:
        raise what_happened(error, path, doing=doing) from error
