"""The audit log's file: private, append-only, locked while written, on disk before a line counts."""

from __future__ import annotations

import fcntl
import hashlib
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import msgspec

from opsconsole.domain.errors import OpsConsoleError
from opsconsole.domain.text import SafeText
from opsconsole.file_writing import append_whole, private_folder
from opsconsole.operations.audit import chain
from opsconsole.operations.audit.entry import FIRST, Entry, decode_line, line_of
from opsconsole.safe_text import safe_text

LOCK_SECONDS = 5.0
"""How long another console may hold the log before this one gives up."""

_LOCK_PAUSE = 0.02
_BLOCK = 65_536
_LONGEST_NAME = 150


class AuditError(OpsConsoleError):
    """A line could not be written for certain. `str()` says why and what to do; nothing may be sent on it."""


def log_path(folder: Path, cluster: str) -> Path:
    """Where the log of `cluster` is: one file each, whatever characters the name has."""
    name = quote(cluster, safe="")
    if len(name) > _LONGEST_NAME:
        name = f"{name[:_LONGEST_NAME]}-{hashlib.sha256(cluster.encode()).hexdigest()[:16]}"
    return folder / f"{name}.jsonl"


class AuditLog:
    """Appends to one file, which several consoles may share. All methods block: call them in a thread."""

    def __init__(self, path: Path, *, fsync: Callable[[int], None] = os.fsync) -> None:
        """Nothing is created before the first line. `fsync` puts a descriptor's bytes on the disk."""
        self.path = path
        self._fsync = fsync

    def append(self, entry: Entry) -> Entry:
        """Write `entry` as the next line and wait until it is on the disk; returns it with its place in the chain.

        Cuts off what a crash left unfinished. Raises `AuditError`, after which the line is not in the log,
        or (a disk that fails while flushing) may be.
        """
        try:
            with self._opened() as descriptor, _locked(descriptor):
                return self._appended(descriptor, entry)
        except OSError as error:
            raise AuditError(f"the audit log {self.path} can't be written ({_reason(error)}); free it first") from error

    def entries(self) -> tuple[Entry, ...]:
        """All finished lines, oldest first. Raises `AuditError`."""
        try:
            return chain.entries(self.path)
        except OSError as error:
            raise AuditError(f"the audit log {self.path} can't be read ({_reason(error)})") from error

    @contextmanager
    def hold(self, operation: str) -> Iterator[bool]:
        """Mark `operation` as in this console's hands; False when another one has it.

        The mark is a lock, which goes with the process however it ends. Raises `AuditError`.
        """
        mark = self.path.parent / "open" / f"{quote(operation, safe='')}.lock"
        try:
            private_folder(mark.parent)
            descriptor = os.open(mark, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise AuditError(f"{mark} can't be written ({_reason(error)}); free it first") from error
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
                return
            try:
                yield True
            finally:
                mark.unlink(missing_ok=True)
        finally:
            os.close(descriptor)

    @contextmanager
    def _opened(self) -> Iterator[int]:
        private_folder(self.path.parent)
        fresh = not self.path.exists()
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(self.path, flags, 0o600)
        try:
            os.fchmod(descriptor, 0o600)
            if fresh:
                folder = os.open(self.path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
                try:
                    self._fsync(folder)
                finally:
                    os.close(folder)
            yield descriptor
        finally:
            os.close(descriptor)

    def _appended(self, descriptor: int, entry: Entry) -> Entry:
        last, torn = _last_line(descriptor)
        size = os.fstat(descriptor).st_size
        if torn:
            size -= torn
            os.ftruncate(descriptor, size)
        sequence, previous = _place_after(last, self.path)
        placed = msgspec.structs.replace(entry, sequence=sequence, previous=previous, torn=torn)
        append_whole(descriptor, bytes(line_of(placed)) + b"\n", size, self._fsync)
        return placed


@contextmanager
def _locked(descriptor: int) -> Iterator[None]:
    end = time.monotonic() + LOCK_SECONDS
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            if time.monotonic() > end:
                raise
            time.sleep(_LOCK_PAUSE)
    try:
        yield
    finally:
        fcntl.flock(descriptor, fcntl.LOCK_UN)


def _last_line(descriptor: int) -> tuple[bytes, int]:
    """The last finished line without its end, and how many bytes of an unfinished one follow it."""
    position = os.fstat(descriptor).st_size
    tail = b""
    while position > 0 and tail.count(b"\n") < 2:
        start = max(0, position - _BLOCK)
        tail = os.pread(descriptor, position - start, start) + tail
        position = start
    finished, _, torn = tail.rpartition(b"\n")
    return finished.rpartition(b"\n")[2], len(torn)


def _place_after(last: bytes, path: Path) -> tuple[int, str]:
    """The next sequence number, and the hash to go on from."""
    if not last:
        return 1, FIRST
    try:
        line, entry = decode_line(last)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _changed(path) from error
    if not line.holds:
        raise _changed(path)
    return entry.sequence + 1, line.hash


def _changed(path: Path) -> AuditError:
    return AuditError(f"the last line of the audit log {path} was changed; put the file away for looking at it")


def _reason(error: OSError) -> SafeText:
    return safe_text(error.strerror or type(error).__name__, 200)
