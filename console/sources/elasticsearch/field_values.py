"""The most frequent values of a field among the lines of a search."""

from __future__ import annotations

from opsconsole.domain.log_query import FieldValue
from opsconsole.domain.snapshot import Completeness, Reading
from opsconsole.domain.text import SafeText
from opsconsole.safe_text import safe_text
from opsconsole.sources.elasticsearch.answers import Counts, SearchAnswer
from opsconsole.sources.elasticsearch.clauses import Json
from opsconsole.sources.elasticsearch.fields import Field
from opsconsole.sources.elasticsearch.query import Restriction, milliseconds
from opsconsole.sources.elasticsearch.server import NAME

VALUES_AT_MOST = 1_000

Values = Reading[tuple[FieldValue, ...]]


def values_body(query: Json, fields: tuple[Field, ...], limit: int, timeout: float) -> Json:
    """Counts the values of each of `fields` by itself, at least `limit` of them."""
    terms = {"size": max(1, min(limit, VALUES_AT_MOST)), "show_term_doc_count_error": True}
    names = _counted_names(fields)
    return {
        "query": query,
        "size": 0,
        "aggs": {f"values_{number}": {"terms": {"field": name, **terms}} for number, name in enumerate(names)},
        "track_total_hits": True,
        "timeout": milliseconds(timeout),
    }


def _counted_names(fields: tuple[Field, ...]) -> list[str]:
    return [name for field in fields for name in field.aggregatable]


def uncounted_notes(asked: str, fields: tuple[Field, ...]) -> tuple[SafeText, ...]:
    """Which of `fields` can't be counted, or not everywhere."""
    if not fields:
        return (safe_text(f"these logs hold no {asked}: see docs/configuration.md", 200),)
    return tuple(
        safe_text(f"{field.name} is of several kinds ({', '.join(sorted(field.kinds))}): not all is counted", 200)
        if field.mixed
        else safe_text(f"values of {field.name} are not counted: it is text without a keyword", 200)
        for field in fields
        if field.mixed or not field.aggregatable
    )


def field_values(
    asked: str, answer: SearchAnswer, fields: tuple[Field, ...], limit: int, restriction: Restriction
) -> Values:
    """What `values_body` brought, most frequent first.

    Where indices of several shapes are searched, their fields add up; where one is an alias of the other, the larger
    count stands for both. Counts are exact when all shards told theirs of that very value.
    """
    # A search that no shard answers, as while an index is closed, counts nothing at all.
    asked_for = range(len(_counted_names(fields))) if answer.aggregations else ()
    parts = [answer.part(f"values_{number}", Counts, NAME) for number in asked_for]
    total = answer.hits.total.value if answer.hits.total else 0
    every = sum(bucket.doc_count for part in parts for bucket in part.buckets)
    aliased = len(parts) > 1 and every > total
    counts: dict[str, int] = {}
    errors: dict[str, int] = {}
    for part in parts:
        for bucket in part.buckets:
            name = _name(bucket.key_as_string if bucket.key_as_string is not None else bucket.key)
            earlier = counts.get(name, 0)
            counts[name] = max(earlier, bucket.doc_count) if aliased else earlier + bucket.doc_count
            errors[name] = errors.get(name, 0) + bucket.error
    notes = (*restriction.notes, *uncounted_notes(asked, fields))
    completeness = answer.completeness(notes)
    exact = answer.whole and restriction.pattern is None and not uncounted_notes(asked, fields)
    ordered = sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))[: max(1, limit)]
    # A value that one field's list was too short for may have more lines than are counted.
    short = len(parts) > 1 and any(part.others for part in parts)
    found = tuple(
        FieldValue(safe_text(name), count, exact and not short and errors[name] == 0) for name, count in ordered
    )
    return Reading(found, completeness)


def _name(key: str | float | bool) -> str:
    return f"{key:g}" if isinstance(key, float) and key.is_integer() and abs(key) < 1e6 else str(key)


def nothing_to_count(asked: str, fields: tuple[Field, ...], notes: tuple[SafeText, ...]) -> Values:
    """The reading where no index can count the field."""
    return Reading((), Completeness(notes=(*notes, *uncounted_notes(asked, fields))))
