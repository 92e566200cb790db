"""Fixtures for tests against real servers; each server starts once a worker, when first asked for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from servers.alertmanager import run_alertmanager
from servers.node_exporter import run_node_exporter
from servers.process import ServerProcess
from servers.prometheus import ScrapeJob, run_prometheus


@pytest.fixture(scope="session")
def real_node_exporter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """Node exporter."""
    with run_node_exporter(tmp_path_factory.mktemp("node-exporter")) as server:
        yield server


@pytest.fixture(scope="session")
def real_alertmanager(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """Alertmanager with one receiver, `on-call`; shared by the tests of a worker."""
    with run_alertmanager(tmp_path_factory.mktemp("alertmanager")) as server:
        yield server


@pytest.fixture(scope="session")
def real_prometheus(
    tmp_path_factory: pytest.TempPathFactory, real_node_exporter: ServerProcess
) -> Iterator[ServerProcess]:
    """Prometheus that scrapes itself and node exporter (job `node`) every second."""
    jobs = [ScrapeJob("node", real_node_exporter.address)]
    with run_prometheus(tmp_path_factory.mktemp("prometheus"), jobs=jobs) as server:
        yield server
