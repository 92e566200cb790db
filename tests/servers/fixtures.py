"""Fixtures for tests against real servers; each server starts once a worker, when first asked for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from opsconsole.config.settings import ClusterSettings
from servers.alertmanager import run_alertmanager
from servers.go_web_app import GoWebApp, run_go_web_app
from servers.node_exporter import run_node_exporter
from servers.process import ServerProcess
from servers.prometheus import ScrapeJob, run_prometheus
from servers.real_stack import RealStack, run_real_stack


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


@pytest.fixture(scope="session")
def go_web_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GoWebApp]:
    """The small Go service, whole; shared by the tests of a worker, so heal what you break."""
    with run_go_web_app(tmp_path_factory.mktemp("go-web-app")) as server:
        yield server


@pytest.fixture
def real_stack(tmp_path: Path) -> Iterator[RealStack]:
    """A stack of a test's own, to break and to kill as it likes."""
    with run_real_stack(tmp_path) as stack:
        yield stack


@pytest.fixture
def real_cluster(real_stack: RealStack) -> ClusterSettings:
    """The cluster table by which the console reaches `real_stack`."""
    return real_stack.cluster
