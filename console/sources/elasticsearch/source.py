"""Elasticsearch as the console's source of log lines."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping

import msgspec

from opsconsole.clock import Clock
from opsconsole.domain.log_query import FieldValue, LogSearch
from opsconsole.domain.log_record import LogPage, LogRecord, TailBatch
from opsconsole.domain.selection import Selection
from opsconsole.domain.snapshot import Completeness, Reading, SourceName
from opsconsole.domain.text import SafeText
from opsconsole.safe_text import safe_text
from opsconsole.sources.elasticsearch.answers import Bars, Root, SearchAnswer
from opsconsole.sources.elasticsearch.decoding import histogram_buckets, records_aside
from opsconsole.sources.elasticsearch.field_values import field_values, nothing_to_count, values_body
from opsconsole.sources.elasticsearch.fields import Concept, FieldMap
from opsconsole.sources.elasticsearch.kibana import Kibana, discover_url
from opsconsole.sources.elasticsearch.query import Restriction, between, histogram_body, newest_body, restrict
from opsconsole.sources.elasticsearch.reader import PitReader
from opsconsole.sources.elasticsearch.refusals import explained
from opsconsole.sources.elasticsearch.server import LogServer, no_index
from opsconsole.sources.elasticsearch.surroundings import Surroundings
from opsconsole.sources.elasticsearch.tail import followed
from opsconsole.sources.protocols import Health
from opsconsole.sources.wire import Wire

NAME = SourceName.ELASTICSEARCH

OTHER_PATTERNS = SafeText("counted by the words of the pattern: lines of other patterns with the same words count, too")


class ElasticsearchSource:
    """Searches `index` (an index, alias, data stream or comma-separated patterns) over `wire`."""

    name = NAME

    def __init__(
        self,
        wire: Wire,
        index: str,
        clock: Clock,
        *,
        fields: Mapping[str, tuple[str, ...]] | None = None,
        kibana: Kibana | None = None,
    ) -> None:
        """Nothing is imported, sent or checked before the first question.

        `fields` are names by concept (`service`, `level` …) that stand before those the console knows; `kibana` is
        where the same search can be opened in a browser.
        """
        self._wire = wire
        self._server = LogServer(wire, index, clock, fields or {})
        self._kibana = kibana

    async def newest(self, search: LogSearch, limit: int) -> Reading[LogPage]:
        """The newest `limit` (≤ 500) lines of `search`, newest first, without histogram."""
        fields = await self._server.fields(search)
        if not fields.index_count:
            return self._no_index()
        restriction = restrict(search, fields)
        if restriction.pattern is not None:
            return await self._newest_of_pattern(search, limit)
        body = newest_body(restriction.query(between(search.span)), fields, limit, self._server.budget)
        with explained(restriction):
            answer = await self._server.search(body)
        page = _page(answer, restriction)
        # Five hundred documents take tens of milliseconds of Python, which a thread leaves the screen between.
        lines = await records_aside(answer.hits.hits, fields.candidates)
        return Reading(msgspec.structs.replace(page.value, records=lines), page.completeness)

    async def _newest_of_pattern(self, search: LogSearch, limit: int) -> Reading[LogPage]:
        """Which lines are of a pattern shows only here, so they are read until there are enough of them."""
        reader = self.reader(search)
        try:
            return await reader.older(limit)
        finally:
            await reader.close()

    async def histogram(self, search: LogSearch, columns: int) -> Reading[LogPage]:
        """Counts by level over the search's span in about `columns` buckets; `records` stays empty."""
        fields = await self._server.fields(search)
        if not fields.index_count:
            return self._no_index()
        restriction = restrict(search, fields)
        query = restriction.query(between(search.span))
        body, width = histogram_body(query, fields, search.span, columns, self._server.budget)
        with explained(restriction):
            answer = await self._server.search(body)
        page = _page(answer, restriction, *_uncounted_levels(fields))
        buckets = histogram_buckets(answer.part("bars", Bars, NAME.value), fields) if answer.aggregations else ()
        return Reading(msgspec.structs.replace(page.value, buckets=buckets, bucket_width=width), page.completeness)

    def reader(self, search: LogSearch) -> PitReader:
        """Reads `search` page by page. Nothing is asked before the first page."""
        return PitReader(self._server, search)

    def tail(self, search: LogSearch, after: float) -> AsyncGenerator[TailBatch, None]:
        """Lines of `search` later than `after` (unix seconds) as they come."""
        return followed(self._server, search, after)

    async def around(self, record: LogRecord, selection: Selection, lines: int) -> Reading[LogPage]:
        """Up to `lines` lines before and as many after `record`, newest first, `record` among them."""
        return await Surroundings(self._server, record, selection, lines).read()

    async def values(self, search: LogSearch, field: SafeText, limit: int) -> Reading[tuple[FieldValue, ...]]:
        """The most frequent values of `field` (named as in `LogFilter`) among the lines of `search`."""
        fields = await self._server.fields(search, field)
        if not fields.index_count:
            return Reading((), Completeness(notes=(no_index(self._server.index),)))
        restriction, named = restrict(search, fields), fields.named(field)
        if not any(one.aggregatable for one in named):
            return nothing_to_count(field, named, restriction.notes)
        body = values_body(restriction.query(between(search.span)), named, limit, self._server.budget)
        with explained(restriction):
            answer = await self._server.search(body)
        return field_values(field, answer, named, limit, restriction)

    def link(self, search: LogSearch) -> SafeText | None:
        """The same search in Kibana's Discover, where `kibana` is configured."""
        if self._kibana is None:
            return None
        return discover_url(self._kibana, search, self._server.known_fields)

    async def health(self) -> Health:
        """The fields of the indices prove the place is right; version and name where `GET /` is allowed."""
        self._server.forget_fields()
        fields = await self._server.fields()
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
        await self._server.close()

    def _no_index(self) -> Reading[LogPage]:
        return Reading(LogPage((), 0), Completeness(notes=(no_index(self._server.index),)))


def _page(answer: SearchAnswer, restriction: Restriction, *notes: SafeText) -> Reading[LogPage]:
    total = answer.hits.total
    exact = total is not None and total.relation == "eq" and restriction.pattern is None
    page = LogPage((), total.value if total else 0, total_is_exact=exact)
    more = () if restriction.pattern is None else (OTHER_PATTERNS,)
    return Reading(page, answer.completeness((*restriction.notes, *notes, *more)))


def _uncounted_levels(fields: FieldMap) -> tuple[SafeText, ...]:
    """Why the levels of some lines are not in the histogram."""
    return tuple(
        safe_text(f"{field.name} is of several kinds in these indices: levels of some lines are not counted", 200)
        for field in fields.by_concept.get(Concept.LEVEL, ())
        if field.mixed
    )
