"""Searches for traces on one server: what is asked, what the server did not heed, and what comes first."""

from __future__ import annotations

from collections.abc import Iterable
from statistics import median

import msgspec

from opsconsole.domain.errors import SourceError
from opsconsole.domain.snapshot import Completeness, Reading
from opsconsole.domain.text import SafeText
from opsconsole.domain.trace import Trace, TraceList
from opsconsole.domain.trace_query import TraceQuery, TraceSearch
from opsconsole.sources.jaeger.attribute_search import AttributeSearch
from opsconsole.sources.jaeger.dialects import Asked, Dialect, Found
from opsconsole.sources.jaeger.matching import grouped, has_attributes, in_bounds
from opsconsole.sources.together import good, together

SMALLEST_DEPTH = 5
"""Traces asked of each service when several are searched."""

LARGEST_DEPTH = 100
"""Traces one search asks for; Jaeger's own default."""

DOUBTED = 3
"""Answers without errors that are not believed before the server has ever found any."""

Answers = tuple[Found | SourceError, ...]

_SLOW = 2.0
"""Times the median that a trace must last to be looked for beyond the limit."""


class Finder:
    """Searches by `dialect`. Attributes are asked of `older` where the server ignores them in `dialect`."""

    def __init__(self, dialect: Dialect, older: Dialect) -> None:
        """Nothing is known of the server yet."""
        self._asking = AttributeSearch(dialect, older)
        self._finds_errors: bool | None = None
        self._doubts = 0

    async def find(
        self, search: TraceSearch, services: tuple[str, ...], limit: int, notes: list[SafeText]
    ) -> Reading[TraceList]:
        """At most `limit` traces of `services`, errors first, then the slowest. Raises `SourceError` when all fail.

        Where a service has more than were asked for, those with errors and the slow ones are searched for as well.
        """
        share = limit if len(services) < 2 else max(SMALLEST_DEPTH, 2 * limit // len(services))
        depth = max(1, min(share, LARGEST_DEPTH))
        plain = msgspec.structs.replace(search.query, errors=False)
        asked = [Asked(service, search.span, depth, plain) for service in services]
        newest = await together(self._asking.ask(one) for one in asked)
        good(newest)
        full = [
            one
            for one, answer in zip(asked, newest, strict=True)
            if not isinstance(answer, SourceError) and len({span.trace_id for span in answer.spans}) >= depth
        ]
        further = await self._beyond(full, newest, search.query, notes) if full else ()
        found = [answer for answer in (*newest, *further) if not isinstance(answer, SourceError)]
        traces = self._matching(grouped(part.spans for part in found), search, bool(full), notes)
        traces = _of_pod(traces, search.selection.pod, notes)
        notes.extend(unreadable(found))
        notes.extend(dict.fromkeys(one.sentence for one in (*newest, *further) if isinstance(one, SourceError)))
        ranked = sorted(traces, key=lambda trace: (not trace.error_count, -trace.duration))
        limited = bool(full) or len(ranked) > limit
        refused = sum(isinstance(answer, SourceError) for answer in newest)
        completeness = Completeness(len(newest) - refused, max(1, len(newest)), tuple(notes))
        return Reading(TraceList(tuple(ranked[:limit]), limited), completeness)

    # --- beyond the limit

    async def _beyond(self, full: list[Asked], newest: Answers, query: TraceQuery, notes: list[SafeText]) -> Answers:
        """Where the limit was reached, traces with errors, and slow ones, may be among those left out."""
        alone = full[0] if len(newest) == 1 else None
        slow = _slow(alone, good(newest)[0]) if alone is not None and not query.errors else None
        slowest = await together(self._asking.ask(one) for one in (slow,) if one is not None)
        failing: Answers = ()
        if self._asking.heeded is not False and self._finds_errors is not False:
            failing = await together(self._asking.ask(one.narrowed(errors=True)) for one in full)
            if _own_errors(failing, full):
                self._finds_errors = True
            elif self._finds_errors is None and _own_errors(newest, full):
                self._finds_errors = False
        if alone is None or self._finds_errors or not (query.errors or self._doubtful()):
            return (*slowest, *failing)
        if query.errors:
            words = f"the server finds no errors by itself: looked for in its newest {LARGEST_DEPTH} traces"
            notes.append(SafeText(words))
        deeper = await together(self._asking.ask(msgspec.structs.replace(one, depth=LARGEST_DEPTH)) for one in full)
        if self._finds_errors is None and _own_errors(deeper, full):
            self._finds_errors = False
        return (*slowest, *failing, *deeper)

    def _doubtful(self) -> bool:
        """Whether to look for errors in more traces, though nobody asks for them alone.

        Jaeger 1.76 storing in memory takes every wish for errors as one for spans that are fine. That it does is
        known once there are errors that it did not find; until then a few answers without any are doubted.
        """
        self._doubts += self._finds_errors is None
        return self._finds_errors is False or self._doubts <= DOUBTED

    # --- what came

    def _matching(
        self, traces: tuple[Trace, ...], search: TraceSearch, cut: bool, notes: list[SafeText]
    ) -> tuple[Trace, ...]:
        """`traces` less those that were not asked for; `cut` tells that the store may have more."""
        query, service = search.query, search.selection.service
        kept = tuple(trace for trace in traces if in_bounds(trace, service, query))
        if len(kept) < len(traces):
            count = len(traces) - len(kept)
            notes.append(SafeText(f"the server ignores operation or duration: {count} other traces were left out here"))
        if self._asking.heeded is False:
            kept = tuple(trace for trace in kept if has_attributes(trace, service, query))
        if query.errors:
            kept = tuple(trace for trace in kept if trace.error_count)
        if self._asking.heeded is False and query.attributes and cut:
            notes.append(
                SafeText(f"the server does not search attributes: looked for in the {len(traces)} traces it gave alone")
            )
        return kept


def unreadable(found: Iterable[Found]) -> list[SafeText]:
    """That some spans could not be read; nothing when all could."""
    count = sum(part.broken for part in found)
    return [SafeText(f"{count} span{'s' * (count != 1)} could not be read")] if count else []


def _own_errors(answers: Answers, asked: list[Asked]) -> bool:
    """Whether any span of the services asked for is an error."""
    services = {one.service for one in asked}
    return any(
        span.error and span.service in services
        for answer in answers
        if isinstance(answer, Found)
        for span in answer.spans
    )


def _slow(asked: Asked, found: Found) -> Asked | None:
    """The same search for traces much slower than those `found`; None where that contradicts it."""
    longest: dict[SafeText, float] = {}
    for span in found.spans:
        if span.service == asked.service:
            longest[span.trace_id] = max(span.duration, longest.get(span.trace_id, 0.0))
    bound = _SLOW * median(longest.values()) if longest else 0.0
    query = asked.query
    if not bound > (query.shortest or 0.0) or (query.longest is not None and bound > query.longest):
        return None
    return asked.narrowed(shortest=bound)


def _of_pod(traces: tuple[Trace, ...], pod: SafeText | None, notes: list[SafeText]) -> tuple[Trace, ...]:
    if pod is None or not traces:
        return traces
    if not any(span.pod for trace in traces for span in trace.spans):
        notes.append(SafeText("these traces tell no pod: traces of all pods"))
        return traces
    return tuple(trace for trace in traces if any(span.pod == pod for span in trace.spans))
