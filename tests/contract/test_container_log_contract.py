"""Lines straight from the containers, on the practice cluster."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing

import msgspec
import pytest

from opsconsole.clock import SystemClock
from opsconsole.config.settings import ClusterSettings
from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.domain.log_query import LogFilter, LogQuery, LogSearch, LogSyntax
from opsconsole.domain.log_record import LogLevel, LogRecord
from opsconsole.domain.selection import Selection
from opsconsole.domain.text import SafeText
from opsconsole.domain.time_range import TimeRange
from opsconsole.sources.connect import connect
from opsconsole.sources.protocols import LogSource, Sources
from servers.practice import run_practice

PATIENCE = 60.0


@pytest.fixture(scope="module")
def cluster() -> Iterator[ClusterSettings]:
    with run_practice("bad-release") as settings:
        yield settings


@pytest.fixture
async def sources(cluster: ClusterSettings) -> AsyncIterator[Sources]:
    made = connect(cluster, SystemClock())
    yield made
    if made.container_logs is not None:
        await made.container_logs.close()
    for source in made.configured():
        await source.close()


@pytest.fixture
def logs(sources: Sources) -> LogSource:
    assert sources.container_logs is not None
    return sources.container_logs


EVERYTHING = LogQuery()


def search(query: LogQuery = EVERYTHING, seconds: float = 600.0, service: str = "checkout") -> LogSearch:
    now = SystemClock().now()
    selection = Selection(SafeText("practice"), SafeText("shop"), SafeText(service))
    return LogSearch(selection, TimeRange(now - seconds, now), query)


def in_order(records: tuple[LogRecord, ...]) -> bool:
    times = [record.time for record in records if record.time is not None]
    return times == sorted(times, reverse=True)


async def test_the_newest_lines_of_all_pods_come_merged_with_their_origin(logs: LogSource) -> None:
    reading = await logs.newest(search(), 300)
    records = reading.value.records
    assert 0 < len(records) <= 300
    assert in_order(records)
    assert {record.service for record in records} == {"checkout"}
    assert len({record.pod for record in records}) > 1
    assert len({record.id for record in records}) == len(records)
    assert all(record.container for record in records)


async def test_lines_tell_the_same_as_the_log_store(sources: Sources) -> None:
    assert sources.container_logs is not None
    assert sources.logs is not None
    asked = search(LogQuery(level=LogLevel.ERROR), seconds=240.0)
    own = (await sources.container_logs.newest(asked, 500)).value.records
    stored = (await sources.logs.newest(asked, 500)).value.records
    assert sources.workloads is not None
    pods = (await sources.workloads.pods(asked.selection)).value.pods
    # Of a container that restarted, only two lives are kept; the store cuts times to milliseconds.
    steady = {pod.name for pod in pods if not pod.restarts}
    wanted = {(one.trace_id, one.message, one.pod) for one in stored if one.pod in steady and one.trace_id}
    assert wanted
    assert wanted <= {(one.trace_id, one.message, one.pod) for one in own}


async def test_words_level_and_fields_narrow_as_in_the_store(logs: LogSource) -> None:
    everything = (await logs.newest(search(), 500)).value.records
    panics = (await logs.newest(search(LogQuery(SafeText("panic: runtime"))), 500)).value.records
    assert panics
    assert all("panic" in record.message for record in panics)
    pod = everything[0].pod
    only = (await logs.newest(search(LogQuery(filters=(LogFilter(SafeText("pod"), pod),))), 500)).value.records
    assert {record.pod for record in only} == {pod}
    others = (await logs.newest(search(LogQuery(filters=(LogFilter(SafeText("pod"), pod, True),))), 500)).value.records
    assert pod not in {record.pod for record in others}


async def test_the_histogram_counts_the_lines_at_hand(logs: LogSource) -> None:
    asked = search()
    page = (await logs.newest(asked, 500)).value
    bars = (await logs.histogram(asked, 60)).value
    assert sum(bar.total for bar in bars.buckets) == bars.total == page.total
    assert bars.bucket_width > 0
    assert all(asked.span.start - bars.bucket_width < bar.start <= asked.span.end for bar in bars.buckets)


async def test_paging_back_brings_every_line_once_and_ends(logs: LogSource) -> None:
    reader = logs.reader(search())
    seen: list[LogRecord] = []
    for _ in range(200):
        page = (await reader.older(50)).value
        seen += page.records
        if page.exhausted:
            break
    else:
        pytest.fail("no page was the last one")
    await reader.close()
    assert in_order(tuple(seen))
    assert len({record.id for record in seen}) == len(seen)
    newest = (await logs.newest(search(), 500)).value.records
    assert {record.id for record in seen} & {record.id for record in newest}


async def test_a_line_s_context_is_of_its_own_container(logs: LogSource) -> None:
    records = (await logs.newest(search(), 300)).value.records
    record = records[len(records) // 2]
    around = (await logs.around(record, search().selection, 5)).value.records
    assert record.id in {one.id for one in around}
    assert len(around) <= 11
    assert {one.pod for one in around} == {record.pod}
    assert in_order(around)


async def test_a_line_from_before_a_restart_has_its_context_too(logs: LogSource, sources: Sources) -> None:
    assert sources.workloads is not None
    pods = (await sources.workloads.pods(search().selection)).value.pods
    ends = {pod.name: one.last_finished_at for pod in pods for one in pod.containers if one.last_finished_at}
    records = (await logs.newest(search(), 5_000)).value.records
    before = [one for one in records if one.time is not None and one.time < ends.get(one.pod, 0.0)]
    assert before, "no container was restarted and left lines"
    around = (await logs.around(before[-1], search().selection, 5)).value.records
    assert before[-1].id in {one.id for one in around}


async def test_new_lines_come_as_they_are_written_and_none_twice(logs: LogSource) -> None:
    after = SystemClock().now()
    came: list[LogRecord] = []

    async def follow() -> None:
        async with aclosing(logs.tail(search(), after)) as batches:
            async for batch in batches:
                came.extend(batch.records)
                if len(came) >= 5:
                    return

    await asyncio.wait_for(follow(), PATIENCE)
    assert all(record.time is not None and record.time > after for record in came)
    assert len({record.id for record in came}) == len(came)


async def test_the_values_of_a_field_come_with_their_counts(logs: LogSource) -> None:
    values = (await logs.values(search(), SafeText("pod"), 10)).value
    assert len(values) > 1
    assert [one.count for one in values] == sorted((one.count for one in values), reverse=True)
    assert all(one.value.startswith("checkout-") for one in values)


async def test_a_raw_query_is_refused_and_the_tail_says_so(logs: LogSource) -> None:
    raw = search(LogQuery(SafeText("level:error"), LogSyntax.RAW))
    with pytest.raises(SourceError) as refused:
        await logs.newest(raw, 10)
    assert refused.value.kind is ErrorKind.BAD_QUERY
    async with aclosing(logs.tail(raw, 0.0)) as batches:
        told = await anext(batches)
    assert "plain words" in told.words


async def test_too_many_containers_are_read_in_part_and_that_is_said(
    logs: LogSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("opsconsole.sources.kubernetes.container_log_source.MOST_PARTS", 2)
    reading = await logs.newest(search(), 100)
    assert len({record.pod for record in reading.value.records}) <= 2
    assert any("in trouble first" in note for note in reading.completeness.notes)


async def test_a_whole_cluster_of_many_containers_is_not_read_and_that_is_said(
    logs: LogSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("opsconsole.sources.kubernetes.container_log_source.MOST_PARTS", 2)
    everywhere = msgspec.structs.replace(search(), selection=Selection(SafeText("contract"), SafeText("shop")))
    reading = await logs.newest(everywhere, 100)
    assert not reading.value.records
    assert any("choose one" in note for note in reading.completeness.notes)
