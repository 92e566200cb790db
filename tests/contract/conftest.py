"""The servers that contract tests run against: the practice cluster and the real ones."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import msgspec
import pytest

from servers.alertmanager import run_alertmanager
from servers.kubernetes_stage import Stage, practice_stage, real_stage
from servers.node_exporter import run_node_exporter
from servers.practice import run_practice
from servers.prometheus import ScrapeJob, instant, run_prometheus
from servers.waiting import until

RULES = """
groups:
  - name: contract
    rules:
      - alert: AlwaysOn
        expr: vector(7)
        labels: {severity: critical}
        annotations: {summary: "it is {{ $value }}", runbook_url: "https://runbooks.example.com/always-on"}
      - alert: NotYet
        expr: up == 1
        for: 1d
        labels: {severity: warning}
"""

RATED = ("rate(node_cpu_seconds_total[4s])", 'rate(prometheus_http_requests_total{handler="/metrics"}[4s]) > 0')
"""A series of either job by which rates of all can be drawn, in the window of four scrapes that panels take.

Prometheus counts a scrape of itself when it is over: the first doesn't tell of it, and one alone makes no rate.
"""


class MetricServers(msgspec.Struct, frozen=True):
    """Base URLs of a Prometheus with at least one firing alert and of the Alertmanager it tells."""

    prometheus: str
    alertmanager: str


@pytest.fixture(scope="session")
def practice_metric_servers() -> Iterator[MetricServers]:
    """Those of a practice cluster in trouble."""
    with run_practice("goroutine-leak") as cluster:
        assert cluster.prometheus is not None
        assert cluster.alertmanager is not None
        yield MetricServers(cluster.prometheus.url, cluster.alertmanager.url)


@pytest.fixture(scope="session")
def real_metric_servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MetricServers]:
    """Prometheus and Alertmanager with a firing and a pending alert, scraping node exporter and themselves."""
    folder = tmp_path_factory.mktemp("contract")
    rules = folder / "contract.rules.yml"
    rules.write_text(RULES)
    with (
        run_node_exporter(folder / "node-exporter") as node,
        run_alertmanager(folder / "alertmanager") as alertmanager,
        run_prometheus(
            folder / "prometheus",
            jobs=[ScrapeJob("node", node.address)],
            rules=[rules],
            alertmanager=alertmanager.address,
            # An alert that fires before Alertmanager has been discovered is sent again a second later.
            flags=["--rules.alert.resend-delay=1s"],
        ) as prometheus,
        httpx.Client(trust_env=False) as client,
    ):
        routed = f"{alertmanager.url}/api/v2/alerts"
        until(lambda: bool(client.get(routed).json()), "the firing alert at Alertmanager")
        raised = f"{prometheus.url}/api/v1/alerts"
        until(lambda: "pending" in client.get(raised).text, "the pending alert at Prometheus")
        for query in RATED:
            until(lambda query=query: instant(prometheus, query) is not None, query)
        yield MetricServers(prometheus.url, alertmanager.url)


@pytest.fixture(params=[pytest.param("practice"), pytest.param("real", marks=pytest.mark.real)], scope="session")
def metric_servers(request: pytest.FixtureRequest) -> MetricServers:
    """Either pair of servers."""
    servers: MetricServers = request.getfixturevalue(f"{request.param}_metric_servers")
    return servers


@pytest.fixture(
    params=[
        pytest.param("practice"),
        pytest.param("real", marks=pytest.mark.kubernetes),
    ],
    scope="module",
)
def kubernetes_api(request: pytest.FixtureRequest) -> Iterator[Stage]:
    """A small shop on a practice cluster, or on a real one; each module has its own and may change it."""
    if request.param == "practice":
        with practice_stage() as stage:
            yield stage
        return
    module = request.node.name.rpartition("/")[2].removesuffix(".py").removeprefix("test_").replace("_", "-")
    with real_stage(request.getfixturevalue("kubernetes"), module) as stage:
        yield stage
