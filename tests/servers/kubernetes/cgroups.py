"""Control groups of one node: made in every hierarchy before it starts, emptied and removed after it ends."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path

from servers.waiting import until

ROOT = Path("/sys/fs/cgroup")
INHERITED = ("cpuset.cpus", "cpuset.mems")
EMPTY_WITHIN = 10.0


def unified() -> bool:
    """Whether the machine has control groups of version 2 only."""
    return (ROOT / "cgroup.controllers").is_file()


@contextlib.contextmanager
def control_group(name: str) -> Iterator[None]:
    """A group called `name` in every hierarchy until the block ends. What a killed run left in it is killed first."""
    remove(name)
    for folder in _folders(name):
        folder.mkdir(exist_ok=True)
        _prepare(folder)
    try:
        yield
    finally:
        remove(name)


def remove(name: str) -> None:
    """Kill every process in the groups called `name`, and remove the groups."""
    until(lambda: not _kill(name), f"empty control groups {name}", EMPTY_WITHIN)
    for folder in _folders(name):
        if folder.is_dir():
            for group in (*_descendants(folder), folder):
                group.rmdir()


def processes(name: str) -> list[int]:
    """Process ids in the groups called `name`, and in those below."""
    found = []
    for folder in _folders(name):
        for group in (folder, *_descendants(folder)):
            with contextlib.suppress(OSError):  # gone in between, or of a kind that lists none
                found += [int(pid) for pid in (group / "cgroup.procs").read_text().split()]
    return found


def _folders(name: str) -> list[Path]:
    if unified():
        return [ROOT / name]
    # Beside those of version 1 there may be one of version 2, in which runc makes a group by itself.
    known = [folder for folder in ROOT.iterdir() if folder.is_dir() and not folder.is_symlink()]
    return [
        folder / name for folder in known if (folder / "cgroup.clone_children").is_file() or (folder / name).is_dir()
    ]


def _prepare(folder: Path) -> None:
    if unified():
        controllers = (folder / "cgroup.controllers").read_text().split()
        (folder / "cgroup.subtree_control").write_text(" ".join(f"+{name}" for name in controllers))
    for name in INHERITED:  # of version 1: a group without processors takes no process
        own = folder / name
        if not unified() and own.is_file() and not own.read_text().strip():
            own.write_text((folder.parent / name).read_text())


def _kill(name: str) -> bool:
    """Kill what is in the groups called `name`; whether there was anything."""
    found = processes(name)
    for pid in found:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return bool(found)


def _descendants(folder: Path) -> list[Path]:
    """Groups below `folder`, the deepest first."""
    return sorted((path for path in folder.rglob("*") if path.is_dir()), key=lambda path: -len(path.parts))
