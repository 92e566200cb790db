"""Processes that write notes to an incident, two at a time, and tell what the store has taken, until they are killed.

`python incident_writer.py` reads lines `FIFO FILE NAME` and answers each with the id of a process that it forked off
for it: importing the store anew takes longer than what a writer lives. A writer tells what was taken in FIFO.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import TextIO

from incident_samples import event, note, opened
from opsconsole.incidents.store.sqlite_incidents import SqliteIncidents


async def write(path: Path, name: str, told: TextIO) -> None:
    store = SqliteIncidents(path)
    await store.append([event(opened(name), incident=name, id=f"{name}-open")])
    number = 0
    while True:
        number += 1
        pair = [event(note("x"), number, incident=name, id=f"{name}-{number}-{half}") for half in (1, 2)]
        await store.append(pair)
        told.write(f"{name}-{number}\n")
        told.flush()


if __name__ == "__main__":
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        fifo, file, name = line.rstrip("\n").split(" ")
        child = os.fork()
        if child == 0:
            with Path(fifo).open("w") as told:
                asyncio.run(write(Path(file), name, told))
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()
