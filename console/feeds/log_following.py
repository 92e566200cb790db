"""Reads log lines beyond the newest page of a search: older pages when they are wanted, new lines as they come."""

from __future__ import annotations

import asyncio
import enum
import logging
from collections.abc import Coroutine
from contextlib import aclosing
from typing import Any, Protocol

import msgspec

from opsconsole.clock import Clock
from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.domain.log_query import LogSearch
from opsconsole.domain.log_record import LogPage, LogRecord, TailBatch
from opsconsole.domain.snapshot import WHOLE, Completeness
from opsconsole.domain.text import SafeText
from opsconsole.domain.time_range import TimeRange
from opsconsole.safe_text import safe_text
from opsconsole.sources.protocols import LogReader, LogSource

PAGE_LINES = 500
"""Lines of an older page."""
_PATIENCE = 3.0
"""Seconds after a failure in which nobody is asked for older lines again, however often they are wanted."""
_PAGES_AT_ONCE = 20
"""Pages read in a row while they bring nothing new: lines of one instant, which the range begins with anew."""

log = logging.getLogger(__name__)


class OlderState(enum.Enum):
    """How the reading of older lines stands. START: there are none."""

    READY = "ready"
    READING = "reading"
    START = "start"
    FAILED = "failed"


class LogTaker(Protocol):
    """Who takes the lines. All calls come in the event loop."""

    def older_came(self, page: LogPage) -> int:
        """Take a page of older lines, newest first. Returns how many of them were not known."""
        ...

    def newer_came(self, batch: TailBatch) -> None:
        """Take lines that were written since."""
        ...

    def reading_changed(self) -> None:
        """The way the reading stands changed."""
        ...


class LogFollowing:
    """Owns at most one task that reads back and one that follows, for one search at a time."""

    def __init__(self, taker: LogTaker, clock: Clock) -> None:
        """Nothing is read before `ask`."""
        self._taker = taker
        self._clock = clock
        self._source: LogSource | None = None
        self._search: LogSearch | None = None
        self._reader: LogReader | None = None
        self._reached: SafeText | None = None
        self._older: asyncio.Task[None] | None = None
        self._tail: asyncio.Task[None] | None = None
        self._closing: set[asyncio.Task[None]] = set()
        self._tries_at = float("-inf")
        self.state = OlderState.READY
        self.problem = SafeText("")
        self.completeness: Completeness = WHOLE
        self.behind = 0.0
        self.skipped = 0
        self.tail_words = SafeText("")

    # --- one search

    def ask(self, source: LogSource | None, search: LogSearch) -> None:
        """Read `search` of `source` from now on; what was read of another is let go."""
        self.cancel()
        self._source, self._search = source, search
        self._reached, self._tries_at = None, float("-inf")
        self.state, self.problem, self.completeness = OlderState.READY, SafeText(""), WHOLE
        self.behind, self.skipped, self.tail_words = 0.0, 0, SafeText("")

    def cancel(self) -> None:
        """End both tasks; what they wait for is dropped."""
        self.rest()
        self._drop_older()

    async def stop(self) -> None:
        """`cancel`, and wait until all has ended."""
        ending = [task for task in (self._older, self._tail) if task is not None]
        self.cancel()
        tasks = [*ending, *self._closing]
        await asyncio.gather(*tasks, return_exceptions=True)

    # --- back

    def reaches(self, oldest: LogRecord | None, *, exhausted: bool) -> None:
        """The first page is there, down to `oldest`; nothing older matches when it is `exhausted`.

        What was read back before stood elsewhere: going on from there would leave out what lies between.
        """
        self._drop_older()
        self._reached = oldest.id if oldest is not None else None
        self.state = OlderState.START if exhausted or oldest is None else OlderState.READY

    def at_start(self, oldest: LogRecord | None) -> bool:
        """Whether nothing in the search's range is older than `oldest`."""
        return self.state is OlderState.START and (oldest is None or oldest.id == self._reached)

    def read_older(self, oldest: LogRecord) -> None:
        """Read on from `oldest`; nothing happens while that is under way, at the start, and shortly after a failure."""
        busy = self._older is not None and not self._older.done()
        if busy or self.at_start(oldest) or self._clock.monotonic() < self._tries_at:
            return
        self.state, self.problem = OlderState.READING, SafeText("")
        self._older = self._begin(self._read_back(oldest))
        self._taker.reading_changed()

    async def _read_back(self, oldest: LogRecord) -> None:
        try:
            reader = self._reader_from(oldest)
            for _ in range(_PAGES_AT_ONCE):
                reading = await reader.older(PAGE_LINES)
                page, self.completeness = reading.value, reading.completeness
                self.state = OlderState.START if page.exhausted else OlderState.READY
                if page.records:
                    self._reached = page.records[-1].id
                if self._taker.older_came(page) or page.exhausted:
                    break
        except SourceError as error:
            self._failed(error.sentence)
        self._taker.reading_changed()

    def _reader_from(self, oldest: LogRecord) -> LogReader:
        """The reader that stands at `oldest`; another one when it stands elsewhere, or there is none."""
        if self._source is None or self._search is None:
            raise SourceError(ErrorKind.CONFIGURATION, "logs")
        reader = self._reader
        if reader is not None and self._reached == oldest.id:
            return reader
        self._close_reader()
        span = self._search.span
        # The line may have come by following, after the end that the range had when it was asked for.
        end = span.end if oldest.time is None else max(span.start, oldest.time)
        self._reader = self._source.reader(msgspec.structs.replace(self._search, span=TimeRange(span.start, end)))
        return self._reader

    def _drop_older(self) -> None:
        """Read no further back from where that stands."""
        if self._older is not None:
            self._older.cancel()
        self._older = None
        self._close_reader()

    def _close_reader(self) -> None:
        reader, self._reader = self._reader, None
        if reader is not None:
            closing = asyncio.ensure_future(reader.close())
            self._closing.add(closing)
            closing.add_done_callback(self._closing.discard)

    def _failed(self, sentence: SafeText) -> None:
        self.state, self.problem = OlderState.FAILED, sentence
        self._tries_at = self._clock.monotonic() + _PATIENCE

    # --- on

    @property
    def follows(self) -> bool:
        """Whether new lines are taken as they come."""
        return self._tail is not None and not self._tail.done()

    def follow(self, after: float) -> None:
        """Take lines later than `after` (unix seconds) as they come; nothing happens when that is done already."""
        if self._tail is None and self._source is not None and self._search is not None:
            self._tail = self._begin(self._take_newer(self._source, self._search, after))

    def rest(self) -> None:
        """Take no new lines any more."""
        if self._tail is not None:
            self._tail.cancel()
        self._tail, self.behind, self.tail_words = None, 0.0, SafeText("")

    async def _take_newer(self, source: LogSource, search: LogSearch, after: float) -> None:
        async with aclosing(source.tail(search, after)) as batches:
            async for batch in batches:
                # Where nothing was written nothing is late.
                self.behind = batch.behind if batch.records else 0.0
                self.tail_words = batch.words
                self.skipped += batch.dropped
                self._taker.newer_came(batch)
                await asyncio.sleep(0)  # keys come first, however fast lines come

    # --- tasks

    def _begin(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.ensure_future(work)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        """Say so when a task ended with a fault of the console's own: it must not go unseen, nor end the others."""
        fault = None if task.cancelled() else task.exception()
        if fault is None:
            return
        log.error("fault while reading log lines", exc_info=fault)
        name = self._source.name.value if self._source is not None else "logs"
        told = SourceError(ErrorKind.INTERNAL, name, safe_text(f"{type(fault).__name__}: {fault}", 200)).sentence
        if task is self._tail:
            self.tail_words = told
        else:
            self._failed(told)
        self._taker.reading_changed()
