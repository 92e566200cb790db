"""The practice cluster as a server among the others."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from opsconsole.config.configuration import clusters_in
from opsconsole.config.settings import ClusterSettings
from opsconsole.practice.process import PracticeProcess


@contextlib.contextmanager
def run_practice(scenario: str, seed: int = 7) -> Iterator[ClusterSettings]:
    """The practice cluster in trouble by `scenario`, and the table by which the console reaches it."""
    with PracticeProcess(scenario, seed) as table:
        yield next(iter(clusters_in(table, "the practice cluster's table").values()))
