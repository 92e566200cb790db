"""Leaving when the terminal or the session goes away.

A hang-up kills a program at once by default, in the middle of whatever it does. Handled, it ends in
order; but Textual's shutdown writes to the terminal and can wait for ever on one that is gone
(its output queue is bounded and its writer has died), so there is an end to the patience.
"""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Callable
from types import FrameType

GRACE = 5.0
"""Seconds an orderly end may take before the process is ended as it stands."""


def leave_on_hang_up(leave: Callable[[], object], grace: Callable[[], float] = lambda: GRACE) -> None:
    """Call `leave` in the running event loop on SIGHUP and SIGTERM, and end the process `grace()` seconds later.

    The seconds count from the signal on, also when the loop is busy for ever and never calls `leave`.
    """
    loop = asyncio.get_running_loop()

    def count_down(number: int, frame: FrameType | None) -> None:
        del frame
        last_resort = threading.Timer(grace(), os._exit, [128 + number])
        last_resort.daemon = True
        last_resort.start()

    for number in (signal.SIGHUP, signal.SIGTERM):
        loop.add_signal_handler(number, leave)
        # The loop hears of the signal by its wakeup descriptor, whatever Python's own handler does.
        signal.signal(number, count_down)
        signal.siginterrupt(number, False)
