"""Loopback ports that stay ours while a server is killed and started again."""

from __future__ import annotations

import contextlib
import fcntl
import os
import random
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from servers.cache import cache_folder

# Below the range from which the kernel gives ports to outgoing connections (ip_local_port_range),
# so that no connection takes the port of a server that is down for a moment.
FIRST, LAST = 20_000, 32_000


@contextlib.contextmanager
def reserved_port() -> Iterator[int]:
    """A free port of 127.0.0.1, held against other test processes until the block ends.

    Raises OSError when the whole range is taken.
    """
    folder = cache_folder() / "ports"
    folder.mkdir(exist_ok=True)
    candidates = list(range(FIRST, LAST))
    random.Random(os.getpid()).shuffle(candidates)
    for port in candidates:
        lock = _locked(folder / str(port))
        if lock is None:
            continue
        with lock:
            if _is_free(port):
                yield port
                return
    raise OSError(f"no free port between {FIRST} and {LAST}")


def _locked(path: Path) -> IO[str] | None:
    lock = path.open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        return None
    return lock


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
