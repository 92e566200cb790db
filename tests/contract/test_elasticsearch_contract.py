"""Elasticsearch's search as the console relies on it, and the console's source on top."""

from __future__ import annotations

import itertools
import time
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

from opsconsole.clock import SystemClock
from opsconsole.config.settings import ClusterSettings, ElasticsearchSettings
from opsconsole.domain.log_query import LogSearch
from opsconsole.domain.log_record import LogLevel
from opsconsole.domain.selection import Selection
from opsconsole.domain.text import SafeText
from opsconsole.domain.time_range import TimeRange
from opsconsole.sources.connect import connect
from opsconsole.sources.protocols import LogSource

SHOP = Selection(SafeText("contract"), namespace=SafeText("shop"))
CHECKOUT = Selection(SafeText("contract"), namespace=SafeText("shop"), service=SafeText("checkout"))


@pytest.fixture(scope="module")
def cluster(logging_shop: ClusterSettings) -> ClusterSettings:
    """A cluster whose service checkout logs errors."""
    return logging_shop


@pytest.fixture
def settings(cluster: ClusterSettings) -> ElasticsearchSettings:
    assert cluster.elasticsearch is not None
    return cluster.elasticsearch


@pytest.fixture
def api(settings: ElasticsearchSettings) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=settings.url, trust_env=False, timeout=60) as client:
        yield client


@pytest.fixture
async def source(cluster: ClusterSettings) -> AsyncIterator[LogSource]:
    logs = connect(cluster, SystemClock()).logs
    assert logs is not None
    yield logs
    await logs.close()


@pytest.fixture
def span() -> TimeRange:
    """The ten minutes up to half a minute ago, in which nothing more arrives."""
    end = time.time() - 30
    return TimeRange(end - 600, end)


def test_every_answer_names_the_product_and_counts_its_shards(
    api: httpx.Client, settings: ElasticsearchSettings
) -> None:
    answer = api.post(f"/{settings.index}/_search", params={"ignore_unavailable": "true"}, json={"size": 1})
    assert answer.status_code == 200
    assert answer.headers["x-elastic-product"] == "Elasticsearch"
    body = answer.json()
    assert body["_shards"]["total"] == body["_shards"]["successful"] + body["_shards"]["failed"]
    assert body["hits"]["total"]["relation"] in ("eq", "gte")
    assert len(body["hits"]["hits"]) == 1


def test_a_query_that_is_none_is_a_400_with_a_type_and_a_reason(
    api: httpx.Client, settings: ElasticsearchSettings
) -> None:
    answer = api.post(f"/{settings.index}/_search", json={"query": {"no_such_query": {}}})
    assert answer.status_code == 400
    assert answer.json()["error"]["type"]
    assert answer.json()["error"]["reason"]


async def test_health_finds_every_field_it_needs(source: LogSource) -> None:
    health = await source.health()
    assert health.missing == ()
    assert health.latency > 0


async def test_lines_come_newest_first_whole_and_within_the_span(source: LogSource, span: TimeRange) -> None:
    reading = await source.newest(LogSearch(SHOP, span), 200)
    assert reading.completeness.whole
    records = reading.value.records
    assert len(records) == min(200, reading.value.total)
    times = [record.time for record in records if record.time is not None]
    assert len(times) == len(records)
    assert times == sorted(times, reverse=True)
    assert all(span.start - 1 <= moment <= span.end + 1 for moment in times)
    assert all(record.service and record.message and record.id for record in records)
    assert LogLevel.UNKNOWN not in {record.level for record in records}
    assert len({record.id for record in records}) == len(records)


async def test_a_service_and_a_pod_are_matched_exactly(source: LogSource, span: TimeRange) -> None:
    records = (await source.newest(LogSearch(CHECKOUT, span), 100)).value.records
    assert {record.service for record in records} == {"checkout"}
    pod = next(record.pod for record in records if record.pod)
    one = Selection(SafeText("contract"), namespace=SafeText("shop"), pod=pod)
    assert {record.pod for record in (await source.newest(LogSearch(one, span), 100)).value.records} == {pod}
    prefix = Selection(SafeText("contract"), service=SafeText("check"))
    assert (await source.newest(LogSearch(prefix, span), 100)).value.total == 0


async def test_a_trace_has_the_lines_of_all_its_services(source: LogSource, span: TimeRange) -> None:
    records = (await source.newest(LogSearch(CHECKOUT, span), 200)).value.records
    trace = next(record.trace_id for record in records if record.trace_id)
    lines = (await source.newest(LogSearch(Selection(SafeText("contract"), trace=trace), span), 100)).value.records
    assert {record.trace_id for record in lines} == {trace}
    assert "checkout" in {record.service for record in lines}


async def test_the_histogram_counts_just_the_lines_of_the_list(source: LogSource, span: TimeRange) -> None:
    page = (await source.histogram(LogSearch(CHECKOUT, span), 60)).value
    assert page.total == (await source.newest(LogSearch(CHECKOUT, span), 1)).value.total
    assert sum(bucket.total for bucket in page.buckets) == page.total
    assert page.bucket_width == 10.0
    starts = [bucket.start for bucket in page.buckets]
    assert all(later - earlier == page.bucket_width for earlier, later in itertools.pairwise(starts))
    assert starts[0] <= span.start < starts[0] + page.bucket_width
    assert starts[-1] <= span.end < starts[-1] + page.bucket_width
    assert any(bucket.counts.get(LogLevel.ERROR) for bucket in page.buckets)
    assert page.records == ()


async def test_a_span_without_lines_is_an_empty_page(source: LogSource) -> None:
    reading = await source.newest(LogSearch(SHOP, TimeRange(1.0, 600.0)), 10)
    assert (reading.value.records, reading.value.total) == ((), 0)
    assert reading.completeness.whole


async def test_an_index_that_does_not_exist_is_named_and_no_error(cluster: ClusterSettings, span: TimeRange) -> None:
    assert cluster.elasticsearch is not None
    other = ElasticsearchSettings(cluster.elasticsearch.url, index="nothing-*")
    logs = connect(ClusterSettings("contract", elasticsearch=other), SystemClock()).logs
    assert logs is not None
    reading = await logs.newest(LogSearch(SHOP, span), 10)
    assert reading.value.records == ()
    assert "nothing-*" in reading.completeness.notes[0]
    await logs.close()
