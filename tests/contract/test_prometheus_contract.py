"""Prometheus' HTTP API as the console relies on it, and the console's source on top."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import msgspec
import pytest

from contract.conftest import MetricServers
from opsconsole.clock import SystemClock
from opsconsole.config.settings import ClusterSettings, SourceSettings
from opsconsole.domain.alert import AlertState
from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.domain.selection import Selection
from opsconsole.domain.series import Panel
from opsconsole.domain.text import SafeText
from opsconsole.domain.time_range import MAX_POINTS, TimeRange
from opsconsole.sources.connect import connect
from opsconsole.sources.protocols import MetricSource

EVERYTHING = Selection(SafeText("contract"))


@pytest.fixture
def api(metric_servers: MetricServers) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"{metric_servers.prometheus}/api/v1", trust_env=False, timeout=10) as client:
        yield client


def data_of(answer: httpx.Response) -> Any:
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    body = answer.json()
    assert body["status"] == "success"
    return body["data"]


def refusal(answer: httpx.Response, status: int, kind: str) -> str:
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/json"
    body = answer.json()
    assert (body["status"], body["errorType"]) == ("error", kind)
    assert body["error"]
    return str(body["error"])


def recent(span: float = 60.0, step: float = 5.0) -> dict[str, str]:
    now = time.time()
    return {"start": str(now - span), "end": str(now), "step": str(step)}


def test_an_instant_vector_is_labels_and_a_pair_of_number_and_string(api: httpx.Client) -> None:
    data = data_of(api.get("/query", params={"query": "up"}))
    assert data["resultType"] == "vector"
    first = data["result"][0]
    assert first["metric"]["__name__"] == "up"
    moment, value = first["value"]
    assert isinstance(moment, int | float)
    assert value in ("0", "1")


@pytest.mark.parametrize(
    ("query", "kind", "value"),
    [("1 / 0", "scalar", "+Inf"), ("-1 / 0", "scalar", "-Inf"), ("0 / 0", "scalar", "NaN"), ('"x"', "string", "x")],
)
def test_scalars_and_odd_numbers_are_strings(api: httpx.Client, query: str, kind: str, value: str) -> None:
    data = data_of(api.get("/query", params={"query": query}))
    assert (data["resultType"], data["result"][1]) == (kind, value)


def test_a_matrix_has_one_sample_a_step_from_start_to_end(api: httpx.Client) -> None:
    form = {"query": "vector(1)", "start": "1700000000", "end": "1700000060.5", "step": "15s"}
    for answer in (api.post("/query_range", data=form), api.get("/query_range", params=form)):
        data = data_of(answer)
        assert data["resultType"] == "matrix"
        (series,) = data["result"]
        assert series["metric"] == {}
        assert [(float(moment), value) for moment, value in series["values"]] == [
            (1_700_000_000.0 + 15 * number, "1") for number in range(5)
        ]


def test_times_may_be_rfc_3339(api: httpx.Client) -> None:
    data = data_of(api.get("/query", params={"query": "time()", "time": "2023-11-14T22:13:20Z"}))
    assert data["result"][1] == "1700000000"


def test_11_000_points_are_allowed_and_one_more_is_refused(api: httpx.Client) -> None:
    form = {"query": "vector(1)", "start": "1700000000", "step": "1"}
    fits = data_of(api.post("/query_range", data={**form, "end": str(1_700_000_000 + MAX_POINTS)}))
    assert len(fits["result"][0]["values"]) == MAX_POINTS + 1
    words = refusal(
        api.post("/query_range", data={**form, "end": str(1_700_000_000 + MAX_POINTS + 1)}), 400, "bad_data"
    )
    assert "exceeded maximum resolution of 11,000 points per timeseries" in words


@pytest.mark.parametrize(
    "change",
    [
        {"step": "0"}, {"step": "-5"}, {"step": "soon"}, {"start": "never"}, {"end": "1"}, {"timeout": "long"},
        {"query": "sum("}, {"query": ""}, {"query": "rate(up)"},
    ],
)  # fmt: skip
def test_a_wrong_parameter_is_bad_data_in_words(api: httpx.Client, change: dict[str, str]) -> None:
    refusal(api.post("/query_range", data={"query": "up", **recent(), **change}), 400, "bad_data")


def test_what_can_not_be_computed_is_an_execution_error(api: httpx.Client) -> None:
    refusal(api.post("/query", data={"query": 'label_replace(up, "a b", "", "", "")'}), 422, "execution")


def test_a_query_of_100_kb_is_answered_as_a_form(api: httpx.Client) -> None:
    query = 'count(up{job=~"' + "|".join(f"{number:0>40}" for number in range(2500)) + '|.+"})'
    assert len(query) > 100_000
    assert len(data_of(api.post("/query", data={"query": query}))["result"]) == 1


def test_names_labels_and_series_can_be_listed(api: httpx.Client) -> None:
    names = data_of(api.get("/label/__name__/values"))
    assert names == sorted(names)
    assert "up" in names
    for answer in (api.post("/labels", data={"match[]": "up"}), api.get("/labels", params={"match[]": "up"})):
        labels = data_of(answer)
        assert labels == sorted(labels)
        assert {"__name__", "instance", "job"} <= set(labels)
    jobs = data_of(api.get("/label/job/values", params={"match[]": "up"}))
    series = data_of(api.get("/series", params={"match[]": "up"}))
    assert {each["job"] for each in series} == set(jobs)
    assert data_of(api.get("/label/job/values", params={"match[]": 'up{job="no such"}'})) == []
    refusal(api.get("/series"), 400, "bad_data")
    refusal(api.get("/labels", params={"match[]": "up{"}), 400, "bad_data")
    refusal(api.get("/label/a-b/values"), 400, "bad_data")


def test_metadata_tells_types_by_family(api: httpx.Client) -> None:
    everything = data_of(api.get("/metadata"))
    assert {entry["type"] for entries in everything.values() for entry in entries} >= {"counter", "gauge"}
    one = data_of(api.get("/metadata", params={"metric": "process_cpu_seconds_total"}))
    assert list(one) == ["process_cpu_seconds_total"]
    assert one["process_cpu_seconds_total"][0].keys() == {"type", "help", "unit"}
    assert one["process_cpu_seconds_total"][0]["type"] == "counter"
    assert data_of(api.get("/metadata", params={"metric": "no_such_metric"})) == {}
    assert len(data_of(api.get("/metadata", params={"limit": "2"}))) == 2


def test_rules_hold_the_alerts_that_alerts_lists(api: httpx.Client) -> None:
    groups = data_of(api.get("/rules", params={"type": "alert"}))["groups"]
    rules = [rule for group in groups for rule in group["rules"]]
    assert all(rule["type"] == "alerting" and rule["health"] == "ok" for rule in rules)
    assert {"name", "query", "duration", "labels", "annotations", "state", "alerts"} <= rules[0].keys()
    in_rules = {msgspec.json.encode(alert["labels"], order="sorted") for rule in rules for alert in rule["alerts"]}
    listed = data_of(api.get("/alerts"))["alerts"]
    assert {msgspec.json.encode(alert["labels"], order="sorted") for alert in listed} == in_rules
    for alert in listed:
        assert alert["state"] in ("firing", "pending")
        assert alert["labels"]["alertname"]
        assert alert["activeAt"].endswith("Z")
        float(alert["value"])


def test_exemplars_targets_and_build_information_are_there(api: httpx.Client) -> None:
    form = {"query": "http_request_duration_seconds_bucket", **recent()}
    for series in data_of(api.post("/query_exemplars", data=form)):
        assert series.keys() == {"seriesLabels", "exemplars"}
        assert all(each.keys() == {"labels", "value", "timestamp"} for each in series["exemplars"])
    targets = data_of(api.get("/targets", params={"state": "active"}))["activeTargets"]
    assert all(target["health"] in ("up", "down", "unknown") for target in targets)
    assert all(target["scrapeInterval"] for target in targets)
    assert data_of(api.get("/status/buildinfo"))["version"]


def test_an_unknown_address_is_not_found(api: httpx.Client) -> None:
    assert api.get("/no/such/address").status_code == 404


@pytest.fixture
async def source(metric_servers: MetricServers) -> AsyncIterator[MetricSource]:
    cluster = ClusterSettings("contract", prometheus=SourceSettings(metric_servers.prometheus))
    metrics = connect(cluster, SystemClock()).metrics
    assert metrics is not None
    yield metrics
    await metrics.close()


def last(span: float) -> TimeRange:
    now = time.time()
    return TimeRange(now - span, now)


async def test_the_source_knows_its_server(source: MetricSource) -> None:
    health = await source.health()
    assert health.version
    assert health.latency > 0
    assert health.clock_skew is not None
    assert abs(health.clock_skew) < 5  # uvicorn renews its Date once a second when it is idle, later when busy
    assert health.missing == ()


async def test_every_default_panel_draws_for_every_service(source: MetricSource) -> None:
    services = (await source.services()).value
    assert services
    for service in (None, *services):
        selection = msgspec.structs.replace(EVERYTHING, service=service)
        panels = (await source.panels((), selection)).value.panels
        assert panels
        for panel in panels:
            reading = await source.read_panel(panel, selection, last(60), 100)
            assert reading.completeness.whole
            series = reading.value.series
            assert series, panel
            assert all(len(each.times) == len(each.values) <= 102 for each in series)
            assert all(each.times == tuple(sorted(each.times)) for each in series)


async def test_a_refused_query_carries_the_servers_words(source: MetricSource) -> None:
    panel = Panel("p", SafeText("p"), "sum(rate(up))")
    with pytest.raises(SourceError) as caught:
        await source.read_panel(panel, EVERYTHING, last(300), 100)
    assert caught.value.kind is ErrorKind.BAD_QUERY
    assert "expected type" in caught.value.detail
    assert "rate" in caught.value.detail


async def test_one_moment_is_asked_for_as_values_with_their_labels(source: MetricSource) -> None:
    now = time.time()
    found = (await source.instant("vector(0.25)", now)).value
    assert [(one.labels, one.values) for one in found] == [({}, (0.25,))]
    assert [one.values for one in (await source.instant("42", now)).value] == [(42.0,)]
    assert (await source.instant('no_such_metric{service="x"}', now)).value == ()
    services = (await source.instant("count by (job) (up)", now)).value
    assert services
    assert all(one.labels and one.values[0] > 0 for one in services)


async def test_a_month_on_a_narrow_chart_stays_under_the_servers_limit(source: MetricSource) -> None:
    panel = Panel("p", SafeText("p"), "vector(1)")
    reading = await source.read_panel(panel, EVERYTHING, last(30 * 86_400), 1_000_000)
    assert len(reading.value.series[0].times) <= MAX_POINTS


async def test_hostile_selections_select_nothing_and_break_nothing(source: MetricSource) -> None:
    panel = Panel("p", SafeText("p"), 'sum(up{job="$service",instance=~"$pod.*"})')
    for value in ('"} or vector(1) #', "a\\", ".*", "😀", "\n"):
        selection = Selection(SafeText("contract"), service=SafeText(value), pod=SafeText(value))
        assert (await source.read_panel(panel, selection, last(60), 10)).value.series == ()


@pytest.fixture
def listed(api: httpx.Client) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = data_of(api.get("/alerts"))["alerts"]
    return found


async def test_the_sources_alerts_are_the_servers(source: MetricSource, listed: list[dict[str, Any]]) -> None:
    reading = await source.rule_alerts()
    assert sorted(alert.name for alert in reading.value) == sorted(alert["labels"]["alertname"] for alert in listed)
    assert any(alert.state is AlertState.FIRING for alert in reading.value)
    assert all(0 < alert.started_at <= time.time() for alert in reading.value)
    assert list(reading.value) == sorted(reading.value, key=lambda alert: alert.order)
