"""A small disk that one process and its children see, and that goes with them."""

from __future__ import annotations

import ctypes
import os
from pathlib import Path

_NEW_MOUNTS = 0x00020000  # unshare(2): CLONE_NEWNS
_NEW_USERS = 0x10000000  # CLONE_NEWUSER
_READ_ONLY, _REMOUNT = 1, 32  # mount(2): MS_RDONLY, MS_REMOUNT
_NOBODYS_NUMBER = 54_321
_PRIVATE = 0x4000 | 0x40000  # MS_REC | MS_PRIVATE


def mount_disk(place: Path, room: int, *, writable: bool = True) -> None:
    """Mount a tmpfs at `place` with `room` bytes left on it, whole pages. Raises `OSError` where nobody may.

    For this process alone, in a mount namespace of its own; without root, in a user namespace, too.
    """
    if os.geteuid() != 0:
        _become(os.getuid())
    _call("unshare", _NEW_MOUNTS)
    _call("mount", b"none", b"/", None, _PRIVATE, None)
    # A page for each folder and file beside what is written to them.
    _call("mount", b"tmpfs", bytes(place), b"tmpfs", 0, f"size={max(4096, room)},mode=700".encode())
    if room == 0:
        (place / "filler").write_bytes(bytes(4096))
    if not writable:
        _call("mount", b"tmpfs", bytes(place), b"tmpfs", _READ_ONLY | _REMOUNT, None)


def become_nobody() -> None:
    """Have a number that no user has, and the rights of before. Raises `OSError` where nobody may."""
    _become(_NOBODYS_NUMBER)


def _become(number: int) -> None:
    user, group = os.getuid(), os.getgid()
    _call("unshare", _NEW_USERS)
    for name, text in (("setgroups", "deny"), ("uid_map", f"{number} {user} 1"), ("gid_map", f"{group} {group} 1")):
        Path(f"/proc/self/{name}").write_text(text)


def can_mount() -> bool:
    """Whether this machine lets us."""
    child = os.fork()
    if child == 0:
        try:
            mount_disk(Path("/mnt"), 4096)
            become_nobody()
        except OSError:
            os._exit(1)
        os._exit(0)
    return os.waitpid(child, 0)[1] == 0


def _call(name: str, *arguments: object) -> None:
    library = ctypes.CDLL(None, use_errno=True)
    if getattr(library, name)(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
