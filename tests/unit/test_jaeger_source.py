"""The trace source against scripted servers of both APIs."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from opsconsole.clock import SystemClock
from opsconsole.config.settings import SourceSettings
from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.domain.selection import Selection
from opsconsole.domain.text import SafeText
from opsconsole.domain.time_range import TimeRange
from opsconsole.domain.trace_query import TraceSearch
from opsconsole.sources.jaeger.source import JaegerSource
from opsconsole.sources.wire import JAEGER_READS, Wire

HOUR = TimeRange(1786108263.0, 1786111863.5)
ALL = Selection(SafeText("prod"))
CHECKOUT = Selection(SafeText("prod"), service=SafeText("checkout"))
NONE_FOUND = httpx.Response(404, text='{"error":{"httpCode":404,"message":"No traces found"}}')


def trace_of(
    number: int, *, error: bool = False, service: str = "checkout", pod: str = "", lasted: float = 0.812
) -> dict[str, Any]:
    start = (1786110000 + number) * 10**9
    attributes = [{"key": "service.name", "value": {"stringValue": service}}]
    if pod:
        attributes.append({"key": "k8s.pod.name", "value": {"stringValue": pod}})
    span = {
        "traceId": f"{number:032x}",
        "spanId": f"{number:016x}",
        "name": "POST /pay",
        "kind": 2,
        "startTimeUnixNano": str(start),
        "endTimeUnixNano": str(start + round(lasted * 1e9)),
        "status": {"code": 2, "message": "refused"} if error else {},
    }
    return {"resource": {"attributes": attributes}, "scopeSpans": [{"spans": [span]}]}


class V3:
    """Jaeger's v3 API over a list of traces, newest last; `heeds` says whether it filters by attributes."""

    def __init__(
        self, traces: list[dict[str, Any]], services: tuple[str, ...] = ("checkout",), *, heeds: bool = True
    ) -> None:
        self.traces = traces
        self.services = services
        self.heeds = heeds
        self.asked: list[tuple[str, dict[str, str]]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path, params = request.url.path, dict(request.url.params)
        self.asked.append((path, params))
        if path == "/api/v3/services":
            return httpx.Response(200, text=json.dumps({"services": self.services} if self.services else {}))
        if path == "/api/v3/traces":
            found = [trace for trace in self.traces if self.service(trace) == params["query.service_name"]]
            if self.heeds and params.get("query.attributes") == '{"error":"true"}':
                found = [trace for trace in found if self.failed(trace)]
            return self.answer(found[-int(params["query.search_depth"]) :])
        if path.startswith("/api/v3/traces/"):
            wanted = path.rpartition("/")[2]
            return self.answer([t for t in self.traces if t["scopeSpans"][0]["spans"][0]["traceId"] == wanted])
        return httpx.Response(404, text="404 page not found")

    @staticmethod
    def service(trace: dict[str, Any]) -> str:
        return str(trace["resource"]["attributes"][0]["value"]["stringValue"])

    @staticmethod
    def failed(trace: dict[str, Any]) -> bool:
        return bool(trace["scopeSpans"][0]["spans"][0]["status"])

    @staticmethod
    def answer(found: list[dict[str, Any]]) -> httpx.Response:
        if not found:
            return NONE_FOUND
        return httpx.Response(200, text=json.dumps({"result": {"resourceSpans": found}}))

    @property
    def searches(self) -> list[dict[str, str]]:
        return [params for path, params in self.asked if path == "/api/v3/traces"]


def source_of(handler: Callable[[httpx.Request], httpx.Response]) -> JaegerSource:
    settings = SourceSettings("http://jaeger.test:16686", timeout=10)
    return JaegerSource(Wire("jaeger", settings, SystemClock(), JAEGER_READS, transport=httpx.MockTransport(handler)))


def numbers(reading: Any) -> list[int]:
    return [int(trace.trace_id, 16) for trace in reading.value.traces]


async def test_traces_come_errors_first_and_then_the_slowest() -> None:
    server = V3(
        [
            trace_of(1, error=True, lasted=0.1),
            trace_of(2, lasted=0.3),
            trace_of(3, error=True, lasted=0.2),
            trace_of(4, lasted=5),
        ]
    )
    reading = await source_of(server).search(TraceSearch(CHECKOUT, HOUR), 20)
    assert numbers(reading) == [3, 1, 4, 2]
    assert not reading.value.limited
    assert reading.completeness.whole


async def test_the_search_spells_its_parameters_for_old_and_new_servers() -> None:
    server = V3([trace_of(1)])
    await source_of(server).search(TraceSearch(CHECKOUT, HOUR), 20)
    assert server.searches == [
        {
            "query.service_name": "checkout",
            "query.start_time_min": "2026-08-07T13:11:03.000000Z",
            "query.start_time_max": "2026-08-07T14:11:03.500000Z",
            "query.search_depth": "20",
            "query.num_traces": "20",
        }
    ]


async def test_an_error_beyond_the_limit_is_searched_for_and_found() -> None:
    server = V3([trace_of(1, error=True), *(trace_of(number, lasted=number / 10) for number in range(2, 30))])
    reading = await source_of(server).search(TraceSearch(CHECKOUT, HOUR), 5)
    assert numbers(reading) == [1, 29, 28, 27, 26]
    assert reading.value.limited


async def test_no_traces_found_is_an_empty_list_and_no_error() -> None:
    reading = await source_of(V3([])).search(TraceSearch(CHECKOUT, HOUR), 20)
    assert reading.value.traces == ()
    assert reading.completeness.whole


async def test_without_a_service_the_known_ones_are_searched_within_a_bound() -> None:
    names = tuple(f"service-{number:02d}" for number in range(20))
    server = V3([trace_of(number, service=name) for number, name in enumerate(names)], ("jaeger", *names))
    reading = await source_of(server).search(TraceSearch(ALL, HOUR), 20)
    assert len(server.searches) == 8
    assert "jaeger" not in {params["query.service_name"] for params in server.searches}
    assert reading.completeness.notes == ("8 of 20 services searched: select one for its traces",)


async def test_one_service_that_fails_leaves_the_others_traces() -> None:
    server = V3([trace_of(1, service="a")], ("a", "b"))

    def half(request: httpx.Request) -> httpx.Response:
        if request.url.params.get("query.service_name") == "b":
            return httpx.Response(500, json={"error": {"message": "shard lost"}})
        return server(request)

    reading = await source_of(half).search(TraceSearch(ALL, HOUR), 20)
    assert numbers(reading) == [1]
    assert (reading.completeness.got, reading.completeness.wanted) == (1, 2)
    assert "shard lost" in reading.completeness.notes[0]


async def test_a_trace_is_looked_up_by_any_spelling_of_its_id() -> None:
    source = source_of(V3([trace_of(10)]))
    for spelling in ("a", "A".zfill(32), "AAAAAAAAAAAAAAAAAAAACg=="):
        assert (await source.trace(SafeText(spelling))).value.trace_id == f"{10:032x}"


async def test_a_trace_that_the_store_lacks_is_not_found() -> None:
    with pytest.raises(SourceError) as caught:
        await source_of(V3([])).trace(SafeText("4bf92f3577b34da6a3ce929d0e0e4736"))
    assert caught.value.kind is ErrorKind.NOT_FOUND
    assert "4bf92f3577b34da6a3ce929d0e0e4736" in caught.value.sentence


@pytest.mark.parametrize("text", ["../../admin", "", "x" * 200, "1/2", "%2e%2e"])
async def test_what_is_no_trace_id_is_never_sent(text: str) -> None:
    server = V3([])
    with pytest.raises(SourceError) as caught:
        await source_of(server).trace(SafeText(text))
    assert caught.value.kind is ErrorKind.BAD_QUERY
    assert server.asked == []


async def test_a_selected_trace_is_the_only_one_shown() -> None:
    server = V3([trace_of(1), trace_of(2)])
    source = source_of(server)
    assert numbers(await source.search(TraceSearch(Selection(SafeText("prod"), trace=SafeText("2")), HOUR), 20)) == [2]
    assert numbers(await source.search(TraceSearch(Selection(SafeText("prod"), trace=SafeText("7")), HOUR), 20)) == []


async def test_a_selected_pod_keeps_the_traces_that_passed_it() -> None:
    server = V3([trace_of(1, pod="checkout-a"), trace_of(2, pod="checkout-b")])
    selection = Selection(SafeText("prod"), service=SafeText("checkout"), pod=SafeText("checkout-b"))
    assert numbers(await source_of(server).search(TraceSearch(selection, HOUR), 20)) == [2]


async def test_traces_that_tell_no_pod_are_all_shown_with_a_note() -> None:
    selection = Selection(SafeText("prod"), service=SafeText("checkout"), pod=SafeText("checkout-b"))
    reading = await source_of(V3([trace_of(1)])).search(TraceSearch(selection, HOUR), 20)
    assert numbers(reading) == [1]
    assert "no pod" in reading.completeness.notes[0]


LEGACY_TRACE = {
    "traceID": "abc",
    "spans": [
        {
            "traceID": "abc", "spanID": "2", "operationName": "SELECT", "startTime": 1786110000500000,
            "duration": 250000, "processID": "p2",
            "references": [{"refType": "CHILD_OF", "traceID": "abc", "spanID": "1"}],
            "tags": [{"key": "span.kind", "value": "client"}, {"key": "error", "value": True}],
            "logs": [{"timestamp": 1786110000600000,
                      "fields": [{"key": "event", "value": "retry"}, {"key": "n", "value": 3}]}],
        },
        {
            "traceID": "abc", "spanID": "1", "operationName": "POST /pay", "startTime": 1786110000000000,
            "duration": 812000, "processID": "p1", "references": [], "tags": [],
            "logs": None, "warnings": ["clock skew"],
        },
    ],
    "processes": {
        "p1": {"serviceName": "gateway", "tags": [{"key": "k8s.pod.name", "value": "gateway-1"}]},
        "p2": {"serviceName": "orders", "tags": []},
    },
}  # fmt: skip


async def test_a_server_of_the_older_api_is_recognised_once_and_read() -> None:
    asked: list[str] = []

    def older(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        if request.url.path == "/api/services":
            return httpx.Response(200, json={"data": ["gateway"], "errors": None})
        if request.url.path == "/api/traces":
            return httpx.Response(200, json={"data": [LEGACY_TRACE], "errors": None})
        return httpx.Response(404, text="404 page not found")

    source = source_of(older)
    selection = Selection(SafeText("prod"), service=SafeText("gateway"))
    (trace,) = (await source.search(TraceSearch(selection, HOUR), 20)).value.traces
    await source.search(TraceSearch(selection, HOUR), 20)
    assert asked == ["/api/v3/services", "/api/services", "/api/traces", "/api/traces"]
    root, child = trace.spans
    assert (root.service, root.operation, root.duration, root.pod) == ("gateway", "POST /pay", 0.812, "gateway-1")
    assert root.warnings == ("clock skew",)
    assert (child.parent_id, child.service, child.error, child.kind) == (root.span_id, "orders", True, "client")
    (event,) = child.events
    assert (event.name, event.attributes) == ("retry", {"n": "3"})


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (httpx.Response(401, text="no"), ErrorKind.UNAUTHORIZED),
        (httpx.Response(404, text="404 page not found"), ErrorKind.NOT_FOUND),
        (httpx.Response(200, html="<title>Grafana</title>"), ErrorKind.MALFORMED),
        (httpx.Response(200, text="[" * 100_000), ErrorKind.MALFORMED),
        (httpx.Response(500, text="boom"), ErrorKind.SERVER),
    ],
)
async def test_every_refusal_is_a_source_error(answer: httpx.Response, kind: ErrorKind) -> None:
    def handler(_: httpx.Request) -> httpx.Response:
        return httpx.Response(answer.status_code, content=answer.content, headers=answer.headers)

    with pytest.raises(SourceError) as caught:
        await source_of(handler).search(TraceSearch(CHECKOUT, HOUR), 20)
    assert caught.value.kind is kind


async def test_a_search_address_that_is_gone_is_an_error_and_no_empty_list() -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        return (
            V3([])(request)
            if request.url.path == "/api/v3/services"
            else httpx.Response(404, text="404 page not found")
        )

    with pytest.raises(SourceError) as caught:
        await source_of(handler).search(TraceSearch(CHECKOUT, HOUR), 20)
    assert caught.value.kind is ErrorKind.NOT_FOUND


async def test_health_tells_the_api_and_how_many_services_it_knows() -> None:
    health = await source_of(V3([], ("a", "b"))).health()
    assert (health.version, health.identity, health.missing) == ("API v3", "2 services", ())
    assert (await source_of(V3([], ())).health()).missing == ("spans of any service",)
