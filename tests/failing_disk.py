"""A disk that fails at the k-th thing that is written, put under SQLite as a VFS."""

from __future__ import annotations

from itertools import count

import apsw

_names = count(1)


class FailingDisk(apsw.VFS):
    """Counts what is written, synced and cut; `fail_at` is the one that fails, and all after it, until `mend`."""

    def __init__(self) -> None:
        self.name = f"failing-{next(_names)}"
        self.seen = 0
        self.fail_at: int | None = None
        self.error: type[apsw.Error] = apsw.IOError
        self.log_writes: list[int] = []
        """Where each write into the log of changes ended, in bytes."""
        super().__init__(self.name, "", maxpathname=0)

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> apsw.VFSFile:  # noqa: N802 - SQLite's
        return _FailingFile(name, flags, self)

    def arm(self, fail_at: int) -> None:
        self.seen, self.fail_at = 0, fail_at

    def mend(self) -> None:
        self.fail_at = None

    @property
    def failed(self) -> bool:
        return self.fail_at is not None and self.seen >= self.fail_at

    def count(self) -> None:
        self.seen += 1
        if self.failed:
            raise self.error("the disk failed")


class _FailingFile(apsw.VFSFile):
    def __init__(self, name: str | apsw.URIFilename | None, flags: list[int], disk: FailingDisk) -> None:
        super().__init__("", name, flags)
        self._disk = disk
        self._is_log = bool(flags[0] & apsw.SQLITE_OPEN_WAL)

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802
        self._disk.count()
        super().xWrite(data, offset)
        if self._is_log:
            self._disk.log_writes.append(offset + len(data))

    def xSync(self, flags: int) -> None:  # noqa: N802
        self._disk.count()
        super().xSync(flags)

    def xTruncate(self, newsize: int) -> None:  # noqa: N802
        self._disk.count()
        super().xTruncate(newsize)
