"""Leaving on a signal: in order, or after a while as things stand."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

PROGRAM = """
import asyncio, sys
from opsconsole.hang_up import leave_on_hang_up

async def main(busy):
    left = asyncio.Event()
    leave_on_hang_up(left.set, lambda: 0.3)
    print("up", flush=True)
    while busy:
        pass
    await left.wait()

asyncio.run(main(sys.argv[1] == "busy"))
"""


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM])
@pytest.mark.parametrize(("loop", "code"), [("idle", 0), ("busy", None)])
def test_it_leaves_in_order_and_also_when_the_loop_is_busy_for_ever(
    number: signal.Signals, loop: str, code: int | None
) -> None:
    with subprocess.Popen([sys.executable, "-c", PROGRAM, loop], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "up\n"
            process.send_signal(number)
            assert process.wait(30) == (128 + number if code is None else code)
        finally:
            process.kill()
