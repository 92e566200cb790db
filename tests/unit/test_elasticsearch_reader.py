"""Reading a search back page by page, whatever the server forgets meanwhile."""

from __future__ import annotations

import httpx
import pytest

from fake_clock import FakeClock
from memory_elasticsearch import MemoryElasticsearch, refused
from opsconsole.config.settings import SourceSettings
from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.domain.log_query import LogQuery, LogSearch
from opsconsole.domain.log_record import LogRecord
from opsconsole.domain.selection import Selection
from opsconsole.domain.snapshot import Completeness
from opsconsole.domain.text import SafeText
from opsconsole.domain.time_range import TimeRange
from opsconsole.sources.elasticsearch.reader import PitReader
from opsconsole.sources.elasticsearch.source import ElasticsearchSource
from opsconsole.sources.wire import ELASTICSEARCH_READS, Wire

NOW = 1_800_000_000.0
PAGES = 200
"""More than any of these searches has."""
SEARCH = LogSearch(Selection(SafeText("prod")), TimeRange(NOW - 3600, NOW))


def source_of(server: MemoryElasticsearch, clock: FakeClock | None = None) -> ElasticsearchSource:
    clock = clock or FakeClock(NOW)
    settings = SourceSettings("http://es.test:9200", timeout=10)
    wire = Wire("elasticsearch", settings, clock, ELASTICSEARCH_READS, transport=httpx.MockTransport(server))
    return ElasticsearchSource(wire, "app-*", clock)


def filled(lines: int, step: float = 1.0) -> MemoryElasticsearch:
    server = MemoryElasticsearch()
    for number in range(lines):
        server.add(NOW - 2000 + number * step)
    return server


async def everything(reader: PitReader, limit: int) -> tuple[list[LogRecord], list[Completeness]]:
    lines: list[LogRecord] = []
    told: list[Completeness] = []
    for _ in range(PAGES):
        reading = await reader.older(limit)
        lines += reading.value.records
        told.append(reading.completeness)
        assert reading.value.total == len(lines)
        assert reading.value.total_is_exact is reading.value.exhausted
        if reading.value.exhausted:
            return lines, told
    raise AssertionError("no page is the last")


def assert_all_once(lines: list[LogRecord], server: MemoryElasticsearch) -> None:
    assert sorted(line.id for line in lines) == sorted(f"app-1/{name}" for name, _, _ in server.lines)
    times = [line.time for line in lines if line.time is not None]
    assert times == sorted(times, reverse=True)


@pytest.mark.parametrize(("lines", "limit", "pages"), [(95, 10, 10), (100, 10, 10), (3, 500, 1), (0, 10, 1), (1, 1, 1)])
async def test_every_line_comes_once_and_the_last_page_says_that_it_is_the_last(
    lines: int, limit: int, pages: int
) -> None:
    server = filled(lines)
    read, told = await everything(source_of(server).reader(SEARCH), limit)
    assert_all_once(read, server)
    assert len(told) == pages
    assert all(one.whole for one in told)


async def test_lines_of_one_moment_are_parted_between_pages_without_loss() -> None:
    server = filled(50, step=0.0)
    read, _ = await everything(source_of(server).reader(SEARCH), 7)
    assert_all_once(read, server)


async def test_lines_that_come_meanwhile_are_not_seen() -> None:
    server = filled(30)
    reader = source_of(server).reader(SEARCH)
    first = (await reader.older(10)).value.records
    before = list(server.lines)
    for moment in (NOW - 1, NOW - 1995.5):
        server.add(moment)
    rest = await everything_after(reader)
    assert {line.id for line in (*first, *rest)} == {f"app-1/{name}" for name, _, _ in before}


async def everything_after(reader: PitReader) -> list[LogRecord]:
    lines: list[LogRecord] = []
    for _ in range(PAGES):
        reading = await reader.older(10)
        lines += reading.value.records
        if reading.value.exhausted:
            return lines
    raise AssertionError("no page is the last")


async def test_a_search_is_the_same_on_every_page_and_goes_on_behind_the_last_line() -> None:
    server = filled(30)
    reader = source_of(server).reader(SEARCH)
    await reader.older(10)
    await reader.older(10)
    (first, second) = server.searches
    assert (first["query"], first["sort"]) == (second["query"], second["sort"])
    assert first["sort"][0]["@timestamp"]["format"] == "strict_date_optional_time_nanos"
    assert first["track_total_hits"] is False
    assert "search_after" not in first
    assert second["search_after"][1] == 20
    assert second["pit"]["keep_alive"] == "5m"


@pytest.mark.parametrize("step", [1.0, 0.0, 0.01])
async def test_a_place_that_was_forgotten_is_found_again_without_doubling_or_losing(step: float) -> None:
    server = filled(60, step=step)
    reader = source_of(server).reader(SEARCH)
    lines = list((await reader.older(7)).value.records)
    server.forget()
    reading = await reader.older(7)
    lines += reading.value.records
    assert any("forgotten the place" in note for note in reading.completeness.notes)
    for _ in range(3):
        lines += (await reader.older(7)).value.records
    server.forget()
    rest = await everything_after(reader)
    assert_all_once([*lines, *rest], server)


async def test_a_shard_that_forgot_its_part_of_the_place_is_no_hole() -> None:
    server = filled(30)
    reader = source_of(server).reader(SEARCH)
    lines = list((await reader.older(10)).value.records)
    failure = {"index": "app-1", "reason": {"type": "search_context_missing_exception", "reason": "No search context"}}
    server.partly = {"_shards": {"total": 2, "successful": 1, "failed": 1, "failures": [failure]}}
    told: list[bool] = []

    def once(request: httpx.Request) -> httpx.Response | None:
        if request.url.path.endswith("/_pit"):
            server.partly = {}
            told.append(True)
        return None

    server.failing = once
    rest = await everything_after(reader)
    assert told
    assert_all_once([*lines, *rest], server)


@pytest.mark.parametrize("status", [403, 404, 405, 400])
@pytest.mark.parametrize("step", [1.0, 0.0])
async def test_without_points_in_time_every_line_still_comes_once(status: int, step: float) -> None:
    server = filled(45, step=step)
    server.failing = lambda request: (
        refused(status, "illegal_argument_exception", "no") if request.url.path.endswith("/_pit") else None
    )
    read, told = await everything(source_of(server).reader(SEARCH), 10)
    assert_all_once(read, server)
    assert all(one.whole for one in told)
    assert sum(path.endswith("/_pit") for _, path, _ in server.asked) == 1


async def test_a_failed_shard_is_no_end_and_no_whole_page() -> None:
    server = filled(3)
    server.partly = {
        "_shards": {"total": 5, "failed": 1, "failures": [{"reason": {"type": "x", "reason": "node left"}}]}
    }
    reading = await source_of(server).reader(SEARCH).older(10)
    assert not reading.value.exhausted
    assert (reading.completeness.got, reading.completeness.wanted) == (4, 5)
    assert "node left" in reading.completeness.notes


async def test_a_search_that_ran_out_of_time_is_no_end() -> None:
    server = filled(0)
    server.partly = {"timed_out": True}
    reading = await source_of(server).reader(SEARCH).older(10)
    assert not reading.value.exhausted
    assert not reading.completeness.whole


async def test_a_page_that_failed_is_asked_for_again() -> None:
    server = filled(30)
    reader = source_of(server).reader(SEARCH)
    lines = list((await reader.older(10)).value.records)
    server.failing = lambda _: refused(503, "unavailable_shards_exception", "primary shard is not active")
    with pytest.raises(SourceError) as caught:
        await reader.older(10)
    assert caught.value.kind is ErrorKind.SERVER
    server.failing = lambda _: None
    rest = await everything_after(reader)
    assert_all_once([*lines, *rest], server)


async def test_closing_lets_the_server_forget_the_place_and_never_fails() -> None:
    server = filled(30)
    reader = source_of(server).reader(SEARCH)
    await reader.older(10)
    await reader.close()
    assert server.pits == {}
    server.failing = lambda _: refused(500, "x", "y")
    await reader.close()


async def test_nothing_is_asked_before_the_first_page() -> None:
    server = filled(3)
    await source_of(server).reader(SEARCH).close()
    assert server.asked == []


async def test_of_a_pattern_only_its_own_lines_are_given_however_rare() -> None:
    server = MemoryElasticsearch()
    for number in range(200):
        server.add(NOW - 2000 + number, message=f"took {number} ms" if number % 40 else "took 5 apples")
    query = LogQuery(pattern=SafeText("took <*> apples"))
    source = source_of(server)
    search = LogSearch(SEARCH.selection, SEARCH.span, query)
    reader = source.reader(search)
    lines: list[LogRecord] = []
    for _ in range(PAGES):
        reading = await reader.older(3)
        lines += reading.value.records
        if reading.value.exhausted:
            break
    assert [line.message for line in lines] == ["took 5 apples"] * 5
    newest = await source.newest(search, 2)
    assert [line.message for line in newest.value.records] == ["took 5 apples"] * 2
    await reader.close()
    assert server.pits == {}
