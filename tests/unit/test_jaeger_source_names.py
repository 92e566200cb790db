"""Services, operations and dependencies, from servers of either API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from opsconsole.clock import SystemClock
from opsconsole.config.settings import SourceSettings
from opsconsole.domain.errors import SourceError
from opsconsole.domain.text import SafeText
from opsconsole.domain.time_range import TimeRange
from opsconsole.domain.topology import ServiceEdge
from opsconsole.sources.jaeger.source import JaegerSource
from opsconsole.sources.wire import JAEGER_READS, Wire

HOUR = TimeRange(1786108263.0, 1786111863.5)
Handler = Callable[[httpx.Request], httpx.Response]


def source_of(handler: Handler) -> JaegerSource:
    settings = SourceSettings("http://jaeger.test:16686", timeout=10)
    return JaegerSource(Wire("jaeger", settings, SystemClock(), JAEGER_READS, transport=httpx.MockTransport(handler)))


def newer(request: httpx.Request) -> httpx.Response:
    if request.url.path == "/api/v3/services":
        return httpx.Response(200, json={"services": ["gateway", "checkout", "\x1b[2Jevil"]})
    if request.url.path == "/api/v3/operations" and request.url.params["service"] == "checkout":
        kinds = [("POST /pay", "server"), ("HTTP GET", "client"), ("HTTP GET", "internal")]
        return httpx.Response(200, json={"operations": [{"name": name, "spanKind": kind} for name, kind in kinds]})
    return httpx.Response(200, json={})


def older(request: httpx.Request) -> httpx.Response:
    answers: dict[str, Any] = {
        "/api/services": ["gateway", "checkout"],
        "/api/services/checkout/operations": ["POST /pay", "HTTP GET"],
        "/api/services/a/b/operations": ["odd"],
        "/api/services/nobody/operations": None,
    }
    if request.url.path not in answers:
        return httpx.Response(404, text="404 page not found")
    return httpx.Response(200, json={"data": answers[request.url.path]})


async def test_services_come_sorted_and_safe() -> None:
    assert (await source_of(newer).services()).value == ("checkout", "gateway", "␛[2Jevil")
    assert (await source_of(older).services()).value == ("checkout", "gateway")


@pytest.mark.parametrize("handler", [newer, older])
async def test_operations_come_sorted_and_once_each(handler: Handler) -> None:
    source = source_of(handler)
    assert (await source.operations(SafeText("checkout"))).value == ("HTTP GET", "POST /pay")
    assert (await source.operations(SafeText("nobody"))).value == ()


async def test_a_service_whose_name_has_a_slash_is_asked_for_as_one_name() -> None:
    assert (await source_of(older).operations(SafeText("a/b"))).value == ("odd",)


async def test_dependencies_are_asked_for_the_range_in_milliseconds_and_added_up() -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        assert request.url.path == "/api/dependencies"
        assert dict(request.url.params) == {"endTs": "1786111863500", "lookback": "3600500"}
        links = [("gateway", "checkout", 3), ("checkout", "checkout", 9), ("gateway", "checkout", 4)]
        data = [{"parent": parent, "child": child, "callCount": count} for parent, child, count in links]
        return httpx.Response(200, json={"data": data, "errors": None})

    reading = await source_of(handler).dependencies(HOUR)
    assert reading.value.edges == (ServiceEdge(SafeText("gateway"), SafeText("checkout"), 7),)
    assert reading.value.counted_from
    assert reading.completeness.whole


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (httpx.Response(404, text="404 page not found"), "does not count calls"),
        (httpx.Response(501, json={"errors": [{"msg": "not implemented"}]}), "does not count calls"),
        (httpx.Response(200, json={"data": []}), "has counted no calls"),
        (httpx.Response(200, json={"data": None}), "has counted no calls"),
    ],
)
async def test_a_store_that_counts_nothing_has_no_edges_and_says_so(answer: httpx.Response, words: str) -> None:
    reading = await source_of(lambda _: answer).dependencies(HOUR)
    assert reading.value.edges == ()
    assert words in reading.completeness.notes[0]


@pytest.mark.parametrize("answer", [httpx.Response(500, text="boom"), httpx.Response(200, json={"data": "many"})])
async def test_dependencies_that_fail_are_an_error(answer: httpx.Response) -> None:
    with pytest.raises(SourceError):
        await source_of(lambda _: answer).dependencies(HOUR)
