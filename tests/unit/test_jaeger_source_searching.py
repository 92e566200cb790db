"""What the trace source asks of servers that heed all, some or none of a search."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from opsconsole.clock import SystemClock
from opsconsole.config.settings import SourceSettings
from opsconsole.domain.selection import Selection
from opsconsole.domain.snapshot import Reading
from opsconsole.domain.text import SafeText
from opsconsole.domain.time_range import TimeRange
from opsconsole.domain.trace import TraceList
from opsconsole.domain.trace_query import TraceQuery, TraceSearch
from opsconsole.sources.jaeger.source import JaegerSource
from opsconsole.sources.wire import JAEGER_READS, Wire

HOUR = TimeRange(1786108263.0, 1786111863.5)
CHECKOUT = Selection(SafeText("prod"), service=SafeText("checkout"))
NONE_FOUND = httpx.Response(404, text='{"error":{"httpCode":404,"message":"No traces found"}}')


class Shop:
    """Both of Jaeger's APIs over traces of one span. `deaf` holds what each API ignores, `error` among it."""

    def __init__(self, **deaf: tuple[str, ...]) -> None:
        self.deaf = deaf
        self.spans: list[dict[str, Any]] = []
        self.asked: list[tuple[str, dict[str, str]]] = []

    def add(self, *, operation: str = "POST /pay", lasted: float = 0.1, error: bool = False, **tags: str) -> None:
        self.spans.append({"operation": operation, "lasted": lasted, "error": error, "tags": tags})

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path, params = request.url.path, dict(request.url.params)
        self.asked.append((path, params))
        if path in ("/api/v3/services", "/api/services"):
            return httpx.Response(200, json={"services": ["checkout"], "data": ["checkout"]})
        if path == "/api/traces" and "v1" in self.deaf:
            found = self.found(
                "v1", params.get("operation"), params.get("minDuration"), params.get("maxDuration"), params.get("tags")
            )
            return httpx.Response(200, json={"data": [self.legacy(n) for n in found[-int(params["limit"]) :]]})
        if path == "/api/v3/traces":
            names = ("operation_name", "duration_min", "duration_max", "attributes")
            found = self.found("v3", *(params.get(f"query.{name}") for name in names))[
                -int(params["query.num_traces"]) :
            ]
            groups = {"resourceSpans": [self.otlp(number) for number in found]}
            return httpx.Response(200, json={"result": groups}) if found else NONE_FOUND
        return httpx.Response(404, text="404 page not found")

    def found(
        self, api: str, operation: str | None, least: str | None, most: str | None, attributes: str | None
    ) -> list[int]:
        deaf = self.deaf.get(api, ())
        wanted = json.loads(attributes) if attributes and "attributes" not in deaf else {}
        kept = []
        for number, span in enumerate(self.spans):
            micros = span["lasted"] * 1e6
            if operation and "operation" not in deaf and span["operation"] != operation:
                continue
            if "duration" not in deaf and not int((least or "0us")[:-2]) <= micros <= int((most or "9" * 12)[:-2]):
                continue
            tags = dict(span["tags"]) | ({"error": "true"} if span["error"] and "error" not in deaf else {})
            if all(tags.get(key) == value for key, value in wanted.items()):
                kept.append(number)
        return kept

    def otlp(self, number: int) -> dict[str, Any]:
        span, start = self.spans[number], (1786110000 + number) * 10**9
        made = {
            "traceId": f"{number:032x}", "spanId": f"{number + 1:016x}", "name": span["operation"], "kind": 2,
            "startTimeUnixNano": str(start), "endTimeUnixNano": str(start + round(span["lasted"] * 1e9)),
            "attributes": [{"key": key, "value": {"stringValue": value}} for key, value in span["tags"].items()],
            "status": {"code": 2} if span["error"] else {},
        }  # fmt: skip
        resource = {"attributes": [{"key": "service.name", "value": {"stringValue": "checkout"}}]}
        return {"resource": resource, "scopeSpans": [{"spans": [made]}]}

    def legacy(self, number: int) -> dict[str, Any]:
        span = self.spans[number]
        tags = {**span["tags"], **({"error": True} if span["error"] else {})}
        made = {
            "traceID": f"{number:032x}", "spanID": f"{number + 1:016x}", "operationName": span["operation"],
            "startTime": (1786110000 + number) * 10**6, "duration": round(span["lasted"] * 1e6), "processID": "p1",
            "tags": [{"key": key, "value": value} for key, value in tags.items()],
        }  # fmt: skip
        return {"traceID": made["traceID"], "spans": [made], "processes": {"p1": {"serviceName": "checkout"}}}

    def searches(self, path: str) -> list[dict[str, str]]:
        return [params for asked, params in self.asked if asked == path]


def source_of(server: Shop) -> JaegerSource:
    settings = SourceSettings("http://jaeger.test:16686", timeout=10)
    return JaegerSource(Wire("jaeger", settings, SystemClock(), JAEGER_READS, transport=httpx.MockTransport(server)))


async def search(source: JaegerSource, limit: int = 20, **query: Any) -> Reading[TraceList]:
    return await source.search(TraceSearch(CHECKOUT, HOUR, TraceQuery(**query)), limit)


def numbers(reading: Reading[TraceList]) -> set[int]:
    return {int(trace.trace_id, 16) for trace in reading.value.traces}


ROUTE = (SafeText("http.route"), SafeText("/pay"))
NARROW: dict[str, Any] = {"operation": SafeText("GET /cart"), "shortest": 0.25, "longest": 1.5, "attributes": (ROUTE,)}


async def test_the_server_is_asked_for_all_that_narrows_the_search_in_the_v3_spelling() -> None:
    server = Shop()
    await search(source_of(server), **NARROW)
    asked = server.searches("/api/v3/traces")[0]
    assert {name: value for name, value in asked.items() if "time" not in name and "depth" not in name} == {
        "query.service_name": "checkout",
        "query.operation_name": "GET /cart",
        "query.duration_min": "250000us",
        "query.duration_max": "1500000us",
        "query.attributes": '{"http.route":"/pay"}',
        "query.num_traces": "20",
    }


async def test_and_in_the_older_spelling_where_there_is_no_other() -> None:
    asked: list[dict[str, str]] = []

    def older(request: httpx.Request) -> httpx.Response:
        if request.url.path.startswith("/api/v3/"):
            return httpx.Response(404, text="404 page not found")
        asked.append(dict(request.url.params))
        return httpx.Response(200, json={"data": []})

    wire = Wire(
        "jaeger",
        SourceSettings("http://jaeger.test:16686"),
        SystemClock(),
        JAEGER_READS,
        transport=httpx.MockTransport(older),
    )
    assert (await search(JaegerSource(wire), **NARROW)).value.traces == ()
    assert {name: value for name, value in asked[-1].items() if name not in ("start", "end", "lookback")} == {
        "service": "checkout",
        "operation": "GET /cart",
        "minDuration": "250000us",
        "maxDuration": "1500000us",
        "tags": '{"http.route":"/pay"}',
        "limit": "20",
    }


@pytest.mark.parametrize(
    ("deaf", "query"),
    [
        ("operation", {"operation": SafeText("GET /cart")}),
        ("duration", {"shortest": 1.0}),
        ("duration", {"shortest": 1.0, "longest": 3.0}),
    ],
)
async def test_an_operation_or_duration_that_the_server_ignores_is_sought_here_and_said(
    deaf: str, query: dict[str, Any]
) -> None:
    server = Shop(v3=(deaf,))
    server.add(lasted=0.1)
    server.add(operation="GET /cart", lasted=2.0)
    reading = await search(source_of(server), **query)
    assert numbers(reading) == {1}
    assert reading.completeness.notes == (
        "the server ignores operation or duration: 1 other traces were left out here",
    )


async def test_attributes_that_the_v3_api_ignores_are_asked_of_the_older_one_from_then_on() -> None:
    server = Shop(v3=("attributes",), v1=())
    server.add()
    server.add(**{"http.route": "/pay"})
    source = source_of(server)
    for _ in range(2):
        reading = await search(source, attributes=(ROUTE,))
        assert numbers(reading) == {1}
        assert reading.completeness.whole
    assert len(server.searches("/api/v3/traces")) == 2  # once asked and once probed, then never again


async def test_attributes_that_nobody_heeds_are_sought_in_what_came_and_that_is_said_when_more_may_be_there() -> None:
    server = Shop(v3=("attributes",))
    server.add(**{"http.route": "/pay"})
    server.add()
    reading = await search(source_of(server), attributes=(ROUTE,))
    assert numbers(reading) == {0}
    assert reading.completeness.whole
    reading = await search(source_of(server), limit=2, attributes=(ROUTE,))
    assert numbers(reading) == {0}
    assert reading.completeness.notes == (
        "the server does not search attributes: looked for in the 2 traces it gave alone",
    )


async def test_what_a_heeding_server_matched_by_its_own_rules_is_kept() -> None:
    server = Shop()
    server.add(**{"http.route": "/pay/{id}"})
    before = server.found

    def by_pattern(api: str, operation: Any, least: Any, most: Any, attributes: str | None) -> list[int]:
        return [0] if attributes == '{"http.route":"/pay.*"}' else before(api, operation, least, most, attributes)

    server.found = by_pattern  # type: ignore[method-assign]
    reading = await search(source_of(server), attributes=((SafeText("http.route"), SafeText("/pay.*")),))
    assert numbers(reading) == {0}
    assert reading.completeness.whole


async def test_errors_are_asked_of_the_older_api_where_the_newer_can_not_tell_them() -> None:
    server = Shop(v3=("attributes",), v1=())
    server.add(error=True)
    for _ in range(9):
        server.add()
    reading = await search(source_of(server), limit=3)
    assert 0 in numbers(reading)


async def test_errors_alone_are_those_of_the_newest_and_those_further_back() -> None:
    server = Shop()
    for number in range(30):
        server.add(error=number in (1, 29))
    reading = await search(source_of(server), limit=5, errors=True)
    assert numbers(reading) == {1, 29}


async def test_a_server_that_finds_no_errors_is_asked_for_more_traces_and_that_is_said() -> None:
    server = Shop(v3=("error",))
    for number in range(150):
        server.add(error=number in (1, 60))
    reading = await search(source_of(server), limit=5, errors=True)
    assert numbers(reading) == {60}
    assert reading.completeness.notes == ("the server finds no errors by itself: looked for in its newest 100 traces",)


async def test_a_slow_trace_beyond_the_limit_is_searched_for_and_found() -> None:
    server = Shop()
    server.add(lasted=9.0)
    for _ in range(150):  # more than one search may ask for
        server.add(lasted=0.1)
    reading = await search(source_of(server), limit=5)
    assert reading.value.traces[0].duration == pytest.approx(9.0)
    assert reading.value.limited


async def test_the_bounds_asked_for_are_kept_when_slow_traces_are_searched_for() -> None:
    server = Shop()
    for _ in range(20):
        server.add(lasted=0.1)
    await search(source_of(server), limit=5, longest=0.15)
    assert {params["query.duration_max"] for params in server.searches("/api/v3/traces")} == {"150000us"}
    assert not any("query.duration_min" in params for params in server.searches("/api/v3/traces"))
