"""The practice cluster as a server among the others."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from opsconsole.clock import Clock, SystemClock
from opsconsole.config.settings import ClusterSettings
from stepped_practice import stepped_practice


@contextlib.contextmanager
def run_practice(scenario: str, seed: int = 7, clock: Clock | None = None) -> Iterator[ClusterSettings]:
    """The practice cluster in trouble by `scenario`, and the table by which the console reaches it.

    In a thread of this process, which starts in half the time of another one; its time is the machine's or `clock`'s.
    """
    with stepped_practice(scenario, clock or SystemClock(), seed) as cluster:
        yield cluster
