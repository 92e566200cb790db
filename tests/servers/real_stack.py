"""Prometheus, Alertmanager, node exporter and go-web-app, wired as in production with the shipped rules."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import msgspec

from opsconsole.config.settings import ClusterSettings, SourceSettings
from servers.alertmanager import run_alertmanager
from servers.go_web_app import GoWebApp, run_go_web_app
from servers.node_exporter import run_node_exporter
from servers.process import ServerProcess
from servers.prometheus import ScrapeJob, instant, run_prometheus
from servers.waiting import until

RULES = Path(__file__).resolve().parents[2] / "docs" / "rules"
LABELS = {"namespace": "shop", "service": "go-web-app", "pod": "go-web-app-0"}
"""What Kubernetes discovery would put on the service's series."""


class RealStack(msgspec.Struct, frozen=True):
    """Four running servers. Prometheus scrapes and evaluates once a second."""

    prometheus: ServerProcess
    alertmanager: ServerProcess
    node_exporter: ServerProcess
    app: GoWebApp

    @property
    def cluster(self) -> ClusterSettings:
        """The cluster table by which the console reaches them."""
        return ClusterSettings(
            name="real",
            environment="test",
            prometheus=SourceSettings(url=self.prometheus.url, timeout=5.0),
            alertmanager=SourceSettings(url=self.alertmanager.url, timeout=5.0),
        )


@contextlib.contextmanager
def run_real_stack(folder: Path) -> Iterator[RealStack]:
    """The stack with its data below `folder`, visited and scraped twice already, until the block ends."""
    with (
        run_node_exporter(folder / "node-exporter") as node_exporter,
        run_go_web_app(folder / "go-web-app") as app,
        run_alertmanager(folder / "alertmanager") as alertmanager,
        run_prometheus(
            folder / "prometheus",
            jobs=[ScrapeJob("node", node_exporter.address), ScrapeJob("go-web-app", app.address, LABELS)],
            rules=sorted(RULES.glob("*.rules.yml")),
            alertmanager=alertmanager.address,
        ) as prometheus,
    ):
        app.visit("/", times=5)
        app.visit("/login")
        until(
            lambda: instant(prometheus, "count_over_time(http_requests_total[1m]) >= 2") is not None,
            "the first samples",
        )
        yield RealStack(prometheus, alertmanager, node_exporter, app)
