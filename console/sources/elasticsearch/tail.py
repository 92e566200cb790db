"""Following a search: asking again and again for what is new, and for what comes late."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import aclosing

import msgspec

from opsconsole.domain.errors import SourceError
from opsconsole.domain.log_query import LogSearch
from opsconsole.domain.log_record import LogRecord, TailBatch
from opsconsole.domain.snapshot import WHOLE, Completeness
from opsconsole.domain.text import SafeText
from opsconsole.sources.elasticsearch.answers import DateBars, Hit, SearchAnswer
from opsconsole.sources.elasticsearch.clauses import Json
from opsconsole.sources.elasticsearch.decoding import milliseconds_of, passes, records_aside
from opsconsole.sources.elasticsearch.fields import TIMESTAMP, FieldMap
from opsconsole.sources.elasticsearch.query import (
    NANOS_FORMAT,
    Restriction,
    by_time,
    milliseconds,
    restrict,
    shown_parts,
)
from opsconsole.sources.elasticsearch.refusals import explained
from opsconsole.sources.elasticsearch.server import NAME, LogServer, no_index
from opsconsole.sources.elasticsearch.tail_window import GRAIN, Count, Gap, TailWindow, width_for
from opsconsole.sources.moments import rfc3339

POLL = 1.0
"""Seconds from one poll's begin to the next's; an index is refreshed once a second by default."""

OVERLAP = 15.0
"""Seconds in which late lines are still looked for: a refresh and a shipper's batch. They count from the newest line
back, and from the moment on at which that line was found: after an outage minutes of lines come in any order."""

RECOVERY = 60.0
"""Seconds after a failure in which nothing is left behind: shippers try again once a minute (Filebeat's
`backoff.max`), and a shard that recovers shows its lines in no order."""

PAGE = 1_000
LARGEST_WINDOW = 10_000

HOPELESS = 20_000
"""Lines waiting to be read above which all but the newest `NEWEST_KEPT` are skipped."""

NEWEST_KEPT = 5_000

READ_AGAIN = 500
"""Lines that may be read again to spare a request."""

REMEMBERED = 150_000
"""Documents remembered, about 15 MB: what 10,000 lines a second make in `OVERLAP`."""

LONGEST_WAIT = 30.0
"""Seconds between two attempts at a server that fails; they begin at one poll and double."""


async def followed(
    server: LogServer, search: LogSearch, after: float, *, overlap: float = OVERLAP
) -> AsyncGenerator[TailBatch, None]:
    """Lines of `search` later than `after` (unix seconds), as `LogSource.tail` has it."""
    tail = _Tail(server, search, after, overlap)
    wait = POLL
    while True:
        began = server.clock.monotonic()
        try:
            async with aclosing(tail.poll()) as batches:
                async for batch in batches:
                    yield batch
        except SourceError as error:
            tail.failed()
            yield tail.batch(words=error.sentence)
            pause = max(wait, error.retry_after or 0.0)
            wait = min(LONGEST_WAIT, wait * 2)
        else:
            wait = POLL
            pause = max(0.0, POLL - (server.clock.monotonic() - began))
        await server.clock.sleep(pause)


class _Counted(msgspec.Struct, frozen=True):
    """What the server counts by parts of `width` milliseconds, and where something is to be read."""

    counts: list[Count]
    gaps: list[Gap]
    width: int
    dropped: int
    completeness: Completeness


class _Tail:
    """One search that is followed. `_floor` is the unix millisecond before which nothing is looked for."""

    def __init__(self, server: LogServer, search: LogSearch, after: float, overlap: float) -> None:
        self._server = server
        self._search = search
        self._overlap = int(overlap * 1000)
        self._after = after
        self._floor = int(after * 1000) // GRAIN * GRAIN
        self._newest: int | None = None
        self._known = deque[tuple[float, int]]()
        self._stays_until = -math.inf
        self._window = TailWindow(REMEMBERED)
        self._told = TailBatch()
        self._crowded = False

    def failed(self) -> None:
        """Leave nothing behind until a while after this is over: what was there meanwhile may come in any order."""
        self._stays_until = math.inf

    def batch(
        self,
        lines: tuple[LogRecord, ...] = (),
        dropped: int = 0,
        completeness: Completeness = WHOLE,
        words: SafeText = SafeText(""),
    ) -> TailBatch:
        """A batch that says how far behind we are, remembered as the last one told."""
        newest = self._after if self._newest is None else self._newest / 1000
        behind = max(0.0, self._server.clock.now() - newest)
        self._told = TailBatch(lines, dropped, behind, completeness, words)
        return self._told

    async def poll(self) -> AsyncGenerator[TailBatch, None]:
        """Whatever is there that was not read. Raises `SourceError`; what was read by then is not read again."""
        fields = await self._server.fields(self._search)
        if not fields.index_count:
            words = no_index(self._server.index)
            if self._told.words != words:
                yield self.batch(words=words)
            return
        restriction = restrict(self._search, fields)
        with explained(restriction):
            async with aclosing(self._read(fields, restriction)) as batches:
                async for batch in batches:
                    yield batch

    async def _read(self, fields: FieldMap, restriction: Restriction) -> AsyncGenerator[TailBatch, None]:
        now = int(self._server.clock.now() * 1000)
        counted = await self._counted(now, restriction)
        if counted.dropped:
            yield self.batch(dropped=counted.dropped, completeness=counted.completeness)
        whole = counted.completeness
        for run in _runs(counted):
            found: dict[int, int] = {}
            async with aclosing(self._pages(run[0].start, run[-1].end, fields, restriction)) as pages:
                async for answer, places in pages:
                    decoded = await records_aside(answer.hits.hits, fields.candidates)
                    lines = self._fresh(places, decoded, found, counted.width)
                    whole = whole if answer.whole else answer.completeness()
                    if shown := tuple(line for line in lines if passes(line, restriction.pattern)):
                        yield self.batch(shown, completeness=answer.completeness(restriction.notes))
            if whole.whole and (left := self._settled(run, found)):
                yield self.batch(dropped=left, completeness=whole)
        notes = (*restriction.notes, *whole.notes, *self._move(now, whole=whole.whole))
        whole = msgspec.structs.replace(whole, notes=notes)
        if self._told.completeness != whole or self._told.words:
            yield self.batch(completeness=whole)

    async def _counted(self, now: int, restriction: Restriction) -> _Counted:
        """How many lines lie where, again and finer where all but the last part are to be skipped."""
        dropped = 0
        while True:
            width = width_for(self._floor, max(now, self._newest or 0))
            answer = await self._server.search(self._count_body(restriction, width))
            # A search that no shard answers, as while an index is closed, counts nothing at all.
            bars = answer.part("parts", DateBars, NAME).buckets if answer.aggregations else ()
            counts = [Count(bar.key, bar.doc_count) for bar in bars]
            gaps = self._window.gaps(counts, width)
            near, far = _parted(gaps)
            dropped += sum(gap.lines for gap in far)
            for gap in far:
                self._window.give_up(gap)
            if width > GRAIN and near and near[0].lines > HOPELESS:
                self._rise(near[0].start)
                continue
            return _Counted(counts, near, width, dropped, answer.completeness())

    def _settled(self, run: list[Gap], found: dict[int, int]) -> int:
        """Note that `run` has been read; how many of its lines can't be, because too many share one moment."""
        left = 0
        for gap in run:
            lacking = gap.lines - found.get(gap.start, 0)
            if self._crowded and lacking > 0:
                self._window.give_up(Gap(gap.start, gap.end, lacking))
                left += lacking
            else:
                self._window.was_read(gap, found.get(gap.start, 0))
        self._crowded = False
        return left

    def _count_body(self, restriction: Restriction, width: int) -> Json:
        parts = {"field": TIMESTAMP, "fixed_interval": f"{width}ms", "min_doc_count": 1, "format": "epoch_millis"}
        return {
            "query": restriction.query(*self._since()),
            "size": 0,
            "aggs": {"parts": {"date_histogram": parts}},
            "track_total_hits": False,
            "timeout": milliseconds(self._server.budget),
        }

    def _since(self) -> list[Json]:
        """Later than `after`, and not before the floor."""
        floor = {"range": {TIMESTAMP: {"gte": self._floor, "format": "epoch_millis"}}}
        if self._floor > self._after * 1000:
            return [floor]
        return [floor, {"range": {TIMESTAMP: {"gt": rfc3339(self._after), "format": NANOS_FORMAT}}}]

    async def _pages(
        self, start: int, end: int, fields: FieldMap, restriction: Restriction
    ) -> AsyncGenerator[tuple[SearchAnswer, list[Hit]], None]:
        """All lines from `start` to before `end`, ascending; those at the seam of two pages come twice."""
        cursor: Json = {"gte": start, "format": "epoch_millis"}
        skipped, time = 0, ""
        while True:
            answer = await self._server.search(self._page_body(cursor, end, skipped, fields, restriction))
            places = answer.hits.places()
            yield answer, places
            if len(places) < PAGE:
                return
            if places[-1].time != time:
                skipped, time = 0, places[-1].time
                cursor = {"gte": time, "format": NANOS_FORMAT}
                continue
            # A whole page of one moment: only its place in the order tells the next page from this one.
            skipped += PAGE
            if skipped + PAGE > LARGEST_WINDOW:
                self._crowded = True
                skipped, time = 0, ""
                cursor = {"gt": places[-1].time, "format": NANOS_FORMAT}

    def _page_body(self, cursor: Json, end: int, skipped: int, fields: FieldMap, restriction: Restriction) -> Json:
        until = {"range": {TIMESTAMP: {"lt": end, "format": "epoch_millis"}}}
        return {
            "query": restriction.query({"range": {TIMESTAMP: cursor}}, until, *self._since()),
            "from": skipped,
            "size": PAGE,
            "sort": [by_time(fields, descending=False), {"_doc": "asc"}],
            **shown_parts(fields),
            "track_total_hits": False,
            "timeout": milliseconds(self._server.budget),
        }

    def _fresh(
        self, places: list[Hit], decoded: tuple[LogRecord, ...], found: dict[int, int], width: int
    ) -> list[LogRecord]:
        """The lines of a page that were not read before; from now on they were."""
        fresh: list[LogRecord] = []
        for hit, line in zip(places, decoded, strict=True):
            moment = milliseconds_of(hit.time)
            if moment is None or not self._window.take(moment, hit.key):
                continue
            part = moment // width * width
            found[part] = found.get(part, 0) + 1
            self._newest = max(moment, self._newest or moment)
            fresh.append(line)
        return fresh

    def _move(self, now: int, *, whole: bool) -> tuple[SafeText, ...]:
        """Let the floor rise to what may still come late, and say so where it has to rise further."""
        if not whole:
            self.failed()
        elif self._newest is not None:
            self._leave_behind(min(self._newest, now))
        crowded = self._window.crowded_until()
        if crowded is None:
            return ()
        self._rise(crowded)
        seconds = max(0.0, (now - crowded) / 1000)
        return (SafeText(f"so many lines that late ones are looked for over the last {seconds:.0f} s alone"),)

    def _leave_behind(self, newest: int) -> None:
        """Let the floor rise below `newest`, and no higher than the newest line that was known `OVERLAP` ago."""
        known, now = self._known, self._server.clock.monotonic()
        known.append((now, newest))
        while len(known) > 1 and known[1][0] <= now - self._overlap / 1000:
            known.popleft()
        since, then = known[0]
        if self._stays_until == math.inf:
            self._stays_until = now + RECOVERY
        if now >= self._stays_until and since <= now - self._overlap / 1000:
            self._rise(min(then, newest - self._overlap))

    def _rise(self, moment: int) -> None:
        floor = moment // GRAIN * GRAIN
        if floor > self._floor:
            self._floor = floor
            self._window.forget_before(floor)


def _parted(gaps: list[Gap]) -> tuple[list[Gap], list[Gap]]:
    """The gaps to read, and those to skip because they are hopelessly many; at least the last is read."""
    if sum(gap.lines for gap in gaps) <= HOPELESS:
        return gaps, []
    first, waiting = len(gaps) - 1, gaps[-1].lines
    while first and waiting + gaps[first - 1].lines <= NEWEST_KEPT:
        first -= 1
        waiting += gaps[first].lines
    return gaps[first:], gaps[:first]


def _runs(counted: _Counted) -> list[list[Gap]]:
    """Gaps to be read at once: it costs less to read a few lines between them again than to ask twice."""
    gaps = {gap.start: gap for gap in counted.gaps}
    runs: list[list[Gap]] = []
    between = 0
    for count in counted.counts:
        gap = gaps.get(count.start)
        if gap is None:
            between += count.lines
        elif runs and between <= READ_AGAIN:
            runs[-1].append(gap)
            between = 0
        else:
            runs.append([gap])
            between = 0
    return runs
