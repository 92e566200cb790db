"""The lines before and after one line, whatever query found it."""

from __future__ import annotations

import asyncio

import msgspec

from opsconsole.domain.log_record import LogPage, LogRecord
from opsconsole.domain.selection import Selection
from opsconsole.domain.snapshot import Completeness, Reading
from opsconsole.domain.text import SafeText
from opsconsole.sources.elasticsearch.answers import Hit, SearchAnswer
from opsconsole.sources.elasticsearch.clauses import Json, value_clause
from opsconsole.sources.elasticsearch.decoding import records_aside
from opsconsole.sources.elasticsearch.fields import TIMESTAMP, Concept, FieldMap
from opsconsole.sources.elasticsearch.query import LARGEST_PAGE, NANOS_FORMAT, by_time, milliseconds, shown_parts
from opsconsole.sources.elasticsearch.server import LogServer, no_index
from opsconsole.sources.moments import rfc3339

GONE = SafeText("the line itself is no longer there: lines around its time")
UNPLACED = SafeText("the line tells neither container, pod nor service: lines of all of them")
CROWDED = SafeText("many lines share its moment: not all of them are shown")


class Surroundings(msgspec.Struct, frozen=True):
    """Lines around `record`: of the same container where it tells one, else of the same pod, else of the service."""

    server: LogServer
    record: LogRecord
    selection: Selection
    lines: int

    async def read(self) -> Reading[LogPage]:
        """Up to `lines` lines before and as many after the line, newest first, the line among them."""
        fields = await self.server.fields()
        if not fields.index_count:
            return Reading(LogPage((), 0), Completeness(notes=(no_index(self.server.index),)))
        scope, notes = self._scope(fields)
        own = await self.server.search(self._own_body(fields))
        at = next((hit.time for hit in own.hits.places()), "")
        if not at:
            if self.record.time is None:
                return Reading(LogPage((self.record,), 1), own.completeness((*notes, GONE)))
            at, notes = rfc3339(self.record.time), (*notes, GONE)
        bodies = [
            self._body(scope, fields, {"lt": at}, descending=True, size=self.lines),
            self._body(scope, fields, {"gt": at}, descending=False, size=self.lines),
            self._body(scope, fields, {"gte": at, "lte": at}, descending=False, size=LARGEST_PAGE),
        ]
        before, after, same = await asyncio.gather(*(self.server.search(body) for body in bodies))
        return await self._joined(fields, (before, after, same, own), notes)

    def _scope(self, fields: FieldMap) -> tuple[list[Json], tuple[SafeText, ...]]:
        """Clauses for the lines of the same place, by the narrowest thing that the line tells."""
        record, selection = self.record, self.selection
        namespace = record.namespace or selection.namespace or ""
        pod = record.pod or selection.pod or ""
        service = record.service or selection.service or ""
        told = (
            (Concept.CONTAINER, record.container if pod else ""),
            (Concept.POD, pod),
            (Concept.SERVICE, "" if pod else service),
            (Concept.NAMESPACE, namespace),
        )
        clauses = [
            clause
            for concept, value in told
            if value and (clause := value_clause(fields.by_concept.get(concept, ()), value)) is not None
        ]
        return clauses, () if pod or service else (UNPLACED,)

    def _own_body(self, fields: FieldMap) -> Json:
        index, _, name = self.record.id.partition("/")
        clauses: list[Json] = [{"ids": {"values": [name]}}, {"term": {"_index": {"value": index}}}]
        return self._searched(clauses, fields, descending=True, size=1)

    def _body(self, scope: list[Json], fields: FieldMap, bounds: Json, *, descending: bool, size: int) -> Json:
        times: Json = {"range": {TIMESTAMP: {**bounds, "format": NANOS_FORMAT}}}
        return self._searched([times, *scope], fields, descending=descending, size=max(1, min(size, LARGEST_PAGE)))

    def _searched(self, clauses: list[Json], fields: FieldMap, *, descending: bool, size: int) -> Json:
        return {
            "query": {"bool": {"filter": clauses}},
            "size": size,
            "sort": [by_time(fields, descending=descending), {"_doc": "desc" if descending else "asc"}],
            **shown_parts(fields),
            "track_total_hits": False,
            "timeout": milliseconds(self.server.budget),
        }

    async def _joined(
        self, fields: FieldMap, answers: tuple[SearchAnswer, ...], notes: tuple[SafeText, ...]
    ) -> Reading[LogPage]:
        before, after, same, own = answers
        older = before.hits.hits
        newer = after.hits.hits[::-1]
        # Lines of one moment stand in the order in which they were written down.
        middle = _with(same, own)[::-1]
        place = _index_of(self.record.id, middle)
        if len(same.hits.hits) >= LARGEST_PAGE:
            notes = (*notes, CROWDED)
        hits = [*newer, *(raw for raw, _ in middle), *older]
        first = max(0, len(newer) + place - self.lines)
        kept = hits[first : len(newer) + place + self.lines + 1]
        lines = await records_aside(kept, fields.candidates)
        worst = min(answers, key=lambda answer: answer.completeness().got / answer.completeness().wanted)
        every = dict.fromkeys(note for answer in answers for note in answer.completeness().notes)
        whole = msgspec.structs.replace(worst.completeness(), notes=(*notes, *every))
        return Reading(LogPage(lines, len(lines), total_is_exact=False), whole)


def _with(same: SearchAnswer, own: SearchAnswer) -> list[tuple[msgspec.Raw, Hit]]:
    """The hits of the line's own moment, the line among them even where they are too many."""
    pairs = list(zip(same.hits.hits, same.hits.places(), strict=True))
    keys = {hit.key for _, hit in pairs}
    lacking = zip(own.hits.hits, own.hits.places(), strict=True)
    return [*pairs, *((raw, hit) for raw, hit in lacking if hit.key not in keys)]


def _index_of(name: str, hits: list[tuple[msgspec.Raw, Hit]]) -> int:
    return next((number for number, (_, hit) in enumerate(hits) if f"{hit.index}/{hit.id}" == name), 0)
