"""Following the containers of a selection: their lines merged as they come, while pods come and go."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing

from opsconsole.clock import Clock
from opsconsole.domain.container_log import LogRequest, LogState
from opsconsole.domain.errors import SourceError
from opsconsole.domain.log_query import LogSearch
from opsconsole.domain.log_record import LogRecord, TailBatch
from opsconsole.domain.selection import Selection
from opsconsole.domain.snapshot import Completeness
from opsconsole.domain.text import SafeText
from opsconsole.sources.kubernetes.container_records import ContainerPart, RecordMaker
from opsconsole.sources.kubernetes.line_matching import line_test
from opsconsole.sources.protocols import WorkloadSource

LOOK_AGAIN = 10.0
"""Seconds between two looks at which containers there are."""
_WAITING = 20
"""Batches that may wait to be taken; more slow the containers' streams down, not fill memory."""

Key = tuple[str, str]
"""A container of a pod. A stream goes on over its restarts."""
Parts = Callable[[Selection, float], Awaitable[tuple[list[ContainerPart], tuple[SafeText, ...]]]]


class ContainerTail:
    """One following; made anew for each."""

    def __init__(self, workloads: WorkloadSource, parts: Parts, clock: Clock) -> None:
        """`parts` tells which containers a selection means, and what of them is left out."""
        self._workloads = workloads
        self._parts = parts
        self._clock = clock
        self._streams: dict[Key, asyncio.Task[None]] = {}
        self._came: asyncio.Queue[TailBatch] = asyncio.Queue(_WAITING)
        self._words: dict[Key, SafeText] = {}
        self._problem = SafeText("")
        self._notes: tuple[SafeText, ...] = ()

    async def batches(self, search: LogSearch, after: float) -> AsyncGenerator[TailBatch, None]:
        """Batches of lines later than `after` (unix seconds), in the order they were read."""
        try:
            line_test(search.query)
        except SourceError as error:
            yield TailBatch(words=error.sentence)
            return
        looking = asyncio.ensure_future(self._look(search, after))
        try:
            while True:
                yield await self._came.get()
        finally:
            tasks = [looking, *self._streams.values()]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _look(self, search: LogSearch, after: float) -> None:
        """Follow every container that is there, and again those that come."""
        since = after
        while True:
            before, self._problem = self._problem, SafeText("")
            try:
                parts, self._notes = await self._parts(search.selection, self._clock.now())
            except SourceError as error:
                self._problem = error.sentence
            else:
                self._follow([part for part in parts if not part.previous], search, since)
            if self._problem != before:
                await self._came.put(self._batch(()))
            since = self._clock.now()
            await self._clock.sleep(LOOK_AGAIN)

    def _follow(self, parts: list[ContainerPart], search: LogSearch, since: float) -> None:
        wanted = {_key(part): part for part in parts}
        for key in [key for key in self._streams if key not in wanted]:
            self._streams.pop(key).cancel()
            self._words.pop(key, None)
        for key, part in wanted.items():
            if key not in self._streams:
                self._streams[key] = asyncio.ensure_future(self._read(part, search, since))

    async def _read(self, part: ContainerPart, search: LogSearch, since: float) -> None:
        passes, maker = line_test(search.query), RecordMaker(part)
        seconds = max(1, math.ceil(self._clock.now() - since) + 1)
        request = LogRequest(part.pod.namespace, part.pod.name, part.container, since=seconds)
        trace = search.selection.trace
        async with aclosing(self._workloads.log_lines(request)) as batches:
            async for batch in batches:
                records = tuple(
                    record
                    for record in map(maker.record, batch.lines)
                    if (record.time is None or record.time > since)
                    and (trace is None or record.trace_id == trace)
                    and passes(record)
                )
                words = batch.words if batch.state in (LogState.WAITING, LogState.ENDED) else SafeText("")
                changed = words != self._words.get(_key(part), "")
                self._words[_key(part)] = words
                if records or changed:
                    await self._came.put(self._batch(records))

    def _batch(self, records: tuple[LogRecord, ...]) -> TailBatch:
        times = [record.time for record in records if record.time is not None]
        behind = max(0.0, self._clock.now() - max(times)) if times else 0.0
        said = dict.fromkeys(words for words in (self._problem, *self._words.values()) if words)
        return TailBatch(records, behind=behind, completeness=Completeness(notes=self._notes), words=_few(tuple(said)))


def _key(part: ContainerPart) -> Key:
    return (part.pod.uid, part.container)


def _few(words: tuple[SafeText, ...]) -> SafeText:
    """The first of several sentences, and how many more there are."""
    if not words:
        return SafeText("")
    return SafeText(f"{words[0]}{f', and {len(words) - 1} more' if len(words) > 1 else ''}")
