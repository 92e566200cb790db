"""Waiting for something to become true on a real server, with an end to the patience."""

from __future__ import annotations

import time
from collections.abc import Callable

POLL_INTERVAL = 0.05


def until(condition: Callable[[], bool], what: str, seconds: float = 30.0, interval: float = POLL_INTERVAL) -> None:
    """Return once `condition` holds, asked every `interval`; fail with `what` when it doesn't within `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds:.0f} s: {what}")
        time.sleep(interval)
