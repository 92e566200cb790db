"""Search bodies. Values from outside only ever stand in JSON `term` clauses, never inside a query language."""

from __future__ import annotations

import math
from typing import Any

import msgspec

from opsconsole.domain.scope import Selection
from opsconsole.domain.text import SafeText
from opsconsole.domain.time_range import TimeRange
from opsconsole.sources.elasticsearch.fields import TIMESTAMP, Concept, FieldMap

LARGEST_PAGE = 500
"""Hits of one page; 500 of 1 KB decode in 4 ms, ten thousand would hold the screen for 130."""

TOTAL_COUNTED = 10_000
"""Matches counted exactly before the server says "or more"; Elasticsearch's own default."""

LEVELS_COUNTED = 20
"""Distinct level names counted in one bucket."""

NANOS_FORMAT = "strict_date_optional_time_nanos"

Json = dict[str, Any]


class Restriction(msgspec.Struct, frozen=True):
    """The query of a selection, and what of the selection these indices can't express."""

    query: Json
    notes: tuple[SafeText, ...] = ()


def restrict(selection: Selection, span: TimeRange, fields: FieldMap) -> Restriction:
    """The bool filter for `selection` in `span`.

    A namespace that no field holds is left out, with a note. A service, pod or trace that no field holds
    matches nothing, with a note: lines of others must not pass for its own.
    """
    clauses: list[Json] = [_between(span)]
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
        clause = _equals(concept, str(value), fields)
        if clause is not None:
            clauses.append(clause)
        elif concept is Concept.NAMESPACE:
            notes.append(SafeText("these logs hold no namespace: lines of all namespaces"))
        else:
            clauses.append({"match_none": {}})
            notes.append(SafeText(f"these logs hold no {concept.value}: see docs/configuration.md"))
    return Restriction({"bool": {"filter": clauses}}, tuple(notes))


def _between(span: TimeRange) -> Json:
    return {
        "range": {
            TIMESTAMP: {
                "gte": math.floor(span.start * 1000),
                "lte": math.ceil(span.end * 1000),
                "format": "epoch_millis",
            }
        }
    }


def _equals(concept: Concept, value: str, fields: FieldMap) -> Json | None:
    clauses: list[Json] = []
    for field in fields.by_concept.get(concept, ()):
        clauses.extend({"term": {name: {"value": value}}} for name in field.exact)
        if not field.exact:
            clauses.append({"match_phrase": {field.name: {"query": value}}})
    if not clauses:
        return None
    return clauses[0] if len(clauses) == 1 else {"bool": {"should": clauses, "minimum_should_match": 1}}


def newest_body(restriction: Restriction, fields: FieldMap, limit: int, timeout: float) -> Json:
    """The newest `limit` hits, with values by `fields` (aliases resolve there) and the document for its other fields.

    `timeout` is the server's own budget in seconds.
    """
    names = [name for concept in Concept for name in fields.names(concept)]
    order: Json = {"order": "desc", "unmapped_type": "date", "format": NANOS_FORMAT}
    if fields.nanoseconds:
        order["numeric_type"] = "date_nanos"
    return {
        "query": restriction.query,
        "size": max(0, min(limit, LARGEST_PAGE)),
        "sort": [{TIMESTAMP: order}],
        "fields": [{"field": TIMESTAMP, "format": NANOS_FORMAT}, *names],
        "_source": True,
        "track_total_hits": TOTAL_COUNTED,
        "timeout": _milliseconds(timeout),
    }


def histogram_body(
    restriction: Restriction, fields: FieldMap, span: TimeRange, columns: int, timeout: float
) -> tuple[Json, float]:
    """Counts by time and level, and the width of a bucket in seconds."""
    width = span.step(columns)
    levels = {
        f"level_{number}": {"terms": {"field": name, "size": LEVELS_COUNTED}}
        for number, name in enumerate(level_names(fields))
    }
    bars: Json = {
        "date_histogram": {
            "field": TIMESTAMP,
            "fixed_interval": _milliseconds(width),
            "min_doc_count": 0,
            "extended_bounds": {"min": math.floor(span.start * 1000), "max": math.ceil(span.end * 1000)},
            "format": "epoch_millis",
        }
    }
    if levels:
        bars["aggs"] = levels
    body: Json = {
        "query": restriction.query,
        "size": 0,
        "aggs": {"bars": bars},
        "track_total_hits": True,
        "timeout": _milliseconds(timeout),
    }
    return body, width


def level_names(fields: FieldMap) -> tuple[str, ...]:
    """Fields whose values can be counted as levels, in the order of the sub-aggregations."""
    return tuple(name for field in fields.by_concept.get(Concept.LEVEL, ()) for name in field.aggregatable)


def _milliseconds(seconds: float) -> str:
    return f"{max(1, round(seconds * 1000))}ms"
