"""Jaeger's query API as the console relies on it, and the console's source on top."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

from opsconsole.clock import SystemClock
from opsconsole.config.settings import ClusterSettings
from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.domain.log_query import LogSearch
from opsconsole.domain.selection import Selection
from opsconsole.domain.text import SafeText
from opsconsole.domain.time_range import TimeRange
from opsconsole.domain.trace_query import TraceSearch
from opsconsole.sources.connect import connect
from opsconsole.sources.protocols import Sources, TraceSource

ALL = Selection(SafeText("contract"))
CHECKOUT = Selection(SafeText("contract"), service=SafeText("checkout"))


@pytest.fixture(scope="module")
def cluster(tracing_shop: ClusterSettings) -> ClusterSettings:
    """A cluster in which some requests through checkout fail."""
    return tracing_shop


@pytest.fixture
def api(cluster: ClusterSettings) -> Iterator[httpx.Client]:
    assert cluster.jaeger is not None
    with httpx.Client(base_url=cluster.jaeger.url, trust_env=False, timeout=60) as client:
        yield client


@pytest.fixture
async def sources(cluster: ClusterSettings) -> AsyncIterator[Sources]:
    connected = connect(cluster, SystemClock())
    yield connected
    for one in connected.configured():
        await one.close()


@pytest.fixture
def source(sources: Sources) -> TraceSource:
    assert sources.traces is not None
    return sources.traces


@pytest.fixture
def span() -> TimeRange:
    """The ten minutes up to half a minute ago."""
    end = time.time() - 30
    return TimeRange(end - 600, end)


def test_a_search_without_a_match_is_a_404_that_says_so(api: httpx.Client) -> None:
    window = {"query.start_time_min": "2001-01-01T00:00:00Z", "query.start_time_max": "2001-01-01T01:00:00Z"}
    answer = api.get("/api/v3/traces", params={"query.service_name": "checkout", "query.num_traces": "5", **window})
    assert answer.status_code == 404
    assert "No traces found" in answer.text


def test_a_search_needs_its_times(api: httpx.Client) -> None:
    answer = api.get("/api/v3/traces", params={"query.service_name": "checkout", "query.num_traces": "5"})
    assert answer.status_code == 400
    assert "message" in answer.json()["error"]


async def test_health_counts_the_services(source: TraceSource) -> None:
    health = await source.health()
    assert health.version == "API v3"
    assert health.missing == ()


async def test_traces_of_a_service_pass_it_and_come_errors_first_then_slowest(
    source: TraceSource, span: TimeRange
) -> None:
    traces = (await source.search(TraceSearch(CHECKOUT, span), 20)).value.traces
    assert len(traces) == 20
    assert all("checkout" in trace.services for trace in traces)
    failed = [trace.error_count > 0 for trace in traces]
    assert any(failed)
    assert failed == sorted(failed, reverse=True)
    durations = [trace.duration for trace in traces if not trace.error_count]
    assert durations == sorted(durations, reverse=True)


async def test_an_error_is_found_though_the_limit_would_leave_it_out(source: TraceSource, span: TimeRange) -> None:
    reading = await source.search(TraceSearch(CHECKOUT, span), 1)
    assert [trace.error_count > 0 for trace in reading.value.traces] == [True]
    assert reading.value.limited


async def test_a_trace_is_a_tree_of_spans_within_the_span_asked_for(source: TraceSource, span: TimeRange) -> None:
    for trace in (await source.search(TraceSearch(CHECKOUT, span), 10)).value.traces:
        assert span.start - 60 <= trace.start <= span.end + 60
        assert len(trace.trace_id) == 32
        assert len({one.span_id for one in trace.spans}) == len(trace.spans)
        assert [one.parent_id for one in trace.spans].count(None) == 1
        assert len(trace.depth_first()) == len(trace.spans)
        assert all(one.operation and one.duration >= 0 for one in trace.spans)


async def test_a_trace_looked_up_by_its_id_is_the_one_that_was_found(source: TraceSource, span: TimeRange) -> None:
    found = (await source.search(TraceSearch(CHECKOUT, span), 1)).value.traces[0]
    looked_up = (await source.trace(found.trace_id)).value
    assert {one.span_id for one in looked_up.spans} == {one.span_id for one in found.spans}
    selected = Selection(SafeText("contract"), trace=found.trace_id)
    assert [trace.trace_id for trace in (await source.search(TraceSearch(selected, span), 5)).value.traces] == [
        found.trace_id
    ]


async def test_a_trace_that_is_not_there_is_not_found(source: TraceSource) -> None:
    with pytest.raises(SourceError) as caught:
        await source.trace(SafeText("0123456789abcdef0123456789abcdef"))
    assert caught.value.kind is ErrorKind.NOT_FOUND


async def test_a_span_without_traces_is_an_empty_list(source: TraceSource) -> None:
    reading = await source.search(TraceSearch(CHECKOUT, TimeRange(1.0, 600.0)), 10)
    assert reading.value.traces == ()
    assert reading.completeness.whole


async def test_without_a_service_traces_of_all_are_found(source: TraceSource, span: TimeRange) -> None:
    traces = (await source.search(TraceSearch(ALL, span), 20)).value.traces
    assert len({trace.trace_id for trace in traces}) == len(traces) == 20


async def test_the_trace_of_a_log_line_is_found_by_the_id_the_line_tells(sources: Sources, span: TimeRange) -> None:
    assert sources.logs is not None
    assert sources.traces is not None
    records = (await sources.logs.newest(LogSearch(CHECKOUT, span), 200)).value.records
    trace = next(record.trace_id for record in records if record.trace_id)
    assert (await sources.traces.trace(trace)).value.trace_id == trace
