"""Reading beyond the newest page of a search: back in pages, on as lines come."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import msgspec

from fake_clock import FakeClock, settle
from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.domain.log_query import LogSearch
from opsconsole.domain.log_record import LogLevel, LogPage, LogRecord, TailBatch
from opsconsole.domain.selection import Selection
from opsconsole.domain.snapshot import Reading, SourceName
from opsconsole.domain.text import SafeText
from opsconsole.domain.time_range import TimeRange
from opsconsole.feeds.log_following import LogFollowing, OlderState
from still_sources import StillSource

SPAN = TimeRange(1000.0, 2000.0)
SEARCH = LogSearch(Selection(SafeText("c")), SPAN)


def line(number: int) -> LogRecord:
    return LogRecord(SafeText(f"n{number}"), 1000.0 + number, LogLevel.INFO, SafeText("s"), SafeText(f"line {number}"))


def page(*numbers: int) -> LogPage:
    return LogPage(tuple(map(line, numbers)), 100)


class Source(StillSource):
    """Remembers its readers."""

    def __init__(self, *pages: LogPage) -> None:
        super().__init__(SourceName.ELASTICSEARCH)
        self.pages = list(pages)
        self.spans: list[TimeRange] = []
        self.closed = 0
        self.tails_open = 0
        self.fault: Exception | None = None

    def reader(self, search: LogSearch) -> Reader:  # type: ignore[override]
        self.spans.append(search.span)
        return Reader(self)

    async def tail(self, search: LogSearch, after: float) -> AsyncGenerator[TailBatch, None]:
        self.tails_open += 1
        try:
            async for batch in super().tail(search, after):
                yield batch
        finally:
            self.tails_open -= 1


class Reader:
    def __init__(self, source: Source) -> None:
        self._source = source

    async def older(self, limit: int) -> Reading[LogPage]:
        del limit
        if self._source.fault is not None:
            raise self._source.fault
        if self._source.failing is not None:
            raise self._source.failing
        return Reading(self._source.pages.pop(0))

    async def close(self) -> None:
        self._source.closed += 1


class Taker:
    """Knows lines by id, as the list does."""

    def __init__(self, *known: int) -> None:
        self.known = {line(number).id for number in known}
        self.newer: list[TailBatch] = []
        self.changes = 0

    def older_came(self, page: LogPage) -> int:
        new = {record.id for record in page.records} - self.known
        self.known |= new
        return len(new)

    def newer_came(self, batch: TailBatch) -> None:
        self.newer.append(batch)

    def reading_changed(self) -> None:
        self.changes += 1


def following(source: Source, taker: Taker, clock: FakeClock | None = None) -> LogFollowing:
    made = LogFollowing(taker, clock or FakeClock())
    made.ask(source, SEARCH)
    made.reaches(line(50), exhausted=False)
    return made


async def test_it_reads_back_from_the_oldest_line_with_one_reader_until_nothing_is_older() -> None:
    source, taker = Source(page(49, 48), msgspec.structs.replace(page(47), exhausted=True)), Taker(50)
    reading = following(source, taker)
    reading.read_older(line(50))
    assert reading.state is OlderState.READING
    reading.read_older(line(50))
    await settle()
    assert reading.state is OlderState.READY
    reading.read_older(line(48))
    await settle()
    assert reading.at_start(line(47))
    reading.read_older(line(47))
    await settle()
    assert source.spans == [TimeRange(1000.0, 1050.0)]
    assert source.pages == []
    await reading.stop()
    assert source.closed == 1


async def test_after_lines_were_dropped_it_begins_anew_where_the_lines_at_hand_begin() -> None:
    source, taker = Source(page(49, 48), page(70, 69)), Taker(50)
    reading = following(source, taker)
    reading.read_older(line(50))
    await settle()
    reading.read_older(line(71))
    await settle()
    assert [span.end for span in source.spans] == [1050.0, 1071.0]
    assert source.closed == 1
    await reading.stop()


async def test_after_the_lines_began_anew_it_reads_back_from_where_they_begin_now() -> None:
    source, taker = Source(page(49), page(79)), Taker(50)
    reading = following(source, taker)
    reading.read_older(line(50))
    await settle()
    reading.reaches(line(80), exhausted=False)
    reading.read_older(line(80))
    await settle()
    assert [span.end for span in source.spans] == [1050.0, 1080.0]
    assert source.closed == 1


async def test_from_a_line_that_came_after_the_range_it_reads_back_from_there_and_not_from_the_range_s_end() -> None:
    source, taker = Source(page(1199)), Taker(1200)
    reading = following(source, taker)
    reading.reaches(line(1200), exhausted=False)
    reading.read_older(line(1200))
    await settle()
    assert source.spans == [TimeRange(SPAN.start, 2200.0)]
    await reading.stop()


async def test_a_page_under_way_is_dropped_when_the_lines_begin_anew() -> None:
    source, taker = Source(page(49)), Taker(50)
    reading = following(source, taker)
    reading.read_older(line(50))
    reading.reaches(line(80), exhausted=False)
    await settle()
    assert line(49).id not in taker.known
    assert reading.state is OlderState.READY


async def test_pages_that_bring_nothing_new_are_passed_over() -> None:
    source, taker = Source(page(50, 49), page(48)), Taker(50, 49)
    reading = following(source, taker)
    reading.read_older(line(49))
    await settle()
    assert line(48).id in taker.known
    await reading.stop()


async def test_a_failure_is_told_and_not_tried_again_at_once() -> None:
    clock = FakeClock()
    source, taker = Source(page(49)), Taker(50)
    source.failing = SourceError(ErrorKind.TIMEOUT, "elasticsearch")
    reading = following(source, taker, clock)
    reading.read_older(line(50))
    await settle()
    assert reading.state is OlderState.FAILED
    assert "did not answer in time" in reading.problem
    source.failing = None
    reading.read_older(line(50))
    await settle()
    assert source.pages
    await clock.advance(4)
    reading.read_older(line(50))
    await settle()
    assert not source.pages
    await reading.stop()


async def test_a_fault_of_the_console_s_own_is_told_and_ends_nothing_else() -> None:
    source, taker = Source(), Taker(50)
    source.fault = ValueError("off by one")
    reading = following(source, taker)
    reading.read_older(line(50))
    await settle()
    assert reading.state is OlderState.FAILED
    assert "ValueError: off by one" in reading.problem
    await reading.stop()


async def test_new_lines_are_told_with_what_was_skipped_until_it_rests() -> None:
    source, taker = Source(), Taker(50)
    source.tail_batches = (TailBatch((line(51),), dropped=3, behind=12.0), TailBatch((), behind=99.0))
    reading = following(source, taker)
    reading.follow(1050.0)
    reading.follow(1050.0)
    await settle()
    assert [batch.records for batch in taker.newer] == [(line(51),), ()]
    assert reading.skipped == 3
    assert reading.behind == 0.0, "where nothing was written nothing is late"
    assert [about for heard, about in source.asked if heard == "tail"] == [(SEARCH, 1050.0)]
    reading.rest()
    await settle()
    assert (reading.follows, source.tails_open) == (False, 0)
    await reading.stop()


async def test_another_question_ends_everything_about_the_one_before() -> None:
    source, taker = Source(page(49)), Taker(50)
    reading = following(source, taker)
    reading.follow(1050.0)
    reading.read_older(line(50))
    await settle()
    reading.ask(Source(), SEARCH)
    await settle()
    assert (source.tails_open, source.closed) == (0, 1)
    assert (reading.state, reading.skipped) == (OlderState.READY, 0)
    await reading.stop()


async def test_stopping_waits_until_nothing_runs_any_more() -> None:
    source, taker = Source(), Taker(50)
    reading = following(source, taker)
    reading.follow(1050.0)
    await settle()
    await reading.stop()
    assert source.tails_open == 0
    assert not [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
