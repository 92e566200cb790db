"""Two Go services whose log lines, spans and figures are kept as in production: what an incident is looked up in.

`gateway` passes logins on to `go-web-app`, which looks them up in a database. Rsyslog ships what both print into
Elasticsearch, Jaeger stores their spans there, and Prometheus tells Alertmanager when their requests fail.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import msgspec

from opsconsole.config.settings import ClusterSettings, ElasticsearchSettings, SourceSettings
from servers.alertmanager import run_alertmanager
from servers.elasticsearch import Elasticsearch
from servers.go_web_app import GoWebApp, run_go_web_app
from servers.jaeger import Jaeger, run_jaeger
from servers.loading import remove_index
from servers.process import ServerProcess
from servers.prometheus import ScrapeJob, instant, run_prometheus
from servers.real_stack import RULES
from servers.rsyslog import Rsyslog, run_rsyslog
from servers.waiting import until

FRONT, BACK = "gateway", "go-web-app"
NAMESPACE = "shop"

ERROR_RULES = """
groups:
  - name: errors
    rules:
      - alert: ErrorRateHigh
        expr: |
          sum by (namespace, service) (rate(http_requests_total{status=~"5.."}[10s]))
            / sum by (namespace, service) (rate(http_requests_total[10s])) > 0.05
        labels:
          severity: critical
        annotations:
          summary: "{{ $value | humanizePercentage }} of the requests of {{ $labels.service }} fail"
"""

VISIT_INTERVAL = 0.1
PATIENCE = 60.0


class LogStack(msgspec.Struct, frozen=True):
    """The running servers. `front` is asked for a login ten times a second and asks `back`."""

    front: GoWebApp
    back: GoWebApp
    shipper: Rsyslog
    elasticsearch: Elasticsearch
    jaeger: Jaeger
    prometheus: ServerProcess
    alertmanager: ServerProcess
    index: str
    """Where the lines are."""

    @property
    def cluster(self) -> ClusterSettings:
        """The cluster table by which the console reaches them."""
        return ClusterSettings(
            name="real",
            environment="test",
            namespace=NAMESPACE,
            prometheus=SourceSettings(url=self.prometheus.url, timeout=5.0),
            alertmanager=SourceSettings(url=self.alertmanager.url, timeout=5.0),
            elasticsearch=ElasticsearchSettings(url=self.elasticsearch.url, timeout=5.0, index=self.index),
            jaeger=SourceSettings(url=self.jaeger.url, timeout=5.0),
        )


def labels(service: str) -> dict[str, str]:
    """What Kubernetes discovery would put on the series of `service`."""
    return {"namespace": NAMESPACE, "service": service, "pod": f"{service}-0"}


@contextlib.contextmanager
def run_log_stack(folder: Path, elasticsearch: Elasticsearch, *, name: str) -> Iterator[LogStack]:
    """The stack with its state below `folder`, until the block ends; a line and a trace of it are found already.

    Lines and spans are in indices of `elasticsearch` that begin with `name`; they are deleted at the end when the
    server still runs then.
    """
    with contextlib.ExitStack() as stack:
        start = stack.enter_context
        jaeger = start(run_jaeger(folder / "jaeger", elasticsearch=elasticsearch.url, index_prefix=f"{name}-spans"))
        tracing = {"OTEL_EXPORTER_OTLP_ENDPOINT": jaeger.otlp, "OTEL_BSP_SCHEDULE_DELAY": "200"}
        back = start(run_go_web_app(folder / BACK, environment={**tracing, **_named(BACK)}))
        passing_on = {**tracing, **_named(FRONT), "UPSTREAM_URL": back.url}
        front = start(run_go_web_app(folder / FRONT, environment=passing_on))
        files = {back.log: _pod_fields(BACK), front.log: _pod_fields(FRONT)}
        shipper = start(
            run_rsyslog(folder / "rsyslog", files=files, elasticsearch=elasticsearch.url, index=f"{name}-lines")
        )
        alertmanager = start(run_alertmanager(folder / "alertmanager"))
        rules = folder / "errors.rules.yml"
        rules.write_text(ERROR_RULES)
        jobs = [ScrapeJob(FRONT, front.address, labels(FRONT)), ScrapeJob(BACK, back.address, labels(BACK))]
        prometheus = start(
            run_prometheus(
                folder / "prometheus",
                jobs=jobs,
                rules=[*sorted(RULES.glob("*.rules.yml")), rules],
                alertmanager=alertmanager.address,
            )
        )
        start(visited(front.url))
        made = LogStack(front, back, shipper, elasticsearch, jaeger, prometheus, alertmanager, f"{name}-lines")
        wait_until_filled(elasticsearch, made.index, jaeger, prometheus)
        yield made
    if elasticsearch.running:
        remove_index(elasticsearch, f"{name}-*")


def _named(service: str) -> dict[str, str]:
    """What tells the service, and on its spans the pod, as a manifest's downward API would."""
    pod = f"k8s.namespace.name={NAMESPACE},k8s.pod.name={service}-0"
    return {"SERVICE_NAME": service, "OTEL_RESOURCE_ATTRIBUTES": pod}


def _pod_fields(service: str) -> dict[str, str]:
    return {"kubernetes.namespace": NAMESPACE, "kubernetes.pod.name": f"{service}-0"}


@contextlib.contextmanager
def visited(url: str) -> Iterator[None]:
    """Log in at the go-web-app at `url` every VISIT_INTERVAL seconds until the block ends, whatever it answers."""
    ended = threading.Event()

    def visit() -> None:
        with httpx.Client(base_url=url, trust_env=False, timeout=5.0) as client:
            while not ended.wait(VISIT_INTERVAL):
                with contextlib.suppress(httpx.TransportError):  # a test may stop or freeze it
                    client.get("/login")

    visitor = threading.Thread(target=visit, name="visitor")
    visitor.start()
    try:
        yield
    finally:
        ended.set()
        visitor.join()


def wait_until_filled(elasticsearch: Elasticsearch, index: str, jaeger: Jaeger, prometheus: ServerProcess) -> None:
    """Return once there is a line in `index`, and spans and samples of both services are found."""
    with httpx.Client(trust_env=False, timeout=10.0) as client:

        def has_lines() -> bool:
            answer = client.get(f"{elasticsearch.url}/{index}/_count", params={"ignore_unavailable": "true"})
            return answer.status_code == httpx.codes.OK and bool(answer.json()["count"])  # 503 while a shard starts

        until(has_lines, "the first lines in Elasticsearch", PATIENCE)
        # Before the first span Jaeger has no index, and an error for an answer.
        services = f"{jaeger.url}/api/v3/services"
        until(lambda: {FRONT, BACK} <= set(client.get(services).json().get("services", ())), "spans of both", PATIENCE)
    until(
        lambda: instant(prometheus, "count(count_over_time(http_requests_total[1m]) >= 2) >= 2") is not None,
        "the first samples of both",
        PATIENCE,
    )
