"""`python -m opsconsole.level_watch_process`: puts one log level back when its time is over, then ends.

Started by `opsconsole.level_watch`. It looks at the audit log every few seconds and ends as soon as nothing is left to
be put back, whoever did it. A cluster that does not answer is asked again for an hour; after that the next console
or command on that cluster puts it back.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from pathlib import Path

import msgspec

from opsconsole.clock import Clock, SystemClock
from opsconsole.domain.errors import OpsConsoleError
from opsconsole.level_watch import READY, WatchOrder, decoded
from opsconsole.operating import audit_path, operations
from opsconsole.operations.audit.log import AuditLog
from opsconsole.operations.engine import Engine
from opsconsole.operations.raised_levels import is_on_its_way, raised_in
from opsconsole.safe_text import safe_text
from opsconsole.write_mode import WriteMode

LOOK_SECONDS = 2.0
"""Between two looks at the record."""

SENDING_SECONDS = 120.0
"""How long an operation may be recorded and not sent; its console has died by then."""

LONGEST_PAUSE = 60.0
PATIENCE_SECONDS = 3600.0
"""How long after its time putting back is tried."""


async def watch(order: WatchOrder, log: AuditLog, engine: Engine, clock: Clock) -> bool:
    """Return once nothing is left to be put back of the operation, or the patience has ended; which of the two."""
    pause, begun = LOOK_SECONDS, clock.now()
    while True:
        wait = pause
        # What fails, such as a full disk or a cluster that is away, may go by.
        with contextlib.suppress(OpsConsoleError):
            entries = await asyncio.to_thread(log.entries)
            until = next((one.until for one in raised_in(entries) if one.operation == order.operation), None)
            if until is None:
                if not is_on_its_way(entries, order.operation) or clock.now() > begun + SENDING_SECONDS:
                    return True
                wait = LOOK_SECONDS / 4
            elif clock.now() < until:
                wait = min(LOOK_SECONDS, until - clock.now())
            elif clock.now() > until + PATIENCE_SECONDS:
                return False
            else:
                pause = min(2 * pause, LONGEST_PAUSE)
                await engine.put_back()
        await clock.sleep(wait)


async def run(order: WatchOrder) -> int:
    """Say whether it can be done, then do it; the exit code."""
    clock = SystemClock()
    folder = Path(order.folder)
    log = AuditLog(audit_path(order.cluster.name, folder))
    with log.hold(f"{order.operation}.watch") as mine:
        if not mine:
            _say(READY)
            return 0
        engine = operations(order.cluster, clock, WriteMode(clock), folder=folder, watched=False)
        try:
            await engine.identity()
        except OpsConsoleError as error:
            _say(f"{safe_text(error, 400)}\n".encode())
            return 1
        _say(READY)
        done = await watch(order, log, engine, clock)
        await engine.finish()
    return 0 if done else 1


def _say(line: bytes) -> None:
    """The one line, after which nobody listens."""
    os.write(1, line)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    os.close(nowhere)


def main() -> int:
    """Go on in a child, so that whoever started this need not wait for it."""
    try:
        order = decoded(sys.stdin.buffer.read())
    except msgspec.DecodeError as error:
        _say(f"what it was told is no order: {safe_text(error, 200)}\n".encode())
        return 2
    if os.fork():
        # Without a word more, and without the clean-up that is the child's.
        os._exit(0)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    return asyncio.run(run(order))


if __name__ == "__main__":
    sys.exit(main())
