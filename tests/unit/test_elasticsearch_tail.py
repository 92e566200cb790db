"""Following a search: what is new, what comes late, and what a failing server does to it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import httpx
import pytest

from fake_clock import FakeClock, settle
from memory_elasticsearch import MemoryElasticsearch, refused
from opsconsole.config.settings import SourceSettings
from opsconsole.domain.log_query import LogQuery, LogSearch, LogSyntax
from opsconsole.domain.log_record import TailBatch
from opsconsole.domain.selection import Selection
from opsconsole.domain.text import SafeText
from opsconsole.domain.time_range import TimeRange
from opsconsole.sources.elasticsearch.source import ElasticsearchSource
from opsconsole.sources.elasticsearch.tail_window import Count, Gap, TailWindow, width_for
from opsconsole.sources.wire import ELASTICSEARCH_READS, Wire

NOW = 1_800_000_000.0
ANYTHING = LogQuery()
SEARCH = LogSearch(Selection(SafeText("prod")), TimeRange(NOW - 60, NOW))


class Followed:
    """A tail in a task of its own, and what it has told."""

    def __init__(self, server: MemoryElasticsearch, after: float, query: LogQuery) -> None:
        self.server = server
        self.clock = FakeClock(NOW)
        settings = SourceSettings("http://es.test:9200", timeout=10)
        wire = Wire("elasticsearch", settings, self.clock, ELASTICSEARCH_READS, transport=httpx.MockTransport(server))
        self.source = ElasticsearchSource(wire, "app-*", self.clock)
        self.batches: list[TailBatch] = []
        self._search = LogSearch(SEARCH.selection, SEARCH.span, query)
        self._after = after

    async def run(self) -> None:
        async for batch in self.source.tail(self._search, self._after):
            self.batches.append(batch)

    async def poll(self, seconds: float = 1.0) -> None:
        """Let `seconds` pass, and whatever is asked then be answered."""
        await self.clock.advance(seconds)
        await self.rest()

    async def rest(self) -> None:
        """Return when the tail waits for time to pass."""
        for _ in range(2000):
            await settle()
            if self.clock.awaited:
                return
            await asyncio.sleep(0.005)  # a thread decodes
        raise AssertionError("the tail never waits")

    @property
    def messages(self) -> list[str]:
        return [str(line.message) for batch in self.batches for line in batch.records]

    @property
    def dropped(self) -> int:
        return sum(batch.dropped for batch in self.batches)

    @property
    def searches(self) -> int:
        return len(self.server.searches)

    @property
    def requests(self) -> int:
        return len(self.server.asked)


@contextlib.asynccontextmanager
async def following(
    server: MemoryElasticsearch, after: float = NOW - 5, query: LogQuery = ANYTHING
) -> AsyncIterator[Followed]:
    followed = Followed(server, after, query)
    task = asyncio.create_task(followed.run())
    try:
        await followed.rest()
        yield followed
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        await followed.source.close()


async def test_lines_later_than_the_moment_come_oldest_first_and_each_once() -> None:
    server = MemoryElasticsearch()
    for number in range(10):
        server.add(NOW - 9 + number, message=f"m{number}")
    async with following(server, after=NOW - 5) as tail:
        assert tail.messages == ["m5", "m6", "m7", "m8", "m9"]
        server.add(NOW + 0.5, message="new")
        await tail.poll()
        await tail.poll()
        assert tail.messages == ["m5", "m6", "m7", "m8", "m9", "new"]


async def test_nothing_new_is_no_batch_and_costs_one_small_request_a_second() -> None:
    server = MemoryElasticsearch()
    server.add(NOW - 1)
    async with following(server) as tail:
        told, asked = len(tail.batches), tail.searches
        for _ in range(5):
            await tail.poll()
        assert len(tail.batches) == told
        assert tail.searches == asked + 5
        assert all(body["size"] == 0 for body in server.searches[asked:])


async def test_a_line_that_comes_late_is_not_missed_and_its_neighbours_not_doubled() -> None:
    server = MemoryElasticsearch()
    for number in range(100):
        server.add(NOW - 4 + number * 0.04, message=f"m{number}")
    async with following(server) as tail:
        await tail.poll()
        server.add(NOW - 3.21, message="late")
        await tail.poll()
        assert tail.messages.count("late") == 1
        assert len(tail.messages) == 101
        await tail.poll(10)
        server.add(NOW - 3.2, message="later")
        await tail.poll()
        assert tail.messages.count("later") == 1
        assert len(tail.messages) == 102


async def test_lines_that_come_behind_much_newer_ones_are_not_missed() -> None:
    """As when a shipper has caught up on an hour: its newest lines are searchable before those of its other worker."""
    server = MemoryElasticsearch()
    server.add(NOW - 600, message="before")
    async with following(server, after=NOW - 700) as tail:
        server.add(NOW, message="newest")
        await tail.poll()
        for seconds in (1, 5, 8):
            server.add(NOW - 500 - seconds, message=f"{seconds} s behind it")
            await tail.poll(seconds)
        await tail.poll()
        assert tail.messages == ["before", "newest", "1 s behind it", "5 s behind it", "8 s behind it"]


async def test_after_an_outage_lines_of_before_it_may_come_for_a_minute() -> None:
    server = MemoryElasticsearch()
    server.add(NOW - 1, message="before")
    async with following(server) as tail:
        server.failing = lambda _: refused(503, "x", "restarting")
        for _ in range(20):
            await tail.poll()
        server.failing = lambda _: None
        server.add(NOW + 19, message="first of all")
        for second in range(65):
            server.add(NOW + 20 + second, message=f"m{second}")
            await tail.poll()
        server.add(NOW + 0.5, message="what was left behind")
        await tail.poll()
        assert tail.messages.count("what was left behind") == 1
        assert len(tail.messages) == 68


async def test_an_index_that_is_closed_for_a_while_is_no_fault_and_costs_no_line() -> None:
    server = MemoryElasticsearch()
    server.add(NOW - 2, message="before")
    async with following(server) as tail:
        server.closed = True
        await tail.poll()
        assert [batch.words for batch in tail.batches if batch.words] == []
        server.add(NOW - 1, message="meanwhile")
        server.closed = False
        await tail.poll()
        assert tail.messages == ["before", "meanwhile"]


async def test_two_lines_of_one_id_in_different_indices_are_two_lines() -> None:
    server = MemoryElasticsearch()
    server.add(NOW - 1, "same", "one", index="app-1")
    server.add(NOW - 1, "same", "two", index="app-2")
    async with following(server) as tail:
        assert tail.messages == ["one", "two"]


async def test_a_line_of_a_clock_that_is_ahead_keeps_no_other_from_being_found() -> None:
    server = MemoryElasticsearch()
    server.add(NOW + 3600, message="from the future")
    async with following(server) as tail:
        await tail.poll()
        server.add(NOW - 2, message="of now")
        await tail.poll()
        assert tail.messages == ["from the future", "of now"]


async def test_pages_are_read_until_nothing_is_left_even_of_one_moment() -> None:
    server = MemoryElasticsearch()
    for number in range(2500):
        server.add(NOW - 1, message=f"m{number}")
    for number in range(1500):
        server.add(NOW - 0.5 + number * 0.0002, message=f"n{number}")
    async with following(server) as tail:
        assert sorted(tail.messages) == sorted(line.split("|")[1] for _, _, line in server.lines)
        assert all(len(batch.records) <= 1000 for batch in tail.batches)


async def test_far_behind_it_skips_to_the_newest_and_counts_what_it_skipped() -> None:
    server = MemoryElasticsearch()
    for number in range(30_000):
        server.add(NOW - 30 + number * 0.001, message=str(number))
    async with following(server, after=NOW - 40) as tail:
        assert tail.dropped + len(tail.messages) == 30_000
        assert tail.dropped >= 20_000
        read = [int(message) for message in tail.messages]
        assert read == list(range(30_000 - len(read), 30_000))
        asked = tail.searches
        await tail.poll()
        assert tail.searches == asked + 1
        assert tail.dropped + len(tail.messages) == 30_000


async def test_far_behind_in_a_long_time_the_newest_are_found_by_counting_finer() -> None:
    server = MemoryElasticsearch()
    for number in range(1000):
        server.add(NOW - 80_000 + number * 70, message="old")
    for number in range(25_000):
        server.add(NOW - 25 + number * 0.001, message=str(number))
    async with following(server, after=NOW - 86_400) as tail:
        assert tail.dropped + len(tail.messages) == 26_000
        assert 0 < len(tail.messages) <= 10_000
        assert tail.messages[-1] == "24999"


@pytest.mark.parametrize("status", [429, 503, 500])
async def test_a_server_that_fails_is_asked_less_and_less_often_and_nothing_is_lost(status: int) -> None:
    server = MemoryElasticsearch()
    server.add(NOW - 1, message="before")
    async with following(server) as tail:
        server.failing = lambda _: refused(status, "some_exception", "not now")
        server.add(NOW + 1, message="meanwhile")
        asked = tail.requests
        for _ in range(15):
            await tail.poll()
        assert tail.requests - asked == 4  # after 1, 2, 4 and 8 seconds
        assert "not now" in tail.batches[-1].words
        server.failing = lambda _: None
        await tail.poll(30)
        assert tail.messages == ["before", "meanwhile"]
        assert tail.batches[-1].words == ""


async def test_what_the_server_asks_to_wait_is_waited() -> None:
    server = MemoryElasticsearch()
    async with following(server) as tail:
        busy = refused(429, "circuit_breaking_exception", "too much")
        busy.headers["Retry-After"] = "20"
        server.failing = lambda _: httpx.Response(429, content=busy.content, headers=busy.headers)
        await tail.poll()
        asked = tail.requests
        await tail.poll(19)
        assert tail.requests == asked
        await tail.poll(2)
        assert tail.requests == asked + 1


async def test_once_the_server_is_back_the_words_go_away_though_nothing_is_new() -> None:
    server = MemoryElasticsearch()
    server.partly = {"_shards": {"total": 1, "failed": 0}}
    async with following(server) as tail:
        server.failing = lambda _: refused(503, "x", "restarting")
        await tail.poll()
        assert tail.batches[-1].words
        server.failing = lambda _: None
        await tail.poll(5)
        assert tail.batches[-1].words == ""
        assert tail.batches[-1].completeness.whole


async def test_while_a_shard_is_missing_its_time_is_not_left_behind() -> None:
    server = MemoryElasticsearch()
    server.add(NOW - 1, message="first")
    async with following(server) as tail:
        failure = {"reason": {"type": "no_shard_available_action_exception", "reason": "recovering"}}
        server.partly = {"_shards": {"total": 2, "failed": 1, "failures": [failure]}}
        for number in range(60):
            server.add(NOW + number, message="of the other shard")
            await tail.poll()
        assert tail.batches[-1].completeness.got == 1
        assert "recovering" in tail.batches[-1].completeness.notes
        server.add(NOW + 1.5, message="of the shard that was away")
        server.partly = {}
        await tail.poll()
        await tail.poll()
        assert tail.messages.count("of the shard that was away") == 1
        assert tail.batches[-1].completeness.whole
        assert len(tail.messages) == 62


async def test_where_no_index_is_yet_it_says_so_and_begins_when_there_is_one() -> None:
    server = MemoryElasticsearch()
    fields, server.fields = server.fields, {}
    async with following(server) as tail:
        assert "no index matches app-*" in tail.batches[-1].words
        await tail.poll()
        assert len(tail.batches) == 1
        server.fields = fields
        server.add(NOW, message="the first")
        await tail.poll()
        assert tail.messages == ["the first"]
        assert tail.batches[-1].words == ""


async def test_a_query_that_does_not_parse_is_told_and_tried_again() -> None:
    server = MemoryElasticsearch()
    server.failing = lambda request: (
        refused(400, "query_shard_exception", "Failed to parse query [(]")
        if request.url.path.endswith("_search")
        else None
    )
    query = LogQuery(words=SafeText("("), syntax=LogSyntax.RAW)
    async with following(server, query=query) as tail:
        assert "Failed to parse query [(]" in tail.batches[-1].words
        assert "search for plain words" in tail.batches[-1].words


async def test_of_a_pattern_only_its_own_lines_come() -> None:
    server = MemoryElasticsearch()
    server.add(NOW - 2, message="took 5 apples")
    server.add(NOW - 1, message="took 5 ms")
    async with following(server, query=LogQuery(pattern=SafeText("took <*> apples"))) as tail:
        assert tail.messages == ["took 5 apples"]


async def test_how_far_behind_it_is_counts_from_the_newest_line() -> None:
    server = MemoryElasticsearch()
    server.add(NOW - 3)
    async with following(server) as tail:
        assert tail.batches[-1].behind == pytest.approx(3.0, abs=0.01)


async def test_there_is_never_more_than_one_request_of_a_tail() -> None:
    server = MemoryElasticsearch()
    waiting, asked = asyncio.Event(), asyncio.Event()
    flying: list[int] = [0, 0]

    async def slow(request: httpx.Request) -> httpx.Response:
        flying[0] += 1
        flying[1] = max(flying)
        asked.set()
        await waiting.wait()
        flying[0] -= 1
        return server(request)

    followed = Followed(server, NOW - 5, ANYTHING)
    settings = SourceSettings("http://es.test:9200", timeout=10)
    wire = Wire("elasticsearch", settings, followed.clock, ELASTICSEARCH_READS, transport=httpx.MockTransport(slow))
    followed.source = ElasticsearchSource(wire, "app-*", followed.clock)
    task = asyncio.create_task(followed.run())
    await asked.wait()
    await followed.clock.advance(5)
    waiting.set()
    await followed.rest()
    assert flying[1] == 1
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


def test_what_is_remembered_has_a_bound() -> None:
    window = TailWindow(1000)
    for moment in range(5000):
        window.take(moment, ("app", str(moment)))
    until = window.crowded_until()
    assert until is not None
    window.forget_before(until)
    assert len(window) <= 1000
    assert window.crowded_until() is None
    assert not window.take(4999, ("app", "4999"))


def test_a_part_that_is_read_in_vain_is_given_up_at_last() -> None:
    window = TailWindow(1000)
    gap = Gap(0, 100, 1)
    for _ in range(4):
        window.was_read(gap, 0)
        assert window.gaps([Count(0, 1)], 100) == [gap]
    window.was_read(gap, 0)
    assert window.gaps([Count(0, 1)], 100) == []
    assert window.gaps([Count(0, 2)], 100) == [Gap(0, 100, 1)]


def test_parts_grow_with_the_time_that_is_counted() -> None:
    assert width_for(0, 60_000) == 100
    assert width_for(0, 200_000) == 100
    assert width_for(0, 3_600_000) == 1800
