"""What a process of this machine has begun and not finished: small files, each locked while that process lives.

A mark is on the disk before the thing is begun and removed after it is finished; the process that has it in hand holds
a lock on it, which goes with the process however it ends. What others wrote into a shared record has no mark here, so
nobody can have this machine send or end anything.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
from collections.abc import Container
from pathlib import Path

from opsconsole.file_writing import private_folder
from opsconsole.incidents.protocols import StoreError
from opsconsole.safe_text import safe_text

_NAME = re.compile(r"[0-9a-f]{16}")
_LONGEST = 200
"""Bytes of what a mark says."""


class Mark:
    """One thing in this process's hands; `words` say what it is about."""

    def __init__(self, path: Path, words: str, descriptor: int) -> None:
        """`descriptor` holds the lock."""
        self.name = path.name
        self.words = words
        self._path = path
        self._descriptor: int | None = descriptor

    def release(self) -> None:
        """Let another process take it up."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def remove(self) -> None:
        """It is finished."""
        with contextlib.suppress(OSError):  # the record says that it is finished; the next start tries again
            self._path.unlink(missing_ok=True)
        self.release()


class ProcessMarks:
    """The marks in one folder. Methods block, and raise `StoreError`."""

    def __init__(self, folder: Path, refused: str) -> None:
        """Nothing is created before the first mark; `refused` says what does not happen when one can't be made."""
        self._folder = folder
        self._refused = refused

    def make(self, name: str, words: str) -> Mark:
        """A new mark (16 hexadecimal digits, at most 200 ASCII characters), held; on the disk when it returns."""
        path = self._folder / name
        try:
            private_folder(self._folder)
            flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
            descriptor = os.open(path, flags, 0o600)
            mark = Mark(path, words, descriptor)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                os.write(descriptor, words.encode("ascii"))
                os.fsync(descriptor)
            except OSError:
                mark.remove()
                raise
        except OSError as error:
            reason = safe_text(error.strerror or error, 200)
            raise StoreError(f"{path} can't be written ({reason}), so {self._refused}; free it first") from error
        return mark

    def any(self) -> bool:
        """Whether anything is unfinished, in whoever's hands."""
        return bool(self._paths())

    def left(self) -> tuple[Mark, ...]:
        """Those that no process has in hand; this one has them now."""
        found = (_taken(path) for path in self._paths())
        return tuple(mark for mark in found if mark is not None)

    def in_hand(self, taken: Container[str] = ()) -> tuple[str, ...]:
        """What those say that a living process has in hand, but for those that were `taken` up here, by name."""
        found = (_words_of_held(path) for path in self._paths() if path.name not in taken)
        return tuple(words for words in found if words is not None)

    def _paths(self) -> list[Path]:
        try:
            return sorted(path for path in self._folder.iterdir() if _NAME.fullmatch(path.name))
        except FileNotFoundError:
            return []
        except OSError as error:
            raise StoreError(f"{self._folder} can't be read ({safe_text(error.strerror, 200)}); free it") from error


def _taken(path: Path) -> Mark | None:
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        words = os.read(descriptor, _LONGEST).decode("ascii", "replace")
    except OSError:
        os.close(descriptor)
        return None
    return Mark(path, words, descriptor)


def _words_of_held(path: Path) -> str | None:
    """What the mark says if a process holds it; None else."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return os.read(descriptor, _LONGEST).decode("ascii", "replace")
    except OSError:
        return None
    finally:
        os.close(descriptor)
    return None
