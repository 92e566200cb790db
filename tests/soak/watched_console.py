"""The console as it is, in a process that tells about itself: `python -m soak.watched_console FILE …`.

What follows FILE are the words of `opsconsole`'s own command line. Each SIGUSR1 adds a line of JSON to FILE.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import signal
import sys
import threading
from collections import Counter
from pathlib import Path
from types import FrameType

from opsconsole.cli import main


def tell(file: Path) -> None:
    """Add what this process holds at the moment; on the thread that draws."""
    try:
        tasks = asyncio.all_tasks()
    except RuntimeError:
        return
    gc.collect()
    names = Counter(getattr(task.get_coro(), "__qualname__", "?") for task in tasks)
    told = {
        "resident": int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE"),
        "tasks": sum(names.values()),
        "by name": names,
        "descriptors": len(list(Path("/proc/self/fd").iterdir())),
        "threads": threading.active_count(),
        "objects": len(gc.get_objects()),
    }
    with file.open("a") as lines:
        lines.write(json.dumps(told) + "\n")


def run(file: Path, words: list[str]) -> int | None:
    """The console's own main, listening."""

    def told(number: int, frame: FrameType | None) -> None:
        del number, frame
        tell(file)

    signal.signal(signal.SIGUSR1, told)
    sys.argv = ["opsconsole", *words]
    return main(words)


if __name__ == "__main__":
    sys.exit(run(Path(sys.argv[1]), sys.argv[2:]))
