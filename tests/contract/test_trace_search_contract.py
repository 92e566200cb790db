"""What narrows a search for traces, who calls whom, and what spans tell, on each server that keeps them."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest

from opsconsole.clock import SystemClock
from opsconsole.config.settings import ClusterSettings
from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.domain.selection import Selection
from opsconsole.domain.text import SafeText
from opsconsole.domain.time_range import TimeRange
from opsconsole.domain.trace import Span, Trace
from opsconsole.domain.trace_query import TraceQuery, TraceSearch
from opsconsole.sources.connect import connect
from opsconsole.sources.protocols import TraceSource

CHECKOUT = SafeText("checkout")
LIMIT = 20


@pytest.fixture
async def source(tracing_shop: ClusterSettings) -> AsyncIterator[TraceSource]:
    connected = connect(ClusterSettings(name="contract", jaeger=tracing_shop.jaeger), SystemClock())
    assert connected.traces is not None
    yield connected.traces
    for one in connected.configured():
        await one.close()


@pytest.fixture
def api(tracing_shop: ClusterSettings) -> Iterator[httpx.Client]:
    assert tracing_shop.jaeger is not None
    with httpx.Client(base_url=tracing_shop.jaeger.url, trust_env=False, timeout=60) as client:
        yield client


@pytest.fixture
def span() -> TimeRange:
    """The ten minutes up to half a minute ago."""
    end = time.time() - 30
    return TimeRange(end - 600, end)


async def found(source: TraceSource, span: TimeRange, limit: int = LIMIT, **query: Any) -> tuple[Trace, ...]:
    search = TraceSearch(Selection(SafeText("contract"), service=CHECKOUT), span, TraceQuery(**query))
    return (await source.search(search, limit)).value.traces


def own(trace: Trace) -> list[Span]:
    """The spans of checkout."""
    return [span for span in trace.spans if span.service == CHECKOUT]


def test_names_of_services_and_operations_come_as_the_console_reads_them(api: httpx.Client) -> None:
    assert "checkout" in api.get("/api/v3/services").json()["services"]
    operations = api.get("/api/v3/operations", params={"service": "checkout"}).json()["operations"]
    assert "POST /checkout" in {one["name"] for one in operations}  # storing in Elasticsearch it tells no kinds
    assert api.get("/api/v3/operations").json() == {"operations": []}
    assert "checkout" in api.get("/api/services").json()["data"]
    assert "POST /checkout" in api.get("/api/services/checkout/operations").json()["data"]
    assert not api.get("/api/services/nobody/operations").json()["data"]


@pytest.mark.parametrize("bad", [{"query.duration_min": "long"}, {"query.num_traces": "0", "query.search_depth": "0"}])
def test_a_search_that_makes_no_sense_is_refused_in_words(api: httpx.Client, bad: dict[str, str]) -> None:
    window = {"query.start_time_min": "2001-01-01T00:00:00Z", "query.start_time_max": "2001-01-01T01:00:00Z"}
    answer = api.get(
        "/api/v3/traces", params={"query.service_name": "checkout", "query.num_traces": "5", **window, **bad}
    )
    assert answer.status_code in (400, 404, 500)
    assert answer.json()["error"]["message"]


def test_a_malformed_id_is_refused_by_both_apis(api: httpx.Client) -> None:
    assert "malformed parameter trace_id" in api.get("/api/v3/traces/xyz").json()["error"]["message"]
    assert "invalid syntax" in api.get("/api/traces/xyz").json()["errors"][0]["msg"]


async def test_services_and_operations_are_those_of_the_shop(source: TraceSource) -> None:
    services = (await source.services()).value
    assert {"gateway", "checkout", "orders", "payments", "users"} <= set(services)
    operations = (await source.operations(CHECKOUT)).value
    assert list(operations) == sorted(set(operations))
    assert "POST /checkout" in operations
    assert (await source.operations(SafeText("nobody"))).value == ()


async def test_an_operation_narrows_the_search(source: TraceSource, span: TimeRange) -> None:
    operations = (await source.operations(CHECKOUT)).value
    served = next(name for name in operations if name.startswith("GET "))
    traces = await found(source, span, operation=served)
    assert traces
    assert all(any(one.operation == served for one in own(trace)) for trace in traces)


async def test_durations_bound_a_span_of_the_service(source: TraceSource, span: TimeRange) -> None:
    longest = sorted(max(one.duration for one in own(trace)) for trace in await found(source, span))
    middle = longest[len(longest) // 2]
    slow, quick = await found(source, span, shortest=middle), await found(source, span, longest=middle)
    assert slow
    assert quick
    assert all(any(one.duration >= middle - 1e-5 for one in own(trace)) for trace in slow)
    assert all(any(one.duration <= middle + 1e-5 for one in own(trace)) for trace in quick)


async def test_an_attribute_narrows_the_search_whatever_api_heeds_it(source: TraceSource, span: TimeRange) -> None:
    wanted = (SafeText("http.request.method"), SafeText("POST"))
    search = TraceSearch(Selection(SafeText("contract"), service=CHECKOUT), span, TraceQuery(attributes=(wanted,)))
    reading = await source.search(search, LIMIT)
    assert reading.completeness.whole
    assert len(reading.value.traces) > 1
    assert all(any(one.attributes.get(wanted[0]) == wanted[1] for one in own(trace)) for trace in reading.value.traces)
    assert await found(source, span, attributes=((SafeText("http.request.method"), SafeText("BREW")),)) == ()


async def test_errors_alone_are_found(source: TraceSource, span: TimeRange) -> None:
    traces = await found(source, span, limit=5, errors=True)
    assert traces
    assert all(trace.error_count for trace in traces)


async def test_errors_come_first_and_then_the_slowest(source: TraceSource, span: TimeRange) -> None:
    ranks = [(not trace.error_count, -trace.duration) for trace in await found(source, span)]
    assert ranks == sorted(ranks)


async def test_a_span_tells_its_pod_namespace_kind_and_events(source: TraceSource, span: TimeRange) -> None:
    failed = await found(source, span, errors=True)
    spans = [one for trace in failed for one in trace.spans]
    assert {one.namespace for one in spans} == {"shop"}
    assert all(one.pod.startswith(one.service) for one in spans)
    assert {one.kind for one in spans} >= {"server", "client"}
    assert any(event.name == "exception" and event.attributes for one in spans for event in one.events)
    assert any(one.error and one.status_message for one in spans)


async def test_a_selected_pod_keeps_the_traces_that_passed_it(source: TraceSource, span: TimeRange) -> None:
    pod = own((await found(source, span))[0])[0].pod
    selection = Selection(SafeText("contract"), service=CHECKOUT, pod=pod)
    traces = (await source.search(TraceSearch(selection, span), LIMIT)).value.traces
    assert traces
    assert all(any(one.pod == pod for one in trace.spans) for trace in traces)


async def test_a_trace_is_found_by_whatever_holds_its_id(source: TraceSource, span: TimeRange) -> None:
    trace = (await found(source, span))[0]
    for text in (
        trace.trace_id.upper(),
        f"00-{trace.trace_id}-{trace.root.span_id}-01",
        f'{{"level":"error","trace_id":"{trace.trace_id}","message":"refused"}}',
    ):
        assert (await source.trace(SafeText(text))).value.trace_id == trace.trace_id
    with pytest.raises(SourceError) as caught:
        await source.trace(SafeText("no id at all"))
    assert caught.value.kind is ErrorKind.BAD_QUERY


async def test_dependencies_are_the_calls_of_the_shop_or_none_with_a_word(source: TraceSource, span: TimeRange) -> None:
    reading = await source.dependencies(TimeRange(span.start - 900, span.end + 30))
    edges = {(edge.caller, edge.callee): edge for edge in reading.value.edges}
    if not edges:
        assert "counted no calls" in reading.completeness.notes[0]
        return
    assert {("gateway", "checkout"), ("checkout", "orders"), ("checkout", "payments")} <= edges.keys()
    assert all(edge.calls > 0 and edge.caller != edge.callee for edge in edges.values())
