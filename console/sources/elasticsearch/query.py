"""Search bodies."""

from __future__ import annotations

import math

import msgspec

from opsconsole.domain.log_query import LogFilter, LogQuery, LogSearch, LogSyntax
from opsconsole.domain.log_record import LogLevel
from opsconsole.domain.selection import Selection
from opsconsole.domain.text import SafeText
from opsconsole.domain.time_range import TimeRange
from opsconsole.sources.elasticsearch.clauses import (
    NOTHING,
    Json,
    filter_clause,
    level_clause,
    pattern_clauses,
    value_clause,
    words_clause,
    words_notes,
)
from opsconsole.sources.elasticsearch.fields import TIMESTAMP, Concept, FieldMap

LARGEST_PAGE = 500
"""Hits of one page; 500 of 1 KB decode in 20 ms, ten thousand would hold the screen for half a second."""

TOTAL_COUNTED = 10_000
"""Matches counted exactly before the server says "or more"; Elasticsearch's own default."""

LEVELS_COUNTED = 20
"""Distinct level names counted in one bucket."""

NANOS_FORMAT = "strict_date_optional_time_nanos"


class Restriction(msgspec.Struct, frozen=True):
    """What lines must have and must not have, and what of the question these indices can't express.

    `pattern` is a template that each line has to be held against once it is here. `raw` tells that the question
    holds a query language, so that the server may refuse it.
    """

    filters: tuple[Json, ...] = ()
    excluded: tuple[Json, ...] = ()
    notes: tuple[SafeText, ...] = ()
    pattern: SafeText | None = None
    raw: bool = False

    def query(self, *more: Json) -> Json:
        """The bool filter, `more` before the rest."""
        made: Json = {"filter": [*more, *self.filters]}
        if self.excluded:
            made["must_not"] = list(self.excluded)
        return {"bool": made}


def restrict(search: LogSearch, fields: FieldMap) -> Restriction:
    """The restriction to the lines of `search`, its span aside. Raises `SourceError` of kind BAD_QUERY.

    A namespace of the selection that no field holds is left out, with a note. Whatever else no field holds
    matches nothing, with a note: lines of others must not pass for its own.
    """
    clauses, notes = _of_selection(search.selection, fields)
    query = search.query
    if query.words:
        clauses.append(words_clause(query.words, query.syntax, fields))
        notes += words_notes(query.words, fields)
    if query.level not in (None, LogLevel.UNKNOWN):
        clauses.append(level_clause(query.level, fields) or NOTHING)
        notes += [] if fields.names(Concept.LEVEL) else [_lacking(Concept.LEVEL.value)]
    excluded, more = _of_filters(query, fields, clauses)
    if query.pattern is not None:
        clauses += pattern_clauses(query.pattern, fields)
    raw = bool(query.words) and query.syntax is LogSyntax.RAW
    return Restriction(tuple(clauses), tuple(excluded), (*notes, *more), query.pattern, raw)


def _of_selection(selection: Selection, fields: FieldMap) -> tuple[list[Json], list[SafeText]]:
    clauses: list[Json] = []
    notes: list[SafeText] = []
    wanted = (
        (Concept.NAMESPACE, selection.namespace),
        (Concept.SERVICE, selection.service),
        (Concept.POD, selection.pod),
        (Concept.TRACE, selection.trace),
    )
    for concept, value in wanted:
        if value is None:
            continue
        clause = value_clause(fields.by_concept.get(concept, ()), str(value))
        if clause is not None:
            clauses.append(clause)
        elif concept is Concept.NAMESPACE:
            notes.append(SafeText("these logs hold no namespace: lines of all namespaces"))
        else:
            clauses.append(NOTHING)
            notes.append(_lacking(concept.value))
    return clauses, notes


def _of_filters(query: LogQuery, fields: FieldMap, clauses: list[Json]) -> tuple[list[Json], list[SafeText]]:
    """What the query's filters exclude, and notes; those that include are added to `clauses`."""
    excluded: list[Json] = []
    notes: list[SafeText] = []
    for one in query.filters:
        clause = filter_clause(one, fields)
        if clause is None:
            notes += _unknown(one, fields)
        if one.exclude:
            excluded += [] if clause is None else [clause]
        else:
            clauses.append(clause or NOTHING)
    return excluded, notes


def _unknown(asked: LogFilter, fields: FieldMap) -> list[SafeText]:
    # A number's field that is not asked for a number has no clause either, and that needs no words.
    return [] if fields.named(asked.field) else [_lacking(asked.field)]


def _lacking(name: str) -> SafeText:
    return SafeText(f"these logs hold no {name}: see docs/configuration.md")


def between(span: TimeRange) -> Json:
    """Lines of `span`, both ends included."""
    bounds = {"gte": math.floor(span.start * 1000), "lte": math.ceil(span.end * 1000), "format": "epoch_millis"}
    return {"range": {TIMESTAMP: bounds}}


def by_time(fields: FieldMap, *, descending: bool) -> Json:
    """Sorts by the event's time to the nanosecond, whatever kinds of date the indices hold."""
    order: Json = {"order": "desc" if descending else "asc", "unmapped_type": "date", "format": NANOS_FORMAT}
    if fields.nanoseconds:
        order["numeric_type"] = "date_nanos"
    return {TIMESTAMP: order}


def shown_parts(fields: FieldMap) -> Json:
    """The values of a hit: by `fields` (aliases resolve there), and the document for all the rest."""
    names = [name for concept in Concept for name in fields.names(concept)]
    return {"fields": [{"field": TIMESTAMP, "format": NANOS_FORMAT}, *names], "_source": True}


def newest_body(query: Json, fields: FieldMap, limit: int, timeout: float) -> Json:
    """The newest `limit` hits. `timeout` is the server's own budget in seconds."""
    return {
        "query": query,
        "size": max(0, min(limit, LARGEST_PAGE)),
        "sort": [by_time(fields, descending=True), {"_doc": "desc"}],
        **shown_parts(fields),
        "track_total_hits": TOTAL_COUNTED,
        "timeout": milliseconds(timeout),
    }


def histogram_body(query: Json, fields: FieldMap, span: TimeRange, columns: int, timeout: float) -> tuple[Json, float]:
    """Counts by time and level, and the width of a bucket in seconds."""
    width = span.step(columns)
    levels = {
        f"level_{number}": {"terms": {"field": name, "size": LEVELS_COUNTED}}
        for number, name in enumerate(level_names(fields))
    }
    bars: Json = {
        "date_histogram": {
            "field": TIMESTAMP,
            "fixed_interval": milliseconds(width),
            "min_doc_count": 0,
            "extended_bounds": {"min": math.floor(span.start * 1000), "max": math.ceil(span.end * 1000)},
            "format": "epoch_millis",
        }
    }
    if levels:
        bars["aggs"] = levels
    body: Json = {
        "query": query,
        "size": 0,
        "aggs": {"bars": bars},
        "track_total_hits": True,
        "timeout": milliseconds(timeout),
    }
    return body, width


def level_names(fields: FieldMap) -> tuple[str, ...]:
    """Fields whose values can be counted as levels, in the order of the sub-aggregations."""
    return tuple(name for field in fields.by_concept.get(Concept.LEVEL, ()) for name in field.aggregatable)


def milliseconds(seconds: float) -> str:
    """A duration as Elasticsearch takes it."""
    return f"{max(1, round(seconds * 1000))}ms"
