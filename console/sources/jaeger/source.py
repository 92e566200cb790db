"""Jaeger as the console's source of traces."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.domain.scope import Selection
from opsconsole.domain.snapshot import Completeness, Reading, SourceName
from opsconsole.domain.text import SafeText
from opsconsole.domain.time_range import TimeRange
from opsconsole.domain.trace import Span, Trace, TraceList
from opsconsole.safe_text import safe_text
from opsconsole.sources.jaeger.dialects import Dialect, Found, Legacy, Otlp
from opsconsole.sources.jaeger.identifiers import is_trace_id
from opsconsole.sources.jaeger.identifiers import trace_id as normal_trace_id
from opsconsole.sources.protocols import Health
from opsconsole.sources.together import good, together
from opsconsole.sources.wire import Wire

NAME = SourceName.JAEGER

SERVICES_SEARCHED = 8
"""Services searched when none is selected; each costs the store a search, or two."""

SMALLEST_DEPTH = 5
"""Traces asked of each service when several are searched."""

LARGEST_DEPTH = 100
"""Traces one search asks for; Jaeger's own default."""

_ITS_OWN = frozenset({"jaeger", "jaeger-query", "jaeger-all-in-one", "jaeger-collector"})
_WRONG_API = (ErrorKind.NOT_FOUND, ErrorKind.MALFORMED, ErrorKind.BAD_QUERY, ErrorKind.UNSUPPORTED)


class JaegerSource:
    """Traces over `wire`, by the v3 API where there is one."""

    name = NAME

    def __init__(self, wire: Wire) -> None:
        """Nothing is sent before the first question."""
        self._wire = wire
        self._dialect: Dialect | None = None
        self._errors_by: Dialect | None = None
        self._choosing = asyncio.Lock()

    async def recent(self, selection: Selection, span: TimeRange, limit: int) -> Reading[TraceList]:
        """Traces of the selected service in `span`: errors first, then the newest.

        Without a service, of up to `SERVICES_SEARCHED` services. With a trace selected, that one alone.
        """
        if selection.trace is not None:
            return await self._only(selection.trace)
        dialect = await self._chosen()
        services, notes = await self._searched(dialect, selection)
        share = limit if len(services) < 2 else max(SMALLEST_DEPTH, 2 * limit // len(services))
        depth = max(1, min(share, LARGEST_DEPTH))
        newest = await together(dialect.search(service, span, depth, errors=False) for service in services)
        good(newest)
        # Where the limit was reached, traces with errors may be among those left out.
        full = [
            service
            for service, answer in zip(services, newest, strict=True)
            if not isinstance(answer, SourceError) and len(_traces([answer])) >= depth
        ]
        failing = await together(self._failing(dialect, service, span, depth) for service in full)
        found = [answer for answer in (*newest, *failing) if not isinstance(answer, SourceError)]
        traces = _of_pod(_traces(found), selection.pod, notes)
        notes.extend(_broken(found))
        notes.extend(
            dict.fromkeys(answer.sentence for answer in (*newest, *failing) if isinstance(answer, SourceError))
        )
        ranked = sorted(traces, key=lambda trace: (not trace.error_count, -trace.start))
        limited = bool(full) or len(ranked) > limit
        refused = sum(isinstance(answer, SourceError) for answer in newest)
        completeness = Completeness(len(newest) - refused, max(1, len(newest)), tuple(notes))
        return Reading(TraceList(tuple(ranked[:limit]), limited), completeness)

    async def trace(self, trace_id: SafeText) -> Reading[Trace]:
        """One trace, whole. `SourceError` of kind NOT_FOUND when the store lacks it, BAD_QUERY for no id."""
        wanted = normal_trace_id(trace_id)
        if not is_trace_id(wanted):
            detail = safe_text(f"{trace_id!r} is no trace id", 200)
            raise SourceError(ErrorKind.BAD_QUERY, self.name.value, detail, hint="a trace id has 32 hex digits")
        found = await (await self._chosen()).trace(wanted)
        traces = _traces([found])
        if not traces:
            detail = SafeText(f"no trace {wanted}")
            hint = "it may have been dropped by sampling, or be too old"
            raise SourceError(ErrorKind.NOT_FOUND, self.name.value, detail, hint=hint)
        return Reading(traces[0], Completeness(notes=tuple(_broken([found]))))

    async def health(self) -> Health:
        """The list of services, which every version and every store behind it can give."""
        dialect = await self._chosen()
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

    async def _chosen(self) -> Dialect:
        """The API this server speaks, found once."""
        async with self._choosing:
            if self._dialect is None:
                newer, older = Otlp(self._wire), Legacy(self._wire)
                try:
                    await newer.services()
                except SourceError as refusal:
                    if refusal.kind not in _WRONG_API:
                        raise
                    await self._must_speak(older, refusal)
                    self._dialect = older
                else:
                    self._dialect = newer
            return self._dialect

    async def _must_speak(self, older: Legacy, refusal: SourceError) -> None:
        try:
            await older.services()
        except SourceError as error:
            if error.kind in _WRONG_API:
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

    async def _failing(self, dialect: Dialect, service: str, span: TimeRange, depth: int) -> Found:
        """Traces with errors. Jaeger's v3 API long ignored attributes, while its older one heeds them."""
        found = await (self._errors_by or dialect).search(service, span, depth, errors=True)
        if self._errors_by is None and any(not trace.error_count for trace in _traces([found])):
            older = Legacy(self._wire)
            try:
                found = await older.search(service, span, depth, errors=True)
            except SourceError as error:
                if error.kind not in _WRONG_API:
                    raise
                self._errors_by = dialect
            else:
                self._errors_by = older
        return found

    async def _only(self, trace_id: SafeText) -> Reading[TraceList]:
        try:
            reading = await self.trace(trace_id)
        except SourceError as error:
            if error.kind is ErrorKind.NOT_FOUND:
                return Reading(TraceList(()))
            raise
        return Reading(TraceList((reading.value,)), reading.completeness)


def _traces(found: Iterable[Found]) -> tuple[Trace, ...]:
    """Spans grouped by trace; a span that came twice counts once. Zipkin's two ends of a call share an id."""
    by_trace: dict[SafeText, dict[tuple[SafeText, SafeText, SafeText], Span]] = {}
    for part in found:
        for span in part.spans:
            by_trace.setdefault(span.trace_id, {}).setdefault((span.span_id, span.service, span.kind), span)
    return tuple(
        Trace(trace_id, tuple(sorted(spans.values(), key=lambda span: span.start)))
        for trace_id, spans in by_trace.items()
    )


def _of_pod(traces: tuple[Trace, ...], pod: SafeText | None, notes: list[SafeText]) -> tuple[Trace, ...]:
    if pod is None or not traces:
        return traces
    if not any(span.pod for trace in traces for span in trace.spans):
        notes.append(SafeText("these traces tell no pod: traces of all pods"))
        return traces
    return tuple(trace for trace in traces if any(span.pod == pod for span in trace.spans))


def _broken(found: Iterable[Found]) -> list[SafeText]:
    count = sum(part.broken for part in found)
    return [SafeText(f"{count} spans could not be read")] if count else []
