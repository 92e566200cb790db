"""An incident store in memory, with the rules of the real one."""

from __future__ import annotations

from collections.abc import Sequence

from opsconsole.domain.incident import Incident
from opsconsole.domain.incident_event import IncidentEvent, Unreadable
from opsconsole.domain.text import SafeText
from opsconsole.incidents.admission import admissible, admit, new_events
from opsconsole.incidents.folding import fold, in_order
from opsconsole.incidents.protocols import OPEN_AND_PAST, Decide, IncidentQuery, SimilarIncident, StoreError
from opsconsole.incidents.selecting import ranked, the_one, wanted
from opsconsole.incidents.similarity import like
from opsconsole.incidents.store.searching import words_of


class MemoryIncidents:
    """Keeps events for as long as the test runs. `broken` makes every call fail with it."""

    def __init__(self, *events: IncidentEvent) -> None:
        self.written: list[IncidentEvent] = list(events)
        self.broken: StoreError | None = None
        self.closed = False
        self._shared: set[str] = set()
        self._watermarks: dict[SafeText, int] = {}

    async def append(self, events: Sequence[IncidentEvent]) -> tuple[IncidentEvent, ...]:
        self._work()
        new = new_events((event.id for event in self.written), events)
        for name in dict.fromkeys(event.incident for event in new):
            admit(self._of(name), [event for event in new if event.incident == name])
        self.written += new
        return new

    async def append_decided(self, query: IncidentQuery, decide: Decide) -> tuple[IncidentEvent, ...]:
        return await self.append(decide(await self.incidents(query)))

    async def merge(self, events: Sequence[IncidentEvent]) -> tuple[IncidentEvent, ...]:
        self._work()
        for event in events:
            admissible(event)
        new = new_events((event.id for event in self.written), events)
        self.written += new
        self._shared |= {event.id for event in events}
        return new

    async def incident(self, incident: str) -> Incident:
        self._work()
        return fold(self._of(the_one(incident, self._ids)))

    async def events(self, incident: str) -> tuple[IncidentEvent, ...]:
        self._work()
        return in_order(self._of(the_one(incident, self._ids)))

    async def incidents(self, query: IncidentQuery = OPEN_AND_PAST) -> tuple[Incident, ...]:
        self._work()
        found = (one for one in self._all() if wanted(one, query) and self._says(one.id, query.words))
        return ranked(found)[: query.limit]

    async def similar(self, incident: Incident, limit: int = 5) -> tuple[SimilarIncident, ...]:
        self._work()
        return like(incident, self._all(), limit)

    async def changed(self, since: int = 0) -> int:  # noqa: ARG002 - the real one may save work by it
        self._work()
        return len(self.written)

    async def unshared(self, cluster: SafeText, limit: int = 500) -> tuple[IncidentEvent, ...]:
        self._work()
        clusters = {one.id: one.cluster for one in self._all()}
        waiting = (
            event
            for event in self.written
            if event.id not in self._shared
            and clusters[event.incident] == cluster
            and not isinstance(event.what, Unreadable)
        )
        return tuple(waiting)[:limit]

    async def mark_shared(self, events: Sequence[str]) -> None:
        self._work()
        self._shared |= set(events)

    async def watermark(self, cluster: SafeText) -> int:
        self._work()
        return self._watermarks.get(cluster, 0)

    async def set_watermark(self, cluster: SafeText, value: int) -> None:
        self._work()
        self._watermarks[cluster] = value

    async def close(self) -> None:
        self.closed = True

    def _work(self) -> None:
        if self.broken is not None:
            raise self.broken

    @property
    def _ids(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(event.incident for event in self.written))

    def _of(self, name: str) -> list[IncidentEvent]:
        return [event for event in self.written if event.incident == name]

    def _all(self) -> list[Incident]:
        return [fold(self._of(name)) for name in self._ids]

    def _says(self, name: str, words: str) -> bool:
        text = " ".join(words_of(event).lower() for event in self._of(name))
        return all(word in text for word in words.lower().split())
