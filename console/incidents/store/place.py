"""Where the record is kept: a private file on a disk of this machine."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from pathlib import Path

from opsconsole.file_writing import private_folder

FILE_NAME = "incidents.db"
BESIDE = ("-wal", "-shm")
"""What SQLite keeps beside the file, by the end of the name."""

MOUNTS = Path("/proc/self/mountinfo")

_NETWORK = frozenset(
    {
        "9p", "acfs", "afs", "beegfs", "ceph", "cifs", "coda", "davfs", "fuse.ceph", "fuse.davfs2", "fuse.gcsfuse",
        "fuse.glusterfs", "fuse.rclone", "fuse.s3fs", "fuse.sshfs", "gfs2", "glusterfs", "gpfs", "lustre", "ncpfs",
        "nfs", "nfs4", "ocfs2", "orangefs", "smb2", "smb3", "smbfs",
    }
)  # fmt: skip


def usual_path() -> Path:
    """The user's own record."""
    import platformdirs  # noqa: PLC0415

    return platformdirs.user_state_path("opsconsole") / FILE_NAME


def practice_path(path: Path) -> Path:
    """Where the demo keeps its incidents: beside the record at `path`, with everything that belongs to it."""
    return path.parent / "practice" / path.name


def prepare(path: Path, *, mounts: Path = MOUNTS) -> Path:
    """Make the file (0600) and its folder (0700) if they aren't there; the path without links in its folder.

    Raises `StoreError` for a place where a record would not be safe, and `OSError`.
    """
    from opsconsole.incidents.store.failure import network_folder, others_may_write  # noqa: PLC0415 - brings SQLite

    private_folder(path.parent)
    folder = path.parent.resolve()
    path = folder / path.name
    kind = file_system(folder, mounts)
    if kind in _NETWORK:
        raise network_folder(path, kind)
    found = folder.stat()
    if found.st_mode & 0o022 and not found.st_mode & stat.S_ISVTX:
        raise others_may_write(folder)
    # Never opened when it is there: closing it would give up the locks of every connection of this process
    # (SQLite, "How To Corrupt An SQLite Database File", 2.2).
    if not os.path.lexists(path):
        with contextlib.suppress(FileExistsError):
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600))
    for each in (path, *(path.with_name(path.name + end) for end in BESIDE)):
        _make_private(each)
    return path


def _make_private(path: Path) -> None:
    """SQLite gives what it makes the file's own mode; a copy that somebody put here may have another."""
    try:
        found = path.lstat()
    except FileNotFoundError:
        return
    if not stat.S_ISREG(found.st_mode):
        raise OSError(errno.ELOOP, f"{path.name} is a link, or no file")
    if found.st_mode & 0o077:
        path.chmod(0o600)


def file_system(folder: Path, mounts: Path = MOUNTS) -> str:
    """The type of the file system that holds `folder`, as proc_pid_mountinfo(5) tells; empty where nothing tells."""
    try:
        lines = mounts.read_text(errors="replace").splitlines()
    except OSError:
        return ""
    best, kind = -1, ""
    for line in lines:
        fields, _, after = line.partition(" - ")
        parts = fields.split()
        if len(parts) < 5 or not after:
            continue
        point = Path(parts[4].replace("\\040", " ").replace("\\011", "\t").replace("\\134", "\\"))
        # Of two that are mounted at one place the later covers the earlier.
        if folder.is_relative_to(point) and len(point.parts) >= best:
            best, kind = len(point.parts), after.split()[0]
    return kind
