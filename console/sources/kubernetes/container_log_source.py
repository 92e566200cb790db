"""Log lines straight from the containers, by way of Kubernetes: the second source of the logs pane.

The kubelet keeps the last few files of each container (by default five of 10 MiB) and searches nothing, so lines are
read and judged here. What of a selection is too much to read is left out and said.
"""

from __future__ import annotations

import asyncio
import math
from collections import Counter
from collections.abc import AsyncGenerator

import msgspec

from opsconsole.clock import Clock
from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.domain.log_query import FieldValue, LogSearch
from opsconsole.domain.log_record import LogBucket, LogLevel, LogPage, LogRecord, TailBatch
from opsconsole.domain.pod import Pod
from opsconsole.domain.selection import Selection
from opsconsole.domain.snapshot import Completeness, Reading, SourceName
from opsconsole.domain.text import SafeText
from opsconsole.domain.time_range import TimeRange
from opsconsole.sources.kubernetes.container_reading import ContainerReading, Lines
from opsconsole.sources.kubernetes.container_records import ContainerPart
from opsconsole.sources.kubernetes.container_tail import ContainerTail
from opsconsole.sources.kubernetes.line_matching import line_test, values_of
from opsconsole.sources.protocols import Health, WorkloadSource

MOST_PARTS = 20
"""Containers that are read at once, those of pods in trouble first."""
_SHARED_FOR = 2.0
"""Seconds within which page and histogram are made of the same lines."""
_NOW = 60.0
"""Seconds before now that a range may end and still mean the newest lines."""
_BEFORE, _AFTER = 600.0, 60.0
"""Seconds before and after a line in which its context is looked for."""


class ContainerLogSource:
    """A `LogSource` over what containers write. It closes nothing: the pods' source is somebody else's."""

    name = SourceName.KUBERNETES

    def __init__(self, workloads: WorkloadSource, clock: Clock) -> None:
        """`workloads` tells of pods and reads their containers' logs."""
        self._workloads = workloads
        self._clock = clock
        self._containers = ContainerReading(workloads, clock)
        self._reading: tuple[LogSearch, bool, float, asyncio.Task[Lines]] | None = None

    async def health(self) -> Health:
        """As of the pods' source."""
        return await self._workloads.health()

    async def close(self) -> None:
        """Drop what is being read."""
        if self._reading is not None:
            self._reading[3].cancel()
            self._reading = None

    # --- one answer

    async def newest(self, search: LogSearch, limit: int) -> Reading[LogPage]:
        """The newest `limit` lines that the containers of the selection have in the search's span."""
        passes = line_test(search.query)
        lines = await self._shared(search)
        found = [record for record in lines.records if _within(record, search) and passes(record)]
        return Reading(LogPage(tuple(reversed(found[-limit:])), len(found), _exact(lines)), lines.completeness)

    async def histogram(self, search: LogSearch, columns: int) -> Reading[LogPage]:
        """Counts of the lines at hand; the span before the oldest of them counts nothing, and is said."""
        passes = line_test(search.query)
        lines = await self._shared(search)
        step = search.span.step(columns)
        counts: dict[int, Counter[LogLevel]] = {}
        total = 0
        for record in lines.records:
            if record.time is not None and _within(record, search) and passes(record):
                counts.setdefault(math.floor(record.time / step), Counter())[record.level] += 1
                total += 1
        buckets = tuple(LogBucket(place * step, dict(counts[place])) for place in sorted(counts))
        return Reading(LogPage((), total, _exact(lines), buckets, step), _with_bound(lines))

    async def around(self, record: LogRecord, selection: Selection, lines: int) -> Reading[LogPage]:
        """Lines of the record's container before and after it, as far as the kubelet still has them."""
        narrowed = msgspec.structs.replace(
            selection, namespace=record.namespace or None, service=None, pod=record.pod or None, trace=None
        )
        moment = self._clock.now() if record.time is None else record.time
        span = TimeRange(moment - _BEFORE, moment + _AFTER)
        parts, more = await self._parts(narrowed, span.start)
        wanted = [part for part in parts if part.container == record.container] or parts
        read = await self._containers.between(wanted, span)
        records = read.records
        place = next((place for place, one in enumerate(records) if one.id == record.id), None)
        if place is None:
            gone = SafeText("the line is not kept any more")
            raise SourceError(ErrorKind.NOT_FOUND, self.name.value, gone, hint="look for it in the log store: O")
        found = records[max(0, place - lines) : place + lines + 1]
        return Reading(LogPage(tuple(reversed(found)), len(found)), _joined(read.completeness, more))

    async def values(self, search: LogSearch, field: SafeText, limit: int) -> Reading[tuple[FieldValue, ...]]:
        """The most frequent values among the lines at hand; estimates, since those are not all."""
        passes = line_test(search.query)
        lines = await self._shared(search)
        counts: Counter[SafeText] = Counter()
        for record in lines.records:
            if _within(record, search) and passes(record):
                counts.update(values_of(record, field))
        found = tuple(FieldValue(value, count, _exact(lines)) for value, count in counts.most_common(limit))
        return Reading(found, lines.completeness)

    def link(self, search: LogSearch) -> SafeText | None:
        """Nowhere: what containers write is not kept in a place with pages."""
        del search
        return None

    def reader(self, search: LogSearch) -> ContainerReader:
        """Pages of the last lines of each container."""
        return ContainerReader(self, search)

    def tail(self, search: LogSearch, after: float) -> AsyncGenerator[TailBatch, None]:
        """Lines as the containers of the selection write them; containers that start on the way are taken in."""
        return ContainerTail(self._workloads, self._parts, self._clock).batches(search, after)

    # --- reading

    async def lines_back(self, search: LogSearch) -> Lines:
        """As many lines of each container as are read at all, those that `search` means."""
        passes = line_test(search.query)
        lines = await self._all(search, back=True)
        found = tuple(record for record in lines.records if _within(record, search) and passes(record))
        return Lines(found, lines.completeness, lines.bound)

    async def _shared(self, search: LogSearch) -> Lines:
        """The lines, read once for questions that come at the same time."""
        back = search.span.end < self._clock.now() - _NOW
        asked = msgspec.structs.replace(search, query=type(search.query)())
        known = self._reading
        if known is not None and _same_place(known[0], asked) and known[1] == back:
            fresh = self._clock.monotonic() - known[2] < _SHARED_FOR
            if fresh and not known[3].cancelled():
                return await asyncio.shield(known[3])
        task = asyncio.ensure_future(self._all(asked, back=back))
        task.add_done_callback(lambda done: done.cancelled() or done.exception())
        self._reading = (asked, back, self._clock.monotonic(), task)
        return await asyncio.shield(task)

    async def _all(self, search: LogSearch, *, back: bool) -> Lines:
        parts, more = await self._parts(search.selection, search.span.start)
        read = await (self._containers.between(parts, search.span) if back else self._containers.newest(parts))
        trace = search.selection.trace
        kept = read.records if trace is None else tuple(one for one in read.records if one.trace_id == trace)
        return Lines(kept, _joined(read.completeness, more), read.bound)

    async def _parts(self, selection: Selection, start: float) -> tuple[list[ContainerPart], tuple[SafeText, ...]]:
        """What is read, and what is to be said of what is not. Lives that ended before `start` have nothing to say.

        Of a whole namespace or cluster nothing is read, unless it is small.
        """
        pods = (await self._workloads.pods(selection)).value.pods
        parts: list[ContainerPart] = []
        beyond = 0
        for pod in pods:
            lives = _lives(pod, start) if len(parts) < MOST_PARTS else ()
            parts += lives
            beyond += len(pod.containers) if not lives else 0
        beyond += max(0, len(parts) - MOST_PARTS)
        if not beyond:
            return parts, ()
        if selection.service is None and selection.pod is None:
            # Twenty of thousands, read again and again, would cost much and tell little.
            return [], (SafeText(f"a service's containers are read, not those of all {len(pods):,} pods: choose one"),)
        note = f"the logs of {MOST_PARTS} containers are read, those in trouble first; {beyond:,} more are not"
        return parts[:MOST_PARTS], (SafeText(note),)


def _lives(pod: Pod, start: float) -> tuple[ContainerPart, ...]:
    """What can be read of a pod: its containers, and the lives before that ended after `start` (unix seconds)."""
    return tuple(
        ContainerPart(pod, container.name, container.restarts - previous, previous)
        for container in pod.containers
        if not (container.init and container.ended_well)
        for previous in (False, True)
        if not previous or (container.restarts and (container.last_finished_at or start) >= start)
    )


class ContainerReader:
    """A `LogReader` over lines that are read once, when the first page is asked for."""

    def __init__(self, source: ContainerLogSource, search: LogSearch) -> None:
        """Pages of `search`."""
        self._source = source
        self._search = search
        self._lines: Lines | None = None
        self._given = 0

    async def older(self, limit: int) -> Reading[LogPage]:
        """The next `limit` lines back in time, newest first."""
        if self._lines is None:
            self._lines = await self._source.lines_back(self._search)
        records = self._lines.records
        end = len(records) - self._given
        page = records[max(0, end - limit) : end]
        self._given += len(page)
        exhausted = self._given >= len(records)
        told = LogPage(tuple(reversed(page)), len(records), _exact(self._lines), exhausted=exhausted)
        return Reading(told, _with_bound(self._lines) if exhausted else self._lines.completeness)

    async def close(self) -> None:
        """Forget the lines."""
        self._lines = None


def _exact(lines: Lines) -> bool:
    return lines.completeness.whole and not lines.bound


def _with_bound(lines: Lines) -> Completeness:
    return _joined(lines.completeness, (lines.bound,) if lines.bound else ())


def _within(record: LogRecord, search: LogSearch) -> bool:
    return record.time is None or search.span.contains(record.time)


def _same_place(one: LogSearch, other: LogSearch) -> bool:
    """Whether the lines of one answer the other: the ranges may have moved on with the clock."""
    moved = abs(one.span.start - other.span.start) + abs(one.span.end - other.span.end)
    return one.selection == other.selection and moved <= 2 * _SHARED_FOR


def _joined(completeness: Completeness, notes: tuple[SafeText, ...]) -> Completeness:
    return Completeness(notes=(*completeness.notes, *notes))
