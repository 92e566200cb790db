"""What all tests share."""

from __future__ import annotations

import gc
import signal
from collections.abc import Iterable

import hypothesis
import pytest

pytest_plugins = ["servers.fixtures"]

# Machines are shared: how long one example takes says nothing about the code.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")

# Whoever starts the tests in the background lets them ignore Ctrl+C, and all programs that they start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

LEFT_BY_A_HANDSHAKE = "ignore:unclosed (transport|<socket|<ssl):ResourceWarning"
"""httpcore leaves a socket to the collector when it is cancelled in the middle of a TLS handshake, as when an API
server dies. Such a warning comes up wherever the collector runs, so all tests of the tier with TLS servers allow it."""


TOGETHER = ("unit", "contract", "real")
"""Folders whose modules stay whole. Their servers start once a module, not once a worker and module or more often; and
whoever hands out the tests counts all that it has handed out each time, which takes seconds with thousands."""


@pytest.hookimpl(tryfirst=True)  # before the workers read the groups
def pytest_collection_modifyitems(items: Iterable[pytest.Item]) -> None:
    for item in items:
        if item.path.parent.name in TOGETHER and item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group(item.path.stem))
        if item.get_closest_marker("kubernetes") or item.get_closest_marker("long"):
            item.add_marker(pytest.mark.filterwarnings(LEFT_BY_A_HANDSHAKE))


def pytest_collection_finish() -> None:
    """Leave what all tests share out of every search for cyclic garbage, and search seldom.

    With Python's own thresholds a third of the processor time of a screen's test goes into walking the same modules.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)
