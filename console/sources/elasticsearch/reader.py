"""Reading a search back in time, page by page, in a point in time of the server's.

Every line has its own place there (`@timestamp`, then `_shard_doc`), so no page doubles or loses one. Where the
server forgets the point in time, or grants none, the place is found again by the last line's time: what it shares
that moment with is read again, and what was given before is left out.
"""

from __future__ import annotations

import asyncio
import contextlib

import msgspec

from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.domain.log_query import LogSearch
from opsconsole.domain.log_record import LogPage, LogRecord
from opsconsole.domain.snapshot import Completeness, Reading
from opsconsole.domain.text import SafeText
from opsconsole.sources.elasticsearch.answers import Hit, SearchAnswer
from opsconsole.sources.elasticsearch.clauses import Json
from opsconsole.sources.elasticsearch.decoding import passes, records_aside
from opsconsole.sources.elasticsearch.fields import TIMESTAMP, FieldMap
from opsconsole.sources.elasticsearch.query import (
    LARGEST_PAGE,
    NANOS_FORMAT,
    Restriction,
    between,
    by_time,
    milliseconds,
    restrict,
    shown_parts,
)
from opsconsole.sources.elasticsearch.refusals import explained
from opsconsole.sources.elasticsearch.server import KEEP_ALIVE, NAME, LogServer, no_index

PAGES_AT_ONCE = 10
"""Pages of the server that may be read for one page of lines, where most lines are none of the pattern."""

LARGEST_WINDOW = 10_000
"""Hits the server gives at once (`index.max_result_window`)."""

REOPENED = SafeText("the server had forgotten the place: read on from the last line, with what has come since")
CROWDED = SafeText("more lines share one moment than can be told apart here: the rest of them is left out")

_NO_PIT = frozenset({ErrorKind.FORBIDDEN, ErrorKind.NOT_FOUND, ErrorKind.UNSUPPORTED, ErrorKind.BAD_QUERY})
"""How a server refuses a point in time: for want of the privilege, or because it knows none."""

_ATTEMPTS = 3

Key = tuple[str, str]


class _Place(msgspec.Struct, frozen=True):
    """How far has been read.

    `pit` "" reads without a point in time. `after` is the sort of the last hit there, `time` that of the last line
    given, `same` the documents given of that time. Lines later than `ceiling` are behind us.
    """

    pit: str = ""
    after: tuple[str | int | float | None, ...] = ()
    time: str = ""
    same: frozenset[Key] = frozenset()
    ceiling: str = ""
    given: int = 0
    done: bool = False


class _Page(msgspec.Struct, frozen=True):
    """One answer: which of its hits were not given before, whether it may be cut off, and where it was asked."""

    answer: SearchAnswer
    places: list[Hit]
    fresh: list[int]
    full: bool
    place: _Place
    notes: tuple[SafeText, ...]


class PitReader:
    """Reads `search` from the newest line back."""

    def __init__(self, server: LogServer, search: LogSearch) -> None:
        """Nothing is asked before the first page."""
        self._server = server
        self._search = search
        self._place = _Place()
        self._pit = ""
        self._refused = False
        self._turn = asyncio.Lock()

    async def older(self, limit: int) -> Reading[LogPage]:
        """The next `limit` (≤ 500) lines back in time, newest first; `exhausted` in the last page.

        `total` counts the lines given so far, exactly when they are all. Raises `SourceError`; the same lines are
        then asked for again.
        """
        async with self._turn:
            fields = await self._server.fields(self._search)
            if not fields.index_count:
                return Reading(LogPage((), 0, exhausted=True), Completeness(notes=(no_index(self._server.index),)))
            restriction = restrict(self._search, fields)
            with explained(restriction):
                return await self._lines(fields, restriction, max(1, min(limit, LARGEST_PAGE)))

    async def _lines(self, fields: FieldMap, restriction: Restriction, limit: int) -> Reading[LogPage]:
        place, lines, whole = self._place, list[LogRecord](), Completeness(notes=restriction.notes)
        for _ in range(PAGES_AT_ONCE):
            if place.done or len(lines) >= limit or whole.got < whole.wanted:
                break
            # Of a pattern's candidates few may be its lines, so they are looked through in whole pages.
            count = limit - len(lines) if restriction.pattern is None else LARGEST_PAGE
            page = await self._next(place, fields, restriction, count)
            hits = [page.answer.hits.hits[number] for number in page.fresh[:count]]
            decoded = await records_aside(hits, fields.candidates)
            passing = [number for number, line in enumerate(decoded) if passes(line, restriction.pattern)]
            wanted = passing[: limit - len(lines)]
            lines += [decoded[number] for number in wanted]
            seen = wanted[-1] + 1 if len(wanted) < len(passing) else len(hits)
            place, told = self._behind(page, seen)
            whole = _both(whole, told)
        place = msgspec.structs.replace(place, given=self._place.given + len(lines))
        self._place = place
        return Reading(LogPage(tuple(lines), place.given, place.done, exhausted=place.done), whole)

    async def _next(self, place: _Place, fields: FieldMap, restriction: Restriction, count: int) -> _Page:
        notes: tuple[SafeText, ...] = ()
        for _ in range(_ATTEMPTS):
            if not place.pit:
                place = await self._opened(place)
            body = self._body(place, fields, restriction, count)
            answer = await self._asked(place, body)
            if answer is not None:
                places = answer.hits.places()
                fresh = [number for number, hit in enumerate(places) if hit.key not in place.same]
                return _Page(answer, places, fresh, len(places) >= body["size"], place, notes)
            # Forgotten: the ids of the last moment keep its lines from coming twice.
            place = msgspec.structs.replace(place, pit="", after=(), ceiling=place.time)
            notes = (REOPENED,)
        raise SourceError(ErrorKind.SERVER, NAME, SafeText("it keeps no point in time"))

    async def _opened(self, place: _Place) -> _Place:
        if self._refused:
            return msgspec.structs.replace(place, ceiling=place.time)
        try:
            self._pit = await self._server.open_pit()
        except SourceError as error:
            if error.kind not in _NO_PIT:
                raise
            self._refused = True
            return msgspec.structs.replace(place, ceiling=place.time)
        return msgspec.structs.replace(place, pit=self._pit)

    async def _asked(self, place: _Place, body: Json) -> SearchAnswer | None:
        """The answer, None when the server no longer knows the point in time."""
        try:
            answer = await self._server.search(body)
        except SourceError as error:
            if place.pit and error.kind is ErrorKind.NOT_FOUND:
                return None
            raise
        if place.pit and answer.forgotten:
            return None
        self._pit = answer.pit_id or self._pit
        return answer

    def _body(self, place: _Place, fields: FieldMap, restriction: Restriction, count: int) -> Json:
        times = [between(self._search.span)]
        if place.ceiling:
            times.append({"range": {TIMESTAMP: {"lte": place.ceiling, "format": NANOS_FORMAT}}})
        body: Json = {
            "query": restriction.query(*times),
            # One more tells whether there is more.
            "size": count + 1,
            "sort": [by_time(fields, descending=True)],
            **shown_parts(fields),
            "track_total_hits": False,
            "timeout": milliseconds(self._server.budget),
        }
        if place.pit:
            body["pit"] = {"id": place.pit, "keep_alive": KEEP_ALIVE}
            body["sort"].append({"_shard_doc": "desc"})
            if place.after:
                body["search_after"] = list(place.after)
        else:
            body["sort"].append({"_doc": "desc"})
            body["size"] = min(LARGEST_WINDOW, count + 1 + len(place.same))
        return body

    def _behind(self, page: _Page, seen: int) -> tuple[_Place, Completeness]:
        """The place behind the first `seen` of the page's hits that were not given before, and how whole it is."""
        answer, place = page.answer, page.place
        completeness = answer.completeness(page.notes)
        more = seen < len(page.fresh)
        moved = _moved(place, [page.places[number] for number in page.fresh[:seen]])
        if place.pit and page.places:
            last = page.places[page.fresh[seen - 1] if more and seen else -1]
            moved = msgspec.structs.replace(moved, pit=self._pit, after=tuple(last.sort))
        elif page.full and not page.fresh:
            completeness = _both(completeness, Completeness(notes=(CROWDED,)))
            return msgspec.structs.replace(moved, done=True), completeness
        whole = completeness.got >= completeness.wanted and not answer.timed_out
        return msgspec.structs.replace(moved, done=whole and not more and not page.full), completeness

    async def close(self) -> None:
        """Let the server forget the place. Never raises."""
        pit, self._pit = self._pit, ""
        if pit:
            with contextlib.suppress(SourceError):
                await self._server.close_pit(pit)


def _moved(place: _Place, given: list[Hit]) -> _Place:
    """`place` after the hits of `given`."""
    if not given:
        return place
    time = given[-1].time
    same = frozenset(hit.key for hit in given if hit.time == time)
    return msgspec.structs.replace(place, time=time, same=same | place.same if time == place.time else same)


def _both(one: Completeness, other: Completeness) -> Completeness:
    notes = tuple(dict.fromkeys((*one.notes, *other.notes)))
    worse = min((one, other), key=lambda part: part.got / max(1, part.wanted))
    return Completeness(worse.got, worse.wanted, notes)
