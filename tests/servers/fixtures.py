"""Fixtures for tests against real servers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from servers.real_stack import RealStack, run_real_stack


@pytest.fixture
def real_stack(tmp_path: Path) -> Iterator[RealStack]:
    """Prometheus, Alertmanager, node exporter and go-web-app of a test's own, to break and to kill as it likes.

    `real_stack.cluster` is the cluster table by which the console reaches them.
    """
    with run_real_stack(tmp_path) as stack:
        yield stack
