"""Fixtures for tests against real servers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from opsconsole.config.settings import ClusterSettings, ElasticsearchSettings, SourceSettings
from servers.elasticsearch import Elasticsearch, run_elasticsearch
from servers.jaeger import Jaeger, run_jaeger
from servers.kubernetes.cluster import Cluster, run_control_plane, run_kubernetes
from servers.loading import index_named, remove_index
from servers.log_stack import LogStack, run_log_stack
from servers.practice import run_practice
from servers.practice_copy import copy_practice_shop
from servers.real_stack import RealStack, run_real_stack

NAME_LENGTH = 40

ON_STORES = (pytest.mark.real, pytest.mark.long)
"""Marks of what needs an Elasticsearch or a Jaeger."""

PATIENCE = 60.0
"""Seconds that an answer of the practice cluster may take, which is nothing but computing, on a busy machine."""

SCENARIO = "bad-release"
"""Of the shop that the contracts of logs and traces look at: requests through its service checkout fail."""


@pytest.fixture
def real_stack(tmp_path: Path) -> Iterator[RealStack]:
    """Prometheus, Alertmanager, node exporter and go-web-app of a test's own, to break and to kill as it likes.

    `real_stack.cluster` is the cluster table by which the console reaches them.
    """
    with run_real_stack(tmp_path) as stack:
        yield stack


@pytest.fixture(scope="session")
def elasticsearch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Elasticsearch]:
    """One Elasticsearch for all tests of a worker; each works in an index of its own, as `log_index` names one.

    It takes 800 MB and eighteen seconds of processor time to start. Tests that ask for it, or for something that does,
    must carry `pytest.mark.real` and `pytest.mark.long`, and leave it running. Who wants to stop it starts another with
    `run_elasticsearch`.
    """
    with run_elasticsearch(tmp_path_factory.mktemp("elasticsearch")) as server:
        yield server


@pytest.fixture(scope="session")
def jaeger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Jaeger]:
    """One Jaeger that keeps spans in memory, for all tests of a worker; they tell theirs by trace id and service."""
    with run_jaeger(tmp_path_factory.mktemp("jaeger")) as server:
        yield server


@pytest.fixture(scope="session")
def stored_jaeger(elasticsearch: Elasticsearch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Jaeger]:
    """One Jaeger that keeps spans in `elasticsearch`, for all tests of a worker."""
    folder = tmp_path_factory.mktemp("stored-jaeger")
    with run_jaeger(folder, elasticsearch=elasticsearch.url, index_prefix="traces") as server:
        yield server


@pytest.fixture
def log_index(elasticsearch: Elasticsearch, request: pytest.FixtureRequest) -> Iterator[str]:
    """The name of an index for the test alone; it and those whose names it begins are deleted afterwards."""
    name = index_named(request.node.name)
    yield name
    remove_index(elasticsearch, f"{name}*")


@pytest.fixture(params=[pytest.param("practice"), pytest.param("real", marks=ON_STORES)], scope="module")
def logging_shop(request: pytest.FixtureRequest) -> Iterator[ClusterSettings]:
    """A shop in which a service fails and logs: the practice cluster, or half an hour of it copied to real servers.

    The copy gets no further lines; its half hour ends when the module's first test begins.
    """
    yield from _shop(request)


@pytest.fixture(
    params=[
        pytest.param("practice"),
        pytest.param("real", marks=ON_STORES),
        pytest.param("stored", marks=ON_STORES),
    ],
    scope="module",
)
def tracing_shop(request: pytest.FixtureRequest) -> Iterator[ClusterSettings]:
    """As `logging_shop`; Jaeger is the practice cluster's, a real one, or one that keeps spans in Elasticsearch."""
    yield from _shop(request)


def _shop(request: pytest.FixtureRequest) -> Iterator[ClusterSettings]:
    if request.param == "practice":
        with run_practice(SCENARIO) as cluster:
            assert cluster.elasticsearch is not None
            assert cluster.jaeger is not None
            yield msgspec.structs.replace(
                cluster,
                elasticsearch=msgspec.structs.replace(cluster.elasticsearch, timeout=PATIENCE),
                jaeger=msgspec.structs.replace(cluster.jaeger, timeout=PATIENCE),
            )
        return
    elasticsearch: Elasticsearch = request.getfixturevalue("elasticsearch")
    temporary: pytest.TempPathFactory = request.getfixturevalue("tmp_path_factory")
    name = index_named(f"shop-{request.param}")
    store = elasticsearch.url if request.param == "stored" else ""
    with run_jaeger(temporary.mktemp(name), elasticsearch=store, index_prefix=f"{name}-spans") as jaeger:
        copy_practice_shop(SCENARIO, elasticsearch, jaeger, index=f"{name}-lines")
        yield ClusterSettings(
            name="real",
            namespace="shop",
            elasticsearch=ElasticsearchSettings(elasticsearch.url, timeout=10.0, index=f"{name}-lines"),
            jaeger=SourceSettings(jaeger.url, timeout=10.0),
        )
    remove_index(elasticsearch, f"{name}-*")


@pytest.fixture
def log_stack(elasticsearch: Elasticsearch, log_index: str, tmp_path: Path) -> Iterator[LogStack]:
    """Two Go services of a test's own, to break as it likes, and what tells of them: lines, spans, figures, alerts.

    `log_stack.cluster` is the cluster table by which the console reaches them.
    """
    with run_log_stack(tmp_path, elasticsearch, name=log_index) as stack:
        yield stack


@pytest.fixture(scope="session")
def kubernetes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """One whole cluster with real containers for all tests of a worker; each works in its own `namespace`.

    Tests that ask for it must carry `pytest.mark.kubernetes`, leave its servers running, and its node as they found it.
    """
    with run_kubernetes(tmp_path_factory.mktemp("kubernetes")) as cluster:
        yield cluster


@pytest.fixture
def namespace(kubernetes: Cluster, request: pytest.FixtureRequest) -> Iterator[str]:
    """A fresh namespace of `kubernetes`, named after the test; it is deleted afterwards, its pods without grace."""
    words = re.sub(r"[^a-z0-9]+", "-", request.node.name.lower()).strip("-")
    taken = {item["metadata"]["name"] for item in kubernetes.api.items("/api/v1/namespaces")}
    stem = words.removeprefix("test-")[:NAME_LENGTH].strip("-")
    name = next(name for number in range(len(taken) + 1) if (name := f"{stem}-{number}") not in taken)
    kubernetes.create_namespace(name)
    yield name
    kubernetes.remove_namespace(name)


@pytest.fixture
def api_server(tmp_path: Path) -> Iterator[Cluster]:
    """A control plane of a test's own with its controllers and no node, to kill and start again as it likes."""
    with run_control_plane(tmp_path) as cluster:
        yield cluster
