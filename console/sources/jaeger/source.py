"""Jaeger as the console's source of traces."""

from __future__ import annotations

import asyncio

from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.domain.selection import Selection
from opsconsole.domain.snapshot import Completeness, Reading, SourceName
from opsconsole.domain.text import SafeText
from opsconsole.domain.time_range import TimeRange
from opsconsole.domain.topology import Topology
from opsconsole.domain.trace import Trace, TraceList
from opsconsole.domain.trace_query import TraceSearch
from opsconsole.safe_text import safe_text
from opsconsole.sources.jaeger.attribute_search import WRONG_API
from opsconsole.sources.jaeger.dependencies import dependencies
from opsconsole.sources.jaeger.dialects import Dialect, Legacy, Otlp
from opsconsole.sources.jaeger.finding import Finder, unreadable
from opsconsole.sources.jaeger.identifiers import asked_trace_id
from opsconsole.sources.jaeger.matching import grouped
from opsconsole.sources.protocols import Health
from opsconsole.sources.wire import Wire

NAME = SourceName.JAEGER

SERVICES_SEARCHED = 8
"""Services searched when none is selected; each costs the store a search, or two."""

_ITS_OWN = frozenset({"jaeger", "jaeger-query", "jaeger-all-in-one", "jaeger-collector"})


class JaegerSource:
    """Traces over `wire`, by the v3 API where there is one."""

    name = NAME

    def __init__(self, wire: Wire) -> None:
        """Nothing is sent before the first question."""
        self._wire = wire
        self._dialect: Dialect | None = None
        self._finder: Finder | None = None
        self._choosing = asyncio.Lock()

    async def search(self, search: TraceSearch, limit: int) -> Reading[TraceList]:
        """Traces of the selected service that match, at most `limit`: errors first, then the slowest.

        Without a service, of up to `SERVICES_SEARCHED` services. With a trace selected, that one alone.
        What the server does not heed is left out here, and said in a note.
        """
        if search.selection.trace is not None:
            return await self._only(search.selection.trace)
        dialect, finder = await self._chosen()
        services, notes = await self._searched(dialect, search.selection)
        return await finder.find(search, services, limit, notes)

    async def trace(self, trace_id: SafeText) -> Reading[Trace]:
        """One trace, whole, by its id in any spelling, or by a text that holds one.

        `SourceError` of kind NOT_FOUND when the store lacks it, BAD_QUERY for no id.
        """
        wanted = asked_trace_id(trace_id)
        if wanted is None:
            detail = safe_text(f"there is no trace id in {str(trace_id)!r}", 200)
            raise SourceError(ErrorKind.BAD_QUERY, self.name.value, detail, hint="a trace id has 32 or 16 hex digits")
        dialect, _ = await self._chosen()
        found = await dialect.trace(wanted)
        traces = grouped([found.spans])
        if not traces:
            detail = SafeText(f"no trace {wanted}")
            hint = "it may have been dropped by sampling, or be too old"
            raise SourceError(ErrorKind.NOT_FOUND, self.name.value, detail, hint=hint)
        return Reading(traces[0], Completeness(notes=tuple(unreadable([found]))))

    async def services(self) -> Reading[tuple[SafeText, ...]]:
        """Names of the services it has spans of, sorted."""
        dialect, _ = await self._chosen()
        names, _ = await dialect.services()
        return Reading(tuple(sorted({safe_text(name, 256) for name in names if name})))

    async def operations(self, service: SafeText) -> Reading[tuple[SafeText, ...]]:
        """Names of the service's operations, sorted."""
        dialect, _ = await self._chosen()
        names = await dialect.operations(str(service))
        return Reading(tuple(sorted({safe_text(name, 512) for name in names if name})))

    async def dependencies(self, span: TimeRange) -> Reading[Topology]:
        """Who called whom in `span`, as the store counted; no edges, and a note, where it does not count."""
        return await dependencies(self._wire, span)

    async def health(self) -> Health:
        """The list of services, which every version and every store behind it can give."""
        dialect, _ = await self._chosen()
        services, answer = await dialect.services()
        return Health(
            source=self.name,
            url=safe_text(self._wire.url),
            version=dialect.title,
            identity=SafeText(f"{len(services)} services"),
            latency=answer.latency,
            clock_skew=answer.clock_skew,
            missing=() if services else (SafeText("spans of any service"),),
        )

    async def close(self) -> None:
        """Give back connections."""
        await self._wire.close()

    async def _chosen(self) -> tuple[Dialect, Finder]:
        """The API this server speaks, found once, and who searches by it."""
        async with self._choosing:
            if self._dialect is None or self._finder is None:
                newer, older = Otlp(self._wire), Legacy(self._wire)
                chosen: Dialect = newer
                try:
                    await newer.services()
                except SourceError as refusal:
                    if refusal.kind not in WRONG_API:
                        raise
                    await self._must_speak(older, refusal)
                    chosen = older
                self._dialect, self._finder = chosen, Finder(chosen, older)
            return self._dialect, self._finder

    async def _must_speak(self, older: Legacy, refusal: SourceError) -> None:
        try:
            await older.services()
        except SourceError as error:
            if error.kind in WRONG_API:
                raise refusal from error  # neither is there: the stable API's own words tell more
            raise

    async def _searched(self, dialect: Dialect, selection: Selection) -> tuple[tuple[str, ...], list[SafeText]]:
        if selection.service is not None:
            return (str(selection.service),), []
        names, _ = await dialect.services()
        known = sorted(name for name in names if name not in _ITS_OWN)
        if len(known) <= SERVICES_SEARCHED:
            return tuple(known), []
        note = SafeText(f"{SERVICES_SEARCHED} of {len(known)} services searched: select one for its traces")
        return tuple(known[:SERVICES_SEARCHED]), [note]

    async def _only(self, trace_id: SafeText) -> Reading[TraceList]:
        try:
            reading = await self.trace(trace_id)
        except SourceError as error:
            if error.kind is ErrorKind.NOT_FOUND:
                return Reading(TraceList(()))
            raise
        return Reading(TraceList((reading.value,)), reading.completeness)
