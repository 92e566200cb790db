"""Files of the operator's own: made where nothing was, or grown by whole lines."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path


def private_folder(path: Path) -> None:
    """Make the folder `path`, and those around it that are missing, for their owner alone, whatever the umask.

    `Path.mkdir` gives the mode to the last one only. Raises `OSError`, also where something else stands there.
    """
    missing = []
    for one in (path, *path.parents):
        if one.exists():
            break
        missing.append(one)
    for one in reversed(missing):
        one.mkdir(mode=0o700, exist_ok=True)  # another console may make it at the same time
    if not missing and not path.is_dir():
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))


def open_new(path: Path) -> int:
    """The descriptor of a new file at `path` that its owner alone can read and write.

    Raises `FileExistsError` where something stands there already, be it a link, and `OSError`.
    """
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)


def append_whole(descriptor: int, text: bytes, size: int, fsync: Callable[[int], None] = os.fsync) -> None:
    """Have all of `text` on the disk, behind the `size` bytes that the file holds, or none of it.

    The file is open for appending. Raises `OSError` once it is `size` bytes long again.
    """
    rest = memoryview(text)
    try:
        while rest:
            rest = rest[os.write(descriptor, rest) :]
        fsync(descriptor)
    except OSError:
        os.ftruncate(descriptor, size)
        raise
