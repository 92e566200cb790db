"""Reading what containers wrote: the last lines of several at once, and those since a moment."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Iterable
from contextlib import aclosing

import msgspec

from opsconsole.clock import Clock
from opsconsole.domain.container_log import LogRequest, LogState
from opsconsole.domain.errors import SourceError
from opsconsole.domain.log_record import LogRecord
from opsconsole.domain.snapshot import WHOLE, Completeness
from opsconsole.domain.text import SafeText
from opsconsole.domain.time_range import TimeRange
from opsconsole.sources.kubernetes.container_records import ContainerPart, RecordMaker
from opsconsole.sources.protocols import WorkloadSource
from opsconsole.sources.together import together

NEWEST_LINES = 1_000
"""Lines kept of each container for the newest page."""
LINES_BACK = 5_000
"""Lines read of each container for what is older, and for a moment in the past."""
_LAST = "the last {:,} lines of each container are read, no more"
_KEPT_FOR = 60.0
"""Seconds after which kept lines are read anew as a whole."""
_OVERLAP = 2.0
"""Seconds that are read again: times are cut to seconds on the way, and the API server's clock is another."""


_READ_AT_MOST = 50_000
"""Lines of one container that are gone through to find those before a moment."""


class Lines(msgspec.Struct, frozen=True):
    """What was read: records in the order of their times, and how whole that is.

    `bound` says in words where there is more that was not read, by a limit of ours.
    """

    records: tuple[LogRecord, ...]
    completeness: Completeness = WHOLE
    bound: SafeText = SafeText("")


class _Kept(msgspec.Struct, frozen=True):
    """The last lines of a part as they were at `read_at` (unix seconds)."""

    records: tuple[LogRecord, ...]
    read_at: float


class ContainerReading:
    """Reads parts through `workloads`. The newest lines are kept, so that the next time only what is new is read."""

    def __init__(self, workloads: WorkloadSource, clock: Clock) -> None:
        """Nothing kept yet."""
        self._workloads = workloads
        self._clock = clock
        self._kept: dict[tuple[str, str, int], _Kept] = {}

    async def newest(self, parts: Iterable[ContainerPart]) -> Lines:
        """The last `NEWEST_LINES` of each part. Raises `SourceError` when none could be read."""
        asked = list(parts)
        keys = {part.key for part in asked}
        self._kept = {key: kept for key, kept in self._kept.items() if key in keys}
        return _joined(await together(self._newest_of(part) for part in asked))

    async def between(self, parts: Iterable[ContainerPart], span: TimeRange) -> Lines:
        """The last `LINES_BACK` of each part in `span`. Raises `SourceError` when none could be read."""
        return _joined(await together(self._read(part, span, LINES_BACK) for part in parts))

    async def _newest_of(self, part: ContainerPart) -> Lines:
        kept, now = self._kept.get(part.key), self._clock.now()
        if kept is not None and part.previous:
            return Lines(kept.records)  # it writes no more
        if kept is None or now - kept.read_at > _KEPT_FOR:
            read = await self._read(part, None, NEWEST_LINES)
            records = read.records
        else:
            read = await self._read(part, TimeRange(kept.read_at - _OVERLAP, now + _OVERLAP), NEWEST_LINES)
            known = {record.id for record in kept.records}
            records = (*kept.records, *(record for record in read.records if record.id not in known))[-NEWEST_LINES:]
        self._kept[part.key] = _Kept(records, now)
        bound = _LAST.format(NEWEST_LINES) if len(records) >= NEWEST_LINES else ""
        return Lines(records, read.completeness, SafeText(bound))

    async def _read(self, part: ContainerPart, span: TimeRange | None, most: int) -> Lines:
        """The last `most` lines, or those in `span`."""
        request = LogRequest(
            part.pod.namespace,
            part.pod.name,
            part.container,
            previous=part.previous,
            follow=False,
            tail=most if span is None else None,
            since=None if span is None else max(1, math.ceil(self._clock.now() - span.start)),
        )
        maker, records, seen = RecordMaker(part), deque[LogRecord](maxlen=most), 0
        said = bound = SafeText("")
        async with aclosing(self._workloads.log_lines(request)) as batches:
            async for batch in batches:
                made = [maker.record(line) for line in batch.lines]
                records += made if span is None else [one for one in made if one.time is None or one.time <= span.end]
                seen += len(made)
                if batch.state is LogState.ENDED and not part.previous:
                    said = batch.words
                if span is not None and made and (made[-1].time or 0.0) > span.end:
                    break
                if seen >= _READ_AT_MOST:
                    bound = SafeText(f"{_READ_AT_MOST:,} lines of {part.pod.name} from the start on are read, no more")
                    break
                await asyncio.sleep(0)  # keys come first
        if not bound and len(records) >= most:
            bound = SafeText(_LAST.format(most))
        return Lines(tuple(records), Completeness(notes=(said,) if said else ()), bound)


def _joined(answers: tuple[Lines | SourceError, ...]) -> Lines:
    """All of them in the order of their times. Raises the first error when there are only errors."""
    errors = [answer for answer in answers if isinstance(answer, SourceError)]
    if errors and len(errors) == len(answers):
        raise errors[0]
    read = [answer for answer in answers if not isinstance(answer, SourceError)]
    notes = (*(error.sentence for error in errors), *(note for lines in read for note in lines.completeness.notes))
    records = merged(record for lines in read for record in lines.records)
    bound = next((lines.bound for lines in read if lines.bound), SafeText(""))
    return Lines(records, Completeness(notes=tuple(dict.fromkeys(notes))), bound)


def merged(records: Iterable[LogRecord]) -> tuple[LogRecord, ...]:
    """In the order of their times, each once; one without a time stays behind the line it came after.

    While a container waits to be started anew, the kubelet shows its last life both as the present and the one before.
    """
    moments: list[tuple[float, LogRecord]] = []
    last = float("-inf")
    for record in {record.id: record for record in records}.values():
        last = last if record.time is None else record.time
        moments.append((last, record))
    moments.sort(key=lambda timed: timed[0])
    return tuple(record for _, record in moments)
