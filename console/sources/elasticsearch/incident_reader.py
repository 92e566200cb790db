"""Reads the team's index in the order in which documents were written, leaving none out.

Elasticsearch numbers every write of a shard (`_seq_no`) before a search can see it, so a number may come to light
after a higher one. Every number is given, so one that is missing is a gap: it is asked for again for as long as a
write may take. Most gaps stay: a document that was replaced has left its number.
"""

from __future__ import annotations

import asyncio
from collections.abc import Container, Sequence

from opsconsole.clock import Clock
from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.domain.incident_event import IncidentEvent
from opsconsole.domain.text import SafeText
from opsconsole.incidents.protocols import SharedRead
from opsconsole.sources.elasticsearch.incident_documents import EVENT, event_of
from opsconsole.sources.elasticsearch.incident_server import IncidentServer, Place

PAGE = 1000
"""Documents looked at in one request, without their content."""

EVENTS_AT_ONCE = 500
BYTES_AT_ONCE = 4 * 1024 * 1024
"""Events, and bytes of them, that one call reads."""

GAP_AGE = 60.0
"""Seconds after which a number that is missing will not come any more; a request of ours gives up long before."""

GAPS_AT_MOST = 10_000

RE_READ = 1000
"""How many numbers are gone back when the index has another primary: it may have forgotten the last writes of the old
one, and given their numbers anew. It forgets what nobody was told is written, never more than a few."""

_SEQUENCE_BITS = 40


class IncidentIndexReader:
    """Implements `SharedReader`. A watermark holds which index it is of, and the number up to which all were read."""

    def __init__(self, server: IncidentServer, watermark: int, clock: Clock, cluster: SafeText) -> None:
        """`cluster` is what this console calls the index's cluster."""
        self._server = server
        self._clock = clock
        self._cluster = cluster
        self._identity = watermark >> _SEQUENCE_BITS
        self._settled = (watermark & ((1 << _SEQUENCE_BITS) - 1)) - 1
        self._high = self._settled
        self._top: Place | None = None
        self._term = 0
        self._gaps: dict[int, float] = {}
        self._settling: tuple[int, float] | None = None

    async def read(self, known: Container[str] = ()) -> SharedRead:
        """As `SharedReader.read`."""
        identity = await self._server.identity()
        anew = self._identity not in (0, identity)
        if anew:
            self._restart()
        self._identity = identity
        try:
            places = await self._server.places(self._high, list(self._gaps), PAGE)
        except SourceError as error:
            if error.kind is not ErrorKind.NOT_FOUND:
                raise
            self._server.forget()  # the index was deleted: the next call makes another
            places = []
        if not any(place.number >= self._high for place in places):
            return self._lost(anew=anew)
        if self._term and max(place.term for place in places) > self._term:
            self._go_back()
            self._term = max(place.term for place in places)
            return SharedRead((), self._watermark, more=True, anew=anew)
        return await self._read(places, known, anew=anew)

    async def _read(self, places: Sequence[Place], known: Container[str], *, anew: bool) -> SharedRead:
        fresh = [place for place in places if place != self._top]
        taken, whole = _portion(fresh, known)
        wanted = [place for place in taken if place.kind == EVENT and place.id not in known]
        events, skipped = await self._events(wanted)
        self._pass(taken)
        more = not whole or len(places) == PAGE
        if not more:
            self._settle()
        return SharedRead(events, self._watermark, more, anew, skipped)

    async def _events(self, places: Sequence[Place]) -> tuple[tuple[IncidentEvent, ...], int]:
        """Events at `places`, in their order, and how many are none or too large."""
        if not places:
            return (), 0
        try:
            hits = await self._server.contents([place.id for place in places])
        except SourceError as error:
            if error.kind is not ErrorKind.TOO_LARGE:
                raise
            if len(places) == 1:
                return (), 1
            middle = len(places) // 2
            first, second = await self._events(places[:middle]), await self._events(places[middle:])
            return (*first[0], *second[0]), first[1] + second[1]
        made = await asyncio.to_thread(lambda: [event_of(hit, self._cluster) for hit in hits])
        events = {event.id: event for event in made if event is not None}
        return tuple(events[place.id] for place in places if place.id in events), made.count(None)

    def _pass(self, taken: Sequence[Place]) -> None:
        """All of `taken` is read: what is missing between is a gap from now on."""
        now = self._clock.monotonic()
        numbers = {place.number for place in taken}
        high = max((self._high, *numbers))
        beyond = range(max(self._high + 1, high - GAPS_AT_MOST), high)
        self._gaps |= {number: now for number in beyond if number not in numbers}
        young = [(number, since) for number, since in self._gaps.items() if now - since < GAP_AGE]
        self._gaps = dict([one for one in young if one[0] not in numbers][-GAPS_AT_MOST:])
        self._high = high
        self._top = next((place for place in reversed(taken) if place.number == high), self._top)
        self._term = max((self._term, *(place.term for place in taken)))

    def _settle(self) -> None:
        """Move the watermark to what was read a minute ago: no gap below it is filled, and no primary forgets it."""
        now = self._clock.monotonic()
        if self._settling is None:
            self._settling = (self._high, now)
        elif now - self._settling[1] >= GAP_AGE:
            self._settled = max(self._settled, self._settling[0])
            self._settling = (self._high, now)

    def _lost(self, *, anew: bool) -> SharedRead:
        """What was read last is not there any more: it is another index, or one that was put back."""
        if self._high < 0:
            return SharedRead((), self._watermark, anew=anew)
        self._server.forget()
        self._restart()
        return SharedRead((), 0, more=True, anew=True)

    def _restart(self) -> None:
        self._settled = self._high = -1
        self._top = None
        self._term = 0
        self._gaps = {}
        self._settling = None

    def _go_back(self) -> None:
        self._high = max(-1, self._high - RE_READ)
        self._settled = min(self._settled, self._high)
        self._top = None
        self._gaps = {}
        self._settling = None

    @property
    def _watermark(self) -> int:
        return (self._identity << _SEQUENCE_BITS) | (self._settled + 1)


def _portion(places: Sequence[Place], known: Container[str]) -> tuple[Sequence[Place], bool]:
    """The first of `places` whose events can be read at once, and whether these are all."""
    count = size = 0
    for number, place in enumerate(places):
        if place.kind != EVENT or place.id in known:
            continue
        count, size = count + 1, size + max(0, place.size)
        if count > EVENTS_AT_ONCE or (size > BYTES_AT_ONCE and count > 1):
            return places[:number], False
    return places, True
