"""Indices of several shapes at once on a real Elasticsearch, which alone can have them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from opsconsole.clock import SystemClock
from opsconsole.config.settings import ClusterSettings, ElasticsearchSettings
from opsconsole.domain.log_query import LogFilter, LogQuery, LogSearch
from opsconsole.domain.log_record import LogLevel
from opsconsole.domain.selection import Selection
from opsconsole.domain.text import SafeText
from opsconsole.domain.time_range import TimeRange
from opsconsole.sources.connect import connect
from opsconsole.sources.protocols import LogSource
from servers.elasticsearch import Elasticsearch
from servers.loading import load_lines

pytestmark = [pytest.mark.real, pytest.mark.long, pytest.mark.xdist_group("elasticsearch")]

START = 1_786_111_863.0
SPAN = TimeRange(START - 60, START + 60)
ALL = Selection(SafeText("shapes"))
CHECKOUT = Selection(SafeText("shapes"), service=SafeText("checkout"))
DATE = {"type": "date"}
KEYWORD = {"type": "keyword"}
SHAPES: dict[str, dict[str, Any]] = {
    "text": {"service": {"type": "text", "fields": {"keyword": KEYWORD}}, "level": KEYWORD, "status": {"type": "long"}},
    "keyword": {"service": KEYWORD, "level": {"type": "long"}, "status": KEYWORD},
    "ecs": {
        "service": {"properties": {"name": KEYWORD}},
        "log": {"properties": {"level": KEYWORD}},
        "@timestamp": {"type": "date_nanos"},
    },
    "otel": {
        "resource": {"properties": {"attributes": {"properties": {"service": {"properties": {"name": KEYWORD}}}}}},
        "severity_number": {"type": "byte"},
        "body": {"properties": {"text": {"type": "text"}}},
    },
}
ERRORS: dict[str, dict[str, Any]] = {
    "text": {"service": "checkout", "level": "ERROR", "message": "refused", "status": 500},
    "keyword": {"service": "checkout", "level": 50, "message": "refused", "status": "500"},
    "ecs": {"service": {"name": "checkout"}, "log": {"level": "error"}, "message": "refused"},
    "otel": {
        "resource": {"attributes": {"service": {"name": "checkout"}}},
        "severity_number": 17,
        "body": {"text": "refused"},
    },
}
OTHERS: dict[str, dict[str, Any]] = {
    "text": {"service": "checkout-worker", "level": "info", "message": "done", "status": 200},
    "keyword": {"service": "checkout-worker", "level": 30, "message": "done", "status": "okay"},
    "ecs": {"service": {"name": "checkout-worker"}, "log": {"level": "info"}, "message": "done"},
    "otel": {
        "resource": {"attributes": {"service": {"name": "checkout-worker"}}},
        "severity_number": 9,
        "body": {"text": "done"},
    },
}


@pytest.fixture
def shapes(elasticsearch: Elasticsearch, log_index: str) -> ClusterSettings:
    """An index of each shape, with an error of checkout and a line of a service whose name begins like it."""
    for number, (shape, properties) in enumerate(SHAPES.items()):
        stamp = f"2026-08-07T14:11:0{number}.123456789Z"
        lines = [("error", {**ERRORS[shape], "@timestamp": stamp}), ("other", {**OTHERS[shape], "@timestamp": stamp})]
        mapping = {"properties": {"@timestamp": DATE, **properties}}
        load_lines(elasticsearch, lines, index=f"{log_index}-{shape}", mapping=mapping)
    return ClusterSettings("shapes", elasticsearch=ElasticsearchSettings(elasticsearch.url, index=f"{log_index}-*"))


@pytest.fixture
async def source(shapes: ClusterSettings) -> AsyncIterator[LogSource]:
    logs = connect(shapes, SystemClock()).logs
    assert logs is not None
    yield logs
    await logs.close()


def shape_of(line_id: str) -> str:
    return line_id.partition("/")[0].rpartition("-")[2]


async def test_a_service_is_found_in_every_shape_and_no_other_of_a_like_name(source: LogSource) -> None:
    reading = await source.newest(LogSearch(CHECKOUT, SPAN), 100)
    assert reading.completeness.whole
    assert {(shape_of(line.id), line.service, line.level) for line in reading.value.records} == {
        (shape, "checkout", LogLevel.ERROR) for shape in SHAPES
    }
    assert [shape_of(line.id) for line in reading.value.records] == ["otel", "ecs", "keyword", "text"]
    assert {line.message for line in reading.value.records} == {"refused"}


async def test_a_level_is_found_as_name_ten_and_severity_number(source: LogSource) -> None:
    query = LogQuery(level=LogLevel.WARN)
    lines = (await source.newest(LogSearch(ALL, SPAN, query), 100)).value.records
    assert sorted(shape_of(line.id) for line in lines) == sorted(SHAPES)
    assert {line.level for line in lines} == {LogLevel.ERROR}


@pytest.mark.parametrize(("value", "found"), [("500", {"text", "keyword"}), ("okay", {"keyword"}), ("x", set())])
async def test_a_field_that_is_a_number_here_and_text_there_fails_no_shard(
    source: LogSource, value: str, found: set[str]
) -> None:
    query = LogQuery(filters=(LogFilter(SafeText("status"), SafeText(value)),))
    reading = await source.newest(LogSearch(ALL, SPAN, query), 100)
    assert reading.completeness.whole
    assert {shape_of(line.id) for line in reading.value.records} == found


async def test_paging_and_tailing_go_through_all_shapes_to_the_nanosecond(source: LogSource) -> None:
    reader = source.reader(LogSearch(ALL, SPAN))
    pages = [await reader.older(3) for _ in range(3)]
    await reader.close()
    ids = [line.id for page in pages for line in page.value.records]
    assert len(ids) == len(set(ids)) == 8
    assert [page.value.exhausted for page in pages] == [False, False, True]
    tail = source.tail(LogSearch(ALL, SPAN), SPAN.start)
    told: list[str] = []
    async for batch in tail:
        told += [line.id for line in batch.records]
        if len(told) >= 8:
            break
    await tail.aclose()
    assert sorted(told) == sorted(ids)


async def test_around_a_line_stand_lines_of_all_shapes(source: LogSource) -> None:
    lines = (await source.newest(LogSearch(CHECKOUT, SPAN), 100)).value.records
    around = await source.around(lines[1], ALL, 1)
    assert [line.id for line in around.value.records] == [line.id for line in lines[:3]]


async def test_values_of_several_kinds_say_that_they_are_no_whole_count(source: LogSource) -> None:
    services = await source.values(LogSearch(ALL, SPAN), SafeText("service"), 10)
    assert {one.value for one in services.value} == {"checkout", "checkout-worker"}
    status = await source.values(LogSearch(ALL, SPAN), SafeText("status"), 10)
    assert "several kinds" in status.completeness.notes[0]
    assert status.value == ()


async def test_the_histogram_counts_every_line_though_levels_of_several_kinds_are_not_told_apart(
    source: LogSource,
) -> None:
    reading = await source.histogram(LogSearch(ALL, SPAN), 20)
    assert sum(bucket.total for bucket in reading.value.buckets) == reading.value.total == 8
    assert "levels of some lines are not counted" in reading.completeness.notes[0]
