"""Which notifications this machine has still to deliver, and which console has them in hand.

A mark is a small file, made before the wish is written into the record and removed after its last outcome; the console
that has it in hand holds a lock on it, which goes with the process however it ends. What others wrote into a shared
record has no mark here, so nobody can have this machine send anything.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
from pathlib import Path

from opsconsole.incidents.protocols import StoreError
from opsconsole.safe_text import safe_text

_NAME = re.compile(r"[0-9a-f]{16}")
_LONGEST = 200
"""Bytes of an incident's id."""


class Mark:
    """One notification in this console's hands."""

    def __init__(self, path: Path, incident: str, descriptor: int) -> None:
        """`descriptor` holds the lock."""
        self.notification = path.name
        self.incident = incident
        self._path = path
        self._descriptor: int | None = descriptor

    def release(self) -> None:
        """Let another console take it up."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def remove(self) -> None:
        """It is finished."""
        with contextlib.suppress(OSError):  # the record says that it is finished; the next start tries again
            self._path.unlink(missing_ok=True)
        self.release()


class DeliveryMarks:
    """The marks in one folder. Methods block, and raise `StoreError`."""

    def __init__(self, folder: Path) -> None:
        """Nothing is created before the first mark."""
        self._folder = folder

    def make(self, notification: str, incident: str) -> Mark:
        """A mark for a new notification, held; on the disk when it returns."""
        path = self._folder / notification
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
            descriptor = os.open(path, flags, 0o600)
            mark = Mark(path, incident, descriptor)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                os.write(descriptor, incident.encode())
                os.fsync(descriptor)
            except OSError:
                mark.remove()
                raise
        except OSError as error:
            reason = safe_text(error.strerror or error, 200)
            raise StoreError(f"{path} can't be written ({reason}), so nobody is told; free it first") from error
        return mark

    def any(self) -> bool:
        """Whether anything is left to be delivered, in whoever's hands."""
        return any(_NAME.fullmatch(path.name) for path in self._paths())

    def left(self) -> tuple[Mark, ...]:
        """Those that no console has in hand; this one has them now."""
        found = (self._taken(path) for path in self._paths() if _NAME.fullmatch(path.name))
        return tuple(mark for mark in found if mark is not None)

    def _paths(self) -> list[Path]:
        try:
            return sorted(self._folder.iterdir())
        except FileNotFoundError:
            return []
        except OSError as error:
            raise StoreError(f"{self._folder} can't be read ({safe_text(error.strerror, 200)}); free it") from error

    def _taken(self, path: Path) -> Mark | None:
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError:
            return None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            incident = os.read(descriptor, _LONGEST).decode("ascii", "replace")
        except OSError:
            os.close(descriptor)
            return None
        return Mark(path, incident, descriptor)
