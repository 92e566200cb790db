"""Files of the operator's own: made where nothing was, or grown by whole lines."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path


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
