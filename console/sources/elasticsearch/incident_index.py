"""The team's incidents in one index of Elasticsearch."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence

from opsconsole.clock import Clock
from opsconsole.domain.errors import ConfigError, ErrorKind, SourceError
from opsconsole.domain.incident import Incident
from opsconsole.domain.incident_event import IncidentEvent
from opsconsole.domain.text import SafeText
from opsconsole.sources.elasticsearch.incident_documents import document, head, is_name
from opsconsole.sources.elasticsearch.incident_reader import IncidentIndexReader
from opsconsole.sources.elasticsearch.incident_server import IncidentServer
from opsconsole.sources.wire import Wire
from opsconsole.sources.wire.one_index import PLAIN_INDEX

EVENTS_AT_ONCE = 200
BYTES_AT_ONCE = 4 * 1024 * 1024
"""Events, and bytes of them, that one request writes."""

HEAD = "head."
"""What the id of an incident's own document begins with; the rest is the incident's."""


class SharedIncidentIndex:
    """Implements `SharedIncidents`: `index` behind `wire`, which holds the incidents of `cluster`."""

    def __init__(self, wire: Wire, index: str, clock: Clock, *, cluster: SafeText, made: str) -> None:
        """`made` is a word of chance, for the index should it have to be made. Nothing is sent.

        Raises `ConfigError` where `index` is no index's own name.
        """
        if not PLAIN_INDEX.fullmatch(index):
            words = "is not the name of one index; write lower case letters, digits, dots and dashes, without a pattern"
            raise ConfigError(f"incidents: `index` {words}")
        self._server = IncidentServer(wire, index, made)
        self._clock = clock
        self._cluster = cluster

    async def send(self, events: Sequence[IncidentEvent]) -> tuple[str, ...]:
        """As `SharedIncidents.send`. What the server refuses is left out; when that is all, its reason is raised."""
        there: list[str] = []
        refused: dict[str, SafeText] = {}
        documents = await asyncio.to_thread(self._documents, events)
        for part in _parts(documents):
            outcomes = await self._server.create(part)
            there += [name for name, reason in outcomes.items() if not reason]
            refused |= {name: reason for name, reason in outcomes.items() if reason}
        if refused and not there:
            reason = next(iter(refused.values()))
            hint = "the console tries again; its own file has everything"
            raise SourceError(ErrorKind.UNPROCESSABLE, self._server.source, reason, hint=hint)
        return tuple(there)

    async def tell(self, incident: Incident) -> None:
        """As `SharedIncidents.tell`."""
        await self._server.replace(HEAD + incident.id, head(incident, self._cluster))

    def reader(self, watermark: int) -> IncidentIndexReader:
        """As `SharedIncidents.reader`."""
        return IncidentIndexReader(self._server, watermark, self._clock, self._cluster)

    async def close(self) -> None:
        """As `SharedIncidents.close`."""
        await self._server.close()

    def _documents(self, events: Sequence[IncidentEvent]) -> list[tuple[str, bytes]]:
        return [(event.id, document(event, self._cluster)) for event in events if is_name(event.id)]


def _parts(documents: Sequence[tuple[str, bytes]]) -> Iterator[list[tuple[str, bytes]]]:
    """`documents` in portions that one request bears."""
    part: list[tuple[str, bytes]] = []
    size = 0
    for one in documents:
        if part and (len(part) == EVENTS_AT_ONCE or size + len(one[1]) > BYTES_AT_ONCE):
            yield part
            part, size = [], 0
        part.append(one)
        size += len(one[1])
    if part:
        yield part
