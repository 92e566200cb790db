"""Default panels are those that the server can really fill."""

from __future__ import annotations

import promql_parser
import pytest

from opsconsole.domain.series import Panel, Unit
from opsconsole.panels.defaults import DEFAULTS
from opsconsole.panels.discovery import Catalogue, discover
from opsconsole.panels.template import Variables, render


class Shelf:
    """An inventory of series given as `name{label="value",…}` in dictionaries."""

    def __init__(self, *series: dict[str, str], lists: bool = True) -> None:
        self._series = series
        self._lists = lists
        self.questions = 0

    async def listing(self, metrics: frozenset[str]) -> dict[str, dict[str, frozenset[str]]] | None:
        self.questions += 1
        if not self._lists:
            return None
        found: dict[str, dict[str, frozenset[str]]] = {}
        for each in self._series:
            if each["__name__"] in metrics:
                labels = found.setdefault(each["__name__"], {})
                labels |= {label: labels.get(label, frozenset()) | {value} for label, value in each.items()}
        return found

    async def metric_names(self) -> frozenset[str]:
        return frozenset(each["__name__"] for each in self._series)

    async def label_names(self, metric: str) -> frozenset[str]:
        self.questions += 1
        return frozenset(label for each in self._series if each["__name__"] == metric for label in each)

    async def label_values(self, label: str, metric: str) -> frozenset[str]:
        self.questions += 1
        return frozenset(each[label] for each in self._series if each["__name__"] == metric and label in each)


def series(name: str, **labels: str) -> dict[str, str]:
    return {"__name__": name, "job": "x", "instance": "h:1", **labels}


def by_id(catalogue: Catalogue, service: str | None = None) -> dict[str, Panel]:
    return {panel.id: panel for panel in catalogue.panels(service)}


_EVERY_GO_PROGRAM = ("go_goroutines", "process_cpu_seconds_total", "process_resident_memory_bytes")
GO_SERVICE = [
    series("http_requests_total", job="go-web-app", method="GET", endpoint="/", status="200"),
    series("http_request_duration_seconds_bucket", job="go-web-app", le="1"),
    series("app_goroutines", job="go-web-app"),
    *(series(name, job=job) for job in ("go-web-app", "prometheus") for name in _EVERY_GO_PROGRAM),
    *(series("go_gc_duration_seconds", job=job, quantile="1") for job in ("go-web-app", "prometheus")),
    series("node_cpu_seconds_total", job="node", mode="idle", cpu="0"),
]


async def test_a_plain_go_service_beside_node_exporter_is_found_by_its_job() -> None:
    catalogue = await discover(Shelf(*GO_SERVICE))
    assert catalogue.services == ("go-web-app", "prometheus")
    panels = by_id(catalogue, "go-web-app")
    assert list(panels) == ["requests", "errors", "latency", "goroutines", "gc", "cpu", "memory", "node-cpu"]
    assert panels["requests"].query == 'sum by (job) (rate(http_requests_total{job="$service"}[$__rate_interval]))'
    assert 'status=~"5..",job="$service"' in panels["errors"].query
    assert "app_goroutines" in panels["goroutines"].query
    assert [threshold.value for threshold in panels["goroutines"].thresholds] == [1000]
    assert [threshold.value for threshold in panels["node-cpu"].thresholds] == [0.85]
    assert (panels["errors"].unit, panels["latency"].unit) == (Unit.RATIO, Unit.SECONDS)


async def test_a_service_without_requests_gets_only_what_it_has_and_its_own_goroutines() -> None:
    panels = by_id(await discover(Shelf(*GO_SERVICE)), "prometheus")
    assert list(panels) == ["goroutines:go_goroutines", "gc", "cpu", "memory", "node-cpu"]
    assert "go_goroutines" in panels["goroutines:go_goroutines"].query


async def test_what_was_looked_for_in_vain_is_named() -> None:
    catalogue = await discover(Shelf())
    assert catalogue.panels(None) == ()
    assert len(catalogue.missing) == len(DEFAULTS)
    assert any("cache_requests_total" in line for line in catalogue.missing)


SHOP = [
    series("http_requests_total", job="shop", service="checkout", namespace="shop", pod="checkout-1", status="500"),
    series("go_goroutines", job="shop", service="checkout", namespace="shop", pod="checkout-1"),
    series("http_requests_total", job="shop", service="orders", namespace="shop", pod="orders-1", status="200"),
]


async def test_the_service_label_is_preferred_to_the_job_and_pods_bind_where_they_are() -> None:
    catalogue = await discover(Shelf(*SHOP))
    assert catalogue.services == ("checkout", "orders")
    query = by_id(catalogue)["requests"].query
    assert query.startswith("sum by (service) (")
    assert 'service="$service",namespace="$namespace",pod="$pod"' in query
    goroutines = by_id(catalogue)["goroutines"]
    assert "max by (service, pod, instance)" in goroutines.query
    assert goroutines.legend == "{{pod}}"
    assert "goroutines" not in by_id(catalogue, "orders")


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ({"service": "checkout", "container": "app"}, 'service="$service"'),
        ({"service": "kubelet", "container": "checkout"}, 'container="$service"'),
        ({"service": "kubelet", "container": "app", "pod": "checkout-7d9f-x"}, 'pod=~"$service-.+"'),
    ],
)
async def test_container_metrics_are_bound_by_the_label_that_knows_the_service(
    labels: dict[str, str], expected: str
) -> None:
    shelf = Shelf(*SHOP, series("container_memory_working_set_bytes", **{"pod": "checkout-1", **labels}))
    catalogue = await discover(shelf)
    query = by_id(catalogue, "checkout")["memory"].query
    assert expected in query
    assert 'container!~"|POD"' in query
    assert "memory" not in by_id(catalogue, "orders")


async def test_a_batch_that_exposes_nothing_is_seen_through_its_container() -> None:
    batch = series("container_cpu_usage_seconds_total", service="report-batch", pod="report-batch-1")
    shop = series("container_cpu_usage_seconds_total", service="checkout", pod="checkout-1")
    own = series("process_cpu_seconds_total", service="checkout", pod="checkout-1")
    catalogue = await discover(Shelf(*SHOP, own, batch, shop))
    assert "report-batch" in catalogue.services
    assert list(by_id(catalogue, "report-batch")) == ["cpu:container_cpu_usage_seconds_total"]
    assert [panel for panel in by_id(catalogue, "checkout") if panel.startswith("cpu")] == ["cpu"]


async def test_java_services_bring_their_pools_and_old_generation() -> None:
    pool = {"service": "payments", "pod": "payments-1", "pool": "G1 Old Gen"}
    shelf = Shelf(
        *(series(name, **pool) for name in ("jvm_memory_pool_bytes_used", "jvm_memory_pool_bytes_max")),
        *(series(name, service="payments") for name in ("hikaricp_connections_active", "hikaricp_connections_max")),
        series("hikaricp_connections_pending", service="payments"),
        *(series(f"jvm_gc_pause_seconds_{part}", service="payments") for part in ("sum", "count")),
    )
    panels = by_id(await discover(shelf), "payments")
    assert list(panels) == ["gc", "old-generation", "pool", "pool-waiting"]
    assert 'pool=~".*(Old|Tenured) Gen"' in panels["old-generation"].query
    assert [threshold.value for threshold in panels["old-generation"].thresholds] == [0.95]
    assert panels["pool"].legend == "{{service}} {{of}}"


async def test_a_metric_without_any_status_label_has_no_error_ratio() -> None:
    panels = by_id(await discover(Shelf(series("http_requests_total"))))
    assert list(panels) == ["requests"]


async def test_one_listing_is_enough() -> None:
    shelf = Shelf(*GO_SERVICE)
    await discover(shelf)
    assert shelf.questions == 1


@pytest.mark.parametrize("shop", [GO_SERVICE, SHOP])
async def test_a_server_with_too_much_to_list_is_asked_two_questions_a_metric_and_gets_the_same_panels(
    shop: list[dict[str, str]],
) -> None:
    shelf = Shelf(*shop, lists=False)
    assert await discover(shelf) == await discover(Shelf(*shop))
    assert shelf.questions <= 1 + 2 * len(await shelf.metric_names())


async def test_every_default_query_is_promql_for_every_selection() -> None:
    rich = {"service": "s", "namespace": "n", "pod": "s-1", "container": "s", "status": "1", "grpc_code": "OK", "pool": "x", "state": "used", "result": "hit"}  # fmt: skip  # noqa: E501
    selections = [Variables(), Variables("s"), Variables("s", "n", "s-1"), Variables(namespace="n")]
    for labels in (rich, {}):
        for spec in DEFAULTS:
            for candidate in spec.candidates:
                shelf = Shelf(*(series(name, **labels) for name in candidate.metrics))
                catalogue = await discover(shelf, (spec,))
                assert catalogue.panels(None) or (candidate.choice and not labels)
                for panel in catalogue.panels(None):
                    assert "<" not in panel.query.replace("<=", "")
                    for variables in selections:
                        promql_parser.parse(render(panel.query, variables))
