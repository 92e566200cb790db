"""A process that writes notes to an incident, two at a time, and prints what the store has taken, until it is killed.

`python incident_writer.py FILE NAME`
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from incident_samples import event, note, opened
from opsconsole.incidents.store.sqlite_incidents import SqliteIncidents


async def write(path: Path, name: str) -> None:
    store = SqliteIncidents(path)
    await store.append([event(opened(name), incident=name, id=f"{name}-open")])
    number = 0
    while True:
        number += 1
        pair = [event(note("x"), number, incident=name, id=f"{name}-{number}-{half}") for half in (1, 2)]
        await store.append(pair)
        sys.stdout.write(f"{name}-{number}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(write(Path(sys.argv[1]), sys.argv[2]))
