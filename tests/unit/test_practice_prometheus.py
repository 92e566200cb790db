"""The practice Prometheus' HTTP answers, over a few series of our own."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from fake_clock import FakeClock
from opsconsole.practice.prometheus import RuleEngine, application
from opsconsole.practice.prometheus.rules import AlertRule, RuleGroup
from opsconsole.practice.promql.store import MemoryStore, MetricMetadata
from opsconsole.practice.shop.exemplars import SeriesExemplars, TracedSample

NOW = 1_800_000_000.0
RULES = (
    RuleGroup(
        "g",
        (
            AlertRule(
                "Busy",
                "load > 3",
                60,
                {"severity": "warning"},
                {"summary": "{{ $labels.pod }} at {{ $value | humanizePercentage }}", "runbook_url": "https://r/Busy"},
            ),
            AlertRule("Quiet", "load > 100", 0, {"severity": "critical"}, {}),
        ),
    ),
)


class Monitored:
    """Two pods, one of them busy for the last 10 minutes, and one traced request."""

    def __init__(self) -> None:
        times = [NOW - 3600 + 15 * number for number in range(241)]
        load = [5.0 if time >= NOW - 600 else 1.0 for time in times]
        self.series = MemoryStore(metadata={"load": MetricMetadata("gauge", "How busy.", "ratio")})
        self.series.add({"__name__": "load", "pod": "a", "job": "shop"}, times, load)
        self.series.add({"__name__": "load", "pod": "b", "job": "shop"}, times, [1.0] * 241)
        self.series.add({"__name__": "odd"}, [NOW], [math.nan])
        self.series.add({"__name__": "up", "job": "shop", "instance": "a:80"}, times, [1.0] * 241)

    def exemplars(self, start: float, end: float) -> list[SeriesExemplars]:
        sample = TracedSample(NOW - 5.25, 0.75, "4bf9", "00f0")
        found = [sample] if start <= sample.time <= end else []
        return [SeriesExemplars({"__name__": "took_bucket", "le": "1"}, found)]


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    shop, clock = Monitored(), FakeClock(NOW)
    rules = RuleEngine(shop.series, RULES, NOW - 3600, "http://prometheus.example")
    transport = httpx.ASGITransport(application(shop, rules, clock))
    async with httpx.AsyncClient(transport=transport, base_url="http://prometheus.example") as made:
        yield made


async def data(client: httpx.AsyncClient, path: str, **parameters: Any) -> Any:
    answer = await client.get(f"/api/v1/{path}", params=parameters)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body["status"] == "success"
    return body["data"]


async def test_an_instant_query_gives_values_as_text_at_the_asked_time(client: httpx.AsyncClient) -> None:
    assert await data(client, "query", query='load{pod="a"}', time=NOW) == {
        "resultType": "vector",
        "result": [{"metric": {"__name__": "load", "pod": "a", "job": "shop"}, "value": [NOW, "5"]}],
    }
    assert (await data(client, "query", query="odd"))["result"][0]["value"][1] == "NaN"
    assert await data(client, "query", query="1 / 0", time=1.5) == {"resultType": "scalar", "result": [1.5, "+Inf"]}
    assert await data(client, "query", query='"x"', time=2) == {"resultType": "string", "result": [2, "x"]}


async def test_a_range_query_may_be_sent_as_a_form(client: httpx.AsyncClient) -> None:
    form = {"query": 'load{pod="a"}', "start": "2027-01-15T07:49:30Z", "end": str(NOW - 570), "step": "1m"}
    answer = await client.post("/api/v1/query_range", data=form)
    values = answer.json()["data"]["result"][0]["values"]
    assert values == [[NOW - 630, "1"], [NOW - 570, "5"]]


async def test_more_series_than_the_limit_are_cut_with_a_warning(client: httpx.AsyncClient) -> None:
    answer = (await client.get("/api/v1/query", params={"query": "load", "limit": 1})).json()
    assert len(answer["data"]["result"]) == 1
    assert answer["warnings"] == ["results truncated due to limit"]


@pytest.mark.parametrize(
    ("path", "parameters", "status", "kind", "words"),
    [
        ("query", {"query": "sum("}, 400, "bad_data", 'invalid parameter "query": parse error: unclosed'),
        ("query", {"query": "up", "time": "soon"}, 400, "bad_data", 'cannot parse "soon" to a valid timestamp'),
        ("query", {"query": "up", "timeout": "x"}, 400, "bad_data", 'invalid parameter "timeout"'),
        ("query", {"query": 'abs({__name__=~"up|load"}) + on () abs({__name__=~"up|load"})'}, 422, "execution", "dupl"),
        ("query_range", {"query": "up", "start": 0, "end": 11_001, "step": 1}, 400, "bad_data", "11,000 points"),
        ("query_range", {"query": "up", "start": 0, "end": 9, "step": 0}, 400, "bad_data", "zero or negative"),
        ("query_range", {"query": "up", "start": 9, "end": 0, "step": 1}, 400, "bad_data", "before start"),
        ("query_range", {"query": "up", "end": 9, "step": 1}, 400, "bad_data", 'invalid parameter "start"'),
        ("query_range", {"query": "up[1m]", "start": 0, "end": 9, "step": 1}, 400, "bad_data", "range vector"),
        ("series", {}, 400, "bad_data", "no match[] parameter provided"),
        ("label/a-b/values", {}, 400, "bad_data", 'invalid label name: "a-b"'),
        ("rules", {"type": "x"}, 400, "bad_data", 'not supported value "x"'),
    ],
)
async def test_a_wrong_request_is_refused_in_the_servers_own_words(
    client: httpx.AsyncClient, path: str, parameters: dict[str, Any], status: int, kind: str, words: str
) -> None:
    answer = await client.get(f"/api/v1/{path}", params=parameters)
    body = answer.json()
    assert (answer.status_code, body["status"], body["errorType"]) == (status, "error", kind)
    assert words in body["error"]


async def test_exactly_11000_points_are_allowed(client: httpx.AsyncClient) -> None:
    answer = await data(client, "query_range", query="vector(1)", start=0, end=11_000, step=1)
    assert len(answer["result"][0]["values"]) == 11_001


async def test_the_catalogue_lists_series_labels_and_metadata(client: httpx.AsyncClient) -> None:
    assert await data(client, "label/pod/values") == ["a", "b"]
    assert await data(client, "labels", **{"match[]": "odd"}) == ["__name__"]
    assert await data(client, "series", **{"match[]": 'load{pod="b"}'}) == [
        {"__name__": "load", "job": "shop", "pod": "b"}
    ]
    assert await data(client, "metadata") == {"load": [{"type": "gauge", "help": "How busy.", "unit": "ratio"}]}
    assert await data(client, "metadata", metric="none") == {}


async def test_an_alert_that_should_already_fire_does_so_since_when_it_should(client: httpx.AsyncClient) -> None:
    (alert,) = (await data(client, "alerts"))["alerts"]
    assert alert == {
        "labels": {"alertname": "Busy", "severity": "warning", "pod": "a", "job": "shop"},
        "annotations": {"summary": "a at 500%", "runbook_url": "https://r/Busy"},
        "state": "firing",
        "activeAt": "2027-01-15T07:50:00Z",
        "value": "5e+00",
    }


async def test_rules_tell_their_state_and_alerts(client: httpx.AsyncClient) -> None:
    (group,) = (await data(client, "rules", type="alert"))["groups"]
    busy, quiet = group["rules"]
    assert (busy["state"], busy["query"], busy["duration"], len(busy["alerts"])) == ("firing", "load > 3", 60, 1)
    assert (quiet["state"], quiet["alerts"], quiet["health"]) == ("inactive", [], "ok")
    assert (await data(client, "rules", type="record"))["groups"] == []


async def test_alerts_are_series_too(client: httpx.AsyncClient) -> None:
    query = {"query": "ALERTS", "start": NOW - 630, "end": NOW, "step": 30}
    by_state = {
        series["metric"]["alertstate"]: [time for time, _ in series["values"]]
        for series in (await data(client, "query_range", **query))["result"]
    }
    assert by_state["pending"] == [NOW - 600, NOW - 570]
    assert (by_state["firing"][0], by_state["firing"][-1]) == (NOW - 540, NOW)


async def test_exemplars_carry_the_trace_of_the_series_that_was_asked_for(client: httpx.AsyncClient) -> None:
    query = {"query": "rate(took_bucket[1m])", "start": NOW - 60, "end": NOW}
    assert await data(client, "query_exemplars", **query) == [
        {
            "seriesLabels": {"__name__": "took_bucket", "le": "1"},
            "exemplars": [
                {"labels": {"trace_id": "4bf9", "span_id": "00f0"}, "value": "0.75", "timestamp": NOW - 5.25}
            ],
        }
    ]
    assert await data(client, "query_exemplars", **{**query, "query": "load"}) == []


async def test_the_server_tells_its_state(client: httpx.AsyncClient) -> None:
    (target,) = (await data(client, "targets", state="active"))["activeTargets"]
    assert (target["health"], target["scrapePool"]) == ("up", "shop")
    assert (await data(client, "status/buildinfo"))["version"] == "2.42.0"
    assert "rule_files" in (await data(client, "status/config"))["yaml"]
    assert (await client.get("/-/ready")).text == "Prometheus Server is Ready.\n"
    assert (await client.get("/api/v1/none")).status_code == 404
