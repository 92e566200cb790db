"""The requests to Elasticsearch that a log source sends, each a read."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import msgspec

from opsconsole.clock import Clock
from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.domain.log_query import LogSearch
from opsconsole.domain.snapshot import SourceName
from opsconsole.domain.text import SafeText
from opsconsole.safe_text import safe_text
from opsconsole.sources.elasticsearch.answers import OpenedPit, SearchAnswer
from opsconsole.sources.elasticsearch.clauses import Json
from opsconsole.sources.elasticsearch.client import answered, client_over
from opsconsole.sources.elasticsearch.fields import (
    Concept,
    FieldCaps,
    FieldMap,
    asked_fields,
    candidates_with,
    field_map,
)
from opsconsole.sources.lenient_json import decode_body
from opsconsole.sources.wire import Wire

if TYPE_CHECKING:
    from elasticsearch import AsyncElasticsearch

FIELDS_KEPT_FOR = 300.0
"""Seconds after which the fields are asked for again: a new service may log in another shape."""

LACKING_KEPT_FOR = 3.0
"""The same where what is asked about has no field yet: the first line that tells it may have come."""

SERVER_SHARE = 0.8
"""Part of the deadline the server gets for a search; it then answers with what it has."""

KEEP_ALIVE = "5m"
"""How long the server keeps a point in time after the last page; each page asks for as long again."""

NAME = SourceName.ELASTICSEARCH.value

_SEARCH_ANSWERS = msgspec.json.Decoder(SearchAnswer)
_FIELD_CAPS = msgspec.json.Decoder(FieldCaps)
_PITS = msgspec.json.Decoder(OpenedPit)


class LogServer:
    """`index` (an index, alias, data stream or comma-separated patterns) behind `wire`.

    `configured` are names of fields by concept that stand before the usual ones. Every method raises `SourceError`.
    """

    def __init__(self, wire: Wire, index: str, clock: Clock, configured: Mapping[str, tuple[str, ...]]) -> None:
        """Nothing is imported, sent or checked before the first question."""
        self.index = index
        self.clock = clock
        self._wire = wire
        self._candidates = candidates_with(configured)
        self._client: AsyncElasticsearch | None = None
        self._known: tuple[float, FieldMap] | None = None
        self._others: dict[str, None] = {}
        self._opening = asyncio.Lock()
        self._asking = asyncio.Lock()

    @property
    def budget(self) -> float:
        """Seconds the server may take for one search."""
        return self._wire.timeout * SERVER_SHARE

    @property
    def known_fields(self) -> FieldMap:
        """The fields as far as they are known; without any before the first question."""
        return self._known[1] if self._known else FieldMap({}, False, 0, candidates=self._candidates)

    def forget_fields(self) -> None:
        """Have the next question ask for the fields again."""
        self._known = None

    async def fields(self, search: LogSearch | None = None, *others: str) -> FieldMap:
        """The fields there are, those that `search` filters by and `others` among them; asked for now and then."""
        wanted = (*(() if search is None else _asked_about(search)), *others)
        async with self._asking:
            now = self.clock.monotonic()
            known = self._known
            unknown = [name for name in wanted if known is None or not known[1].knows(name)]
            if known is not None and not unknown and now - known[0] < _lifetime(known[1], wanted):
                return known[1]
            self._others |= dict.fromkeys(unknown)
            capabilities = await self._capabilities()
            if capabilities.failed_indices and known is not None and not unknown:
                return known[1]
            fields = field_map(capabilities, self._candidates, self._others)
            # Without all indices there is nothing to remember: the first line may come at any moment.
            remembered = fields.index_count and not capabilities.failed_indices
            self._known = (now, fields) if remembered else None
            return fields

    async def _capabilities(self) -> FieldCaps:
        client = await self._connected()
        names = list(asked_fields(self._candidates, self._others))
        call = client.field_caps(index=self.index, fields=names, ignore_unavailable=True, allow_no_indices=True)
        return decode_body(await answered(call, NAME), _FIELD_CAPS, NAME)

    async def search(self, body: Json) -> SearchAnswer:
        """The answer to a search in all indices, or in the point in time that `body` names."""
        client = await self._connected()
        if "pit" in body:
            call = client.search(body=body)
        else:
            call = client.search(index=self.index, body=body, ignore_unavailable=True, allow_no_indices=True)
        return decode_body(await answered(call, NAME), _SEARCH_ANSWERS, NAME)

    async def open_pit(self) -> str:
        """The id of a new point in time over all indices."""
        client = await self._connected()
        call = client.open_point_in_time(index=self.index, keep_alive=KEEP_ALIVE, ignore_unavailable=True)
        return decode_body(await answered(call, NAME), _PITS, NAME).id

    async def close_pit(self, pit: str) -> None:
        """Let the server forget `pit`."""
        client = await self._connected()
        await answered(client.close_point_in_time(id=pit), NAME)

    async def close(self) -> None:
        """Give back connections."""
        client, self._client = self._client, None
        if client is not None:
            await client.close()
        await self._wire.close()

    async def _connected(self) -> AsyncElasticsearch:
        async with self._opening:
            if self._client is None:
                try:
                    self._client = await asyncio.to_thread(client_over, self._wire)
                except ImportError as error:
                    detail = SafeText("the elasticsearch package can't be imported")
                    raise SourceError(ErrorKind.UNSUPPORTED, NAME, detail) from error
            return self._client


def _asked_about(search: LogSearch) -> list[str]:
    """Names, as a `LogFilter` has them, of what the lines of `search` must tell; a namespace need not be told."""
    selection = search.selection
    told = {
        Concept.SERVICE: selection.service,
        Concept.POD: selection.pod,
        Concept.TRACE: selection.trace,
    }
    return [*(concept.value for concept, value in told.items() if value), *(one.field for one in search.query.filters)]


def _lifetime(fields: FieldMap, wanted: Sequence[str]) -> float:
    """Seconds for which the fields are good for a question about `wanted`; a line needs a message and a level, too."""
    found = all(fields.named(name) for name in wanted) and not fields.missing()
    return FIELDS_KEPT_FOR if found else LACKING_KEPT_FOR


def no_index(index: str) -> SafeText:
    """The words for a pattern that no index matches."""
    return safe_text(f"no index matches {index}: set `index` of elasticsearch", 200)
