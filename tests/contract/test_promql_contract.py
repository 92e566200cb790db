"""The practice evaluator and the real Prometheus give the same answer to the same query over the same samples."""

from __future__ import annotations

import math
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from contract import promql_samples
from opsconsole.panels.defaults import DEFAULTS
from opsconsole.panels.discovery import discover
from opsconsole.panels.template import Variables, render
from opsconsole.practice.promql.engine import Engine
from opsconsole.practice.promql.errors import PromQLError
from servers.debian import binary
from servers.prometheus import run_prometheus

pytestmark = pytest.mark.real

START = promql_samples.START
END = START + promql_samples.INTERVAL * (promql_samples.COUNT + 30)  # beyond the last sample and the lookback

QUERIES = [
    "http_requests_total",
    'http_requests_total{status=~"5..|404",pod!="orders-a"}',
    'app_goroutines{service="checkout"} offset 7m',
    "app_goroutines @ 1700001000",
    "rate(http_requests_total[1m])",
    "irate(http_requests_total[2m])",
    "increase(http_requests_total[5m])",
    "delta(app_goroutines[5m])",
    "deriv(app_goroutines[10m])",
    "predict_linear(app_goroutines[10m], 900)",
    "resets(http_requests_total[30m])",
    "changes(app_goroutines[5m])",
    *(f"{name}_over_time(app_goroutines[4m])" for name in ("avg", "min", "max", "sum", "count")),
    *(f"{name}_over_time(app_goroutines[4m])" for name in ("stddev", "last", "present")),
    "quantile_over_time(0.9, app_goroutines[6m])",
    "max_over_time(rate(http_requests_total[1m])[10m:30s])",
    "sum by (service) (rate(http_requests_total[2m]))",
    "avg without (pod, status) (http_requests_total)",
    *(f"{name} by (status) (http_requests_total)" for name in ("min", "max", "count", "stddev", "stdvar", "group")),
    "quantile(0.75, http_requests_total)",
    "topk(2, app_goroutines)",
    "bottomk by (service) (1, app_goroutines)",
    'count_values("v", http_requests_total > bool 1000)',
    "histogram_quantile(0.95, sum by (le, service) (rate(http_request_duration_seconds_bucket[2m])))",
    "histogram_quantile(0.5, http_request_duration_seconds_bucket)",
    'sum by (pod) (rate(http_requests_total{status="500"}[2m])) / sum by (pod) (rate(http_requests_total[2m]))',
    'http_requests_total{status="500"} / on (pod) group_left app_goroutines',
    'http_requests_total{status="500"} > 1000 and on (pod) app_goroutines > 120',
    'app_goroutines unless on (service) http_requests_total{service="orders"}',
    'sparse or app_goroutines{pod="checkout-a"}',
    "app_goroutines > bool 100",
    "-odd", "odd + 1", "odd * 2", "odd / 0", "odd % 2", "odd ^ 2", "2 - odd", "abs(odd)", "ceil(app_goroutines / 7)",
    "floor(odd)", "round(app_goroutines, 5)", "clamp(odd, -1, 1)", "clamp_min(app_goroutines, 120)", "sgn(odd)",
    "sqrt(app_goroutines)", "ln(odd)", "exp(odd)", "sum(odd)", "max(odd)", "min(odd)", "avg(odd)",
    "sparse", "absent(sparse)", "absent(nothing_here)", 'absent_over_time(sparse{a="b"}[5m])', "scalar(sparse) + 1",
    "vector(7)", "time()", "1 / 0", "timestamp(sparse)", "hour(sparse)", "day_of_week()",
    'label_replace(app_goroutines, "short", "$1", "pod", ".*-(.)")',
    'label_join(app_goroutines, "both", "/", "service", "pod")',
    "sort_desc(app_goroutines)",
]  # fmt: skip

BROKEN = [
    "sum(",
    "rate(http_requests_total)",
    "app_goroutines{",
    "nothing(1)",
    "app_goroutines + on (pod) http_requests_total",
]


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A client of a real Prometheus that holds the samples as a block."""
    folder = tmp_path_factory.mktemp("promql")
    text = folder / "samples.om"
    text.write_text(promql_samples.open_metrics())
    blocks: list[str | Path] = [binary("promtool"), "tsdb", "create-blocks-from", "openmetrics", text, folder / "tsdb"]
    subprocess.run(blocks, check=True, capture_output=True)
    flags = ("--storage.tsdb.retention.time=100y",)
    with (
        run_prometheus(folder, interval="1h", flags=flags) as server,
        httpx.Client(base_url=server.url, trust_env=False, timeout=30) as client,
    ):
        yield client


@pytest.fixture(scope="module")
def practice() -> Engine:
    return Engine(promql_samples.store())


def real_range(client: httpx.Client, query: str) -> dict[frozenset[tuple[str, str]], dict[float, float]]:
    form = {"query": query, "start": str(START), "end": str(END), "step": "37"}
    body: dict[str, Any] = client.post("/api/v1/query_range", data=form).raise_for_status().json()
    return {
        frozenset(series["metric"].items()): {float(time): float(value) for time, value in series["values"]}
        for series in body["data"]["result"]
    }


def practice_range(engine: Engine, query: str) -> dict[frozenset[tuple[str, str]], dict[float, float]]:
    answer = engine.range(query, START, END, 37)
    return {
        frozenset(labels.items()): dict(zip(answer.seconds[mask].tolist(), values[mask].tolist(), strict=True))
        for labels, values, mask in zip(answer.labels, answer.values, answer.present, strict=True)
    }


def assert_equal(ours: dict[Any, dict[float, float]], theirs: dict[Any, dict[float, float]]) -> None:
    assert ours.keys() == theirs.keys()
    for labels, expected in theirs.items():
        assert ours[labels].keys() == expected.keys(), dict(labels)
        got = np.array([ours[labels][time] for time in expected])
        want = np.array(list(expected.values()))
        np.testing.assert_allclose(got, want, rtol=1e-9, atol=1e-12, equal_nan=True, err_msg=str(dict(labels)))


@pytest.mark.parametrize("query", QUERIES)
def test_a_range_query_gives_the_same_series(real: httpx.Client, practice: Engine, query: str) -> None:
    assert_equal(practice_range(practice, query), real_range(real, query))


@pytest.mark.parametrize("query", BROKEN)
def test_what_one_refuses_the_other_refuses(real: httpx.Client, practice: Engine, query: str) -> None:
    form = {"query": query, "start": str(START), "end": str(END), "step": "37"}
    assert real.post("/api/v1/query_range", data=form).status_code in (400, 422)
    with pytest.raises(PromQLError):
        practice.range(query, START, END, 37)


class Held:
    """What the samples hold, for discovery."""

    async def listing(self, metrics: frozenset[str]) -> dict[str, dict[str, frozenset[str]]]:
        found: dict[str, dict[str, frozenset[str]]] = {}
        for labels, _, _ in promql_samples.samples():
            if labels["__name__"] in metrics:
                known = found.setdefault(labels["__name__"], {})
                known |= {name: known.get(name, frozenset()) | {value} for name, value in labels.items()}
        return found

    async def metric_names(self) -> frozenset[str]:
        raise NotImplementedError

    async def label_names(self, metric: str) -> frozenset[str]:
        raise NotImplementedError(metric)

    async def label_values(self, label: str, metric: str) -> frozenset[str]:
        raise NotImplementedError(label, metric)


@pytest.mark.parametrize("service", [None, "checkout"])
async def test_the_default_panels_read_the_same(real: httpx.Client, practice: Engine, service: str | None) -> None:
    panels = (await discover(Held(), DEFAULTS)).panels(service)
    assert [panel.id for panel in panels] == ["requests", "errors", "latency", "goroutines"]
    for panel in panels:
        query = render(panel.query, Variables(service))
        found = real_range(real, query)
        assert any(not math.isnan(value) for series in found.values() for value in series.values())
        assert_equal(practice_range(practice, query), found)
