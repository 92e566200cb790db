"""One process that forks consoles, and a folder with a configuration for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from links.terminals import Desk, Nursery


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    made = Nursery()
    yield made
    made.close()


@pytest.fixture
def desk(nursery: Nursery, tmp_path: Path) -> Desk:
    """Consoles on a cluster whose one server is not there."""
    (tmp_path / "c.toml").write_text('[clusters.a]\njaeger = "http://127.0.0.1:9"\n')
    return Desk(nursery, tmp_path)
