"""Elasticsearch as the console's source of log lines."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import msgspec

from opsconsole.clock import Clock
from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.domain.log_record import LogPage
from opsconsole.domain.scope import Selection
from opsconsole.domain.snapshot import Completeness, Reading, SourceName
from opsconsole.domain.text import SafeText
from opsconsole.domain.time_range import TimeRange
from opsconsole.safe_text import safe_text
from opsconsole.sources.elasticsearch.answers import Root, SearchAnswer
from opsconsole.sources.elasticsearch.client import answered, client_over
from opsconsole.sources.elasticsearch.decoding import histogram_buckets, records
from opsconsole.sources.elasticsearch.fields import FieldCaps, FieldMap, asked_fields, field_map
from opsconsole.sources.elasticsearch.query import Json, Restriction, histogram_body, newest_body, restrict
from opsconsole.sources.lenient_json import decode_body
from opsconsole.sources.protocols import Health
from opsconsole.sources.wire import Wire

if TYPE_CHECKING:
    from elasticsearch import AsyncElasticsearch

FIELDS_KEPT_FOR = 300.0
"""Seconds after which the fields are asked for again: a new service may log in another shape."""

SERVER_SHARE = 0.8
"""Part of the deadline the server gets for a search; it then answers with what it has."""

NAME = SourceName.ELASTICSEARCH

_SEARCH_ANSWERS = msgspec.json.Decoder(SearchAnswer)
_FIELD_CAPS = msgspec.json.Decoder(FieldCaps)


class ElasticsearchSource:
    """Searches `index` (an index, alias, data stream or comma-separated patterns) over `wire`."""

    name = NAME

    def __init__(self, wire: Wire, index: str, clock: Clock) -> None:
        """Nothing is imported, sent or checked before the first question."""
        self._wire = wire
        self._index = index
        self._clock = clock
        self._client: AsyncElasticsearch | None = None
        self._known_fields: tuple[float, FieldMap] | None = None
        self._opening = asyncio.Lock()
        self._asking = asyncio.Lock()

    async def newest(self, selection: Selection, span: TimeRange, limit: int) -> Reading[LogPage]:
        """The newest `limit` (≤ 500) lines in `span`, newest first, without histogram."""
        fields = await self._fields()
        if not fields.index_count:
            return self._no_index()
        restriction = restrict(selection, span, fields)
        answer = await self._search(newest_body(restriction, fields, limit, self._server_budget()))
        page = _page(answer, restriction)
        # Five hundred documents take tens of milliseconds of Python, which a thread leaves the screen between.
        lines = await asyncio.to_thread(records, answer.hits.hits)
        return Reading(msgspec.structs.replace(page.value, records=lines), page.completeness)

    async def histogram(self, selection: Selection, span: TimeRange, columns: int) -> Reading[LogPage]:
        """Counts by level over `span` in about `columns` buckets; `records` stays empty."""
        fields = await self._fields()
        if not fields.index_count:
            return self._no_index()
        restriction = restrict(selection, span, fields)
        body, width = histogram_body(restriction, fields, span, columns, self._server_budget())
        answer = await self._search(body)
        page = _page(answer, restriction)
        bars = answer.aggregations.bars if answer.aggregations else None
        buckets = histogram_buckets(bars, fields) if bars else ()
        return Reading(msgspec.structs.replace(page.value, buckets=buckets, bucket_width=width), page.completeness)

    async def health(self) -> Health:
        """The fields of the indices prove the place is right; version and name where `GET /` is allowed."""
        self._known_fields = None
        fields = await self._fields()
        root = await self._wire.request("GET", "/", accept=range(300, 600))
        known = root.decode(Root) if root.status == 200 else Root()
        return Health(
            source=self.name,
            url=safe_text(self._wire.url),
            version=safe_text(known.version.number, 64),
            identity=safe_text(known.cluster_name, 128),
            latency=root.latency,
            clock_skew=root.clock_skew,
            missing=fields.missing(),
        )

    async def close(self) -> None:
        """Give back connections."""
        client, self._client = self._client, None
        if client is not None:
            await client.close()
        await self._wire.close()

    async def _fields(self) -> FieldMap:
        async with self._asking:
            now = self._clock.monotonic()
            if self._known_fields is not None and now - self._known_fields[0] < FIELDS_KEPT_FOR:
                return self._known_fields[1]
            client = await self._connected()
            call = client.field_caps(
                index=self._index, fields=list(asked_fields()), ignore_unavailable=True, allow_no_indices=True
            )
            fields = field_map(decode_body(await answered(call, self.name.value), _FIELD_CAPS, self.name.value))
            # Without an index there is nothing to remember: the first line may come at any moment.
            self._known_fields = (now, fields) if fields.index_count else None
            return fields

    async def _search(self, body: Json) -> SearchAnswer:
        client = await self._connected()
        call = client.search(index=self._index, body=body, ignore_unavailable=True, allow_no_indices=True)
        return decode_body(await answered(call, self.name.value), _SEARCH_ANSWERS, self.name.value)

    async def _connected(self) -> AsyncElasticsearch:
        async with self._opening:
            if self._client is None:
                try:
                    self._client = await asyncio.to_thread(client_over, self._wire)
                except ImportError as error:
                    detail = SafeText("the elasticsearch package can't be imported")
                    raise SourceError(ErrorKind.UNSUPPORTED, self.name.value, detail) from error
            return self._client

    def _server_budget(self) -> float:
        return self._wire.timeout * SERVER_SHARE

    def _no_index(self) -> Reading[LogPage]:
        note = safe_text(f"no index matches {self._index}: set `index` of elasticsearch", 200)
        return Reading(LogPage((), 0), Completeness(notes=(note,)))


def _page(answer: SearchAnswer, restriction: Restriction) -> Reading[LogPage]:
    total = answer.hits.total
    page = LogPage((), total.value if total else 0, total_is_exact=total is not None and total.relation == "eq")
    return Reading(page, answer.completeness(restriction.notes))
