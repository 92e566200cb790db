"""What is asked of lines, as clauses of the Query DSL.

Values from outside stand in JSON alone, never inside a query language, save where somebody asks for one (RAW).
"""

from __future__ import annotations

import math
import re
from typing import Any

import msgspec

from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.domain.log_query import LogFilter, LogSyntax
from opsconsole.domain.log_record import LogLevel
from opsconsole.domain.snapshot import SourceName
from opsconsole.domain.text import SafeText
from opsconsole.patterns import constant_runs
from opsconsole.sources.elasticsearch.fields import OTEL_NUMBER, Concept, Field, FieldMap
from opsconsole.sources.elasticsearch.levels import otel_numbers_from, spellings_from, tens_from

Json = dict[str, Any]

NOTHING: Json = {"match_none": {}}

KEYWORD_LIMIT = 256
"""Longer values have no keyword beside them where the mapping is dynamic (`ignore_above`)."""

WORDS_EVERYWHERE = 32
WORDS_AT_MOST = 256
"""Each word is looked for in each field: three thousand of them kept a server busy for more than half a minute."""

_WILDCARD = "<*>"
_SPECIAL = re.compile(r"([\\*?])")


def words_clause(words: str, syntax: LogSyntax, fields: FieldMap) -> Json:
    """Lines with `words`. Raises `SourceError` of kind BAD_QUERY when there are too many of them."""
    count = len(words.split())
    if count > WORDS_AT_MOST:
        detail = SafeText(f"{count} words are too many")
        raise SourceError(ErrorKind.BAD_QUERY, SourceName.ELASTICSEARCH.value, detail, hint="search for fewer words")
    names = list(fields.names(Concept.MESSAGE))
    everywhere = [*names, "*"] if count <= WORDS_EVERYWHERE or not names else names
    common = {"query": words, "fields": everywhere, "default_operator": "and", "lenient": True}
    if syntax is LogSyntax.RAW:
        return {"query_string": {**common, "analyze_wildcard": True}}
    return {"simple_query_string": {**common, "analyze_wildcard": True, "flags": "ALL"}}


def words_notes(words: str, fields: FieldMap) -> tuple[SafeText, ...]:
    """What a search for words can't find here."""
    messages = fields.by_concept.get(Concept.MESSAGE, ())
    notes: list[SafeText] = []
    if messages and not any(field.analysed for field in messages):
        notes.append(SafeText("the message is a keyword here: words match whole messages, or beginnings with *"))
    if messages and len(words.split()) > WORDS_EVERYWHERE:
        notes.append(SafeText(f"more than {WORDS_EVERYWHERE} words: they are looked for in the message alone"))
    return tuple(notes)


def level_clause(level: LogLevel, fields: FieldMap) -> Json | None:
    """Lines of at least `level`, by every field that tells one; None when none does."""
    return _any_of([clause for field in fields.by_concept.get(Concept.LEVEL, ()) for clause in _level(level, field)])


def _level(level: LogLevel, field: Field) -> list[Json]:
    if field.numeric and field.name == OTEL_NUMBER:
        least, greatest = otel_numbers_from(level)
        return [{"range": {field.name: {"gte": least, "lte": greatest}}}]
    if field.numeric:
        return [{"terms": {field.name: list(tens_from(level))}}]
    spellings = spellings_from(level)
    if not field.textual:
        # A name among `terms` would fail where the field is a number.
        return [{"match": {field.name: {"query": spelling, "lenient": True}}} for spelling in spellings]
    found: list[Json] = [{"terms": {name: list(spellings)}} for name in field.exact]
    if field.analysed and not field.sub_field:
        # The analyser has made the words lower case; those of a level are never longer than one.
        found = [{"match": {field.name: {"query": " ".join(spellings), "lenient": True}}}]
    return found


def filter_clause(asked: LogFilter, fields: FieldMap) -> Json | None:
    """Lines of which the filter's field is the filter's value; None when no index has the field."""
    return value_clause(fields.named(asked.field), asked.value)


def value_clause(fields: tuple[Field, ...], value: str) -> Json | None:
    """Lines of which any of `fields` is `value`, as text that `decoding.shown` made of it."""
    clauses = [clause for field in fields for clause in _equals(field, value)]
    listed = _listed(value)
    if listed:
        clauses += [{"bool": {"filter": every}} for field in fields if (every := _every(field, listed))]
    return _any_of(clauses)


def _every(field: Field, values: list[str]) -> list[Json]:
    return [clause for value in values if (clause := _any_of(_equals(field, value))) is not None]


def _listed(value: str) -> list[str]:
    """The texts of a value that is a list of several."""
    if not value.startswith("["):
        return []
    try:
        return [one if isinstance(one, str) else msgspec.json.encode(one).decode() for one in _decoded(value)]
    except msgspec.DecodeError:
        return []


def _decoded(value: str) -> list[str | int | float | bool]:
    return msgspec.json.decode(value, type=list[str | int | float | bool])


def _equals(field: Field, value: str) -> list[Json]:
    if field.numeric:
        return [] if (number := _number(value)) is None else [{"term": {field.name: {"value": number}}}]
    if not field.textual:
        return [_of_any_type(field, value)]
    if not field.analysed:
        return [{"term": {field.name: {"value": value}}}]
    phrase: Json = {"match_phrase": {field.name: {"query": value}}}
    if not field.sub_field:
        return [phrase]
    # Values without the keyword beside them: too long ones, and those of indices that map the field otherwise.
    rest = {"bool": {"filter": [phrase], "must_not": [{"exists": {"field": field.sub_field}}]}}
    return [{"term": {field.sub_field: {"value": value}}}, rest]


def _of_any_type(field: Field, value: str) -> Json:
    """For dates, addresses, booleans, and what is text here and a number there: `lenient` lets no shard fail."""
    if not field.analysed:
        return {"match": {field.name: {"query": value, "lenient": True}}}
    return {"multi_match": {"query": value, "fields": [field.name], "type": "phrase", "lenient": True}}


def _number(value: str) -> int | float | None:
    try:
        return int(value) if len(value) < 20 else None
    except ValueError:
        pass
    try:
        number = float(value)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def pattern_clauses(template: str, fields: FieldMap) -> list[Json]:
    """What every line of the template has. Others may have it, too: `patterns.matches` decides."""
    # The analyser may join a constant to what stands beside it (`id:` and `<*>`), so only whole words are asked for.
    whole = " ".join(_WILDCARD if _WILDCARD in word else word for word in template.split())
    return [clause for run in constant_runs(whole) if (clause := _any_of(_in_message(run, fields))) is not None]


def _in_message(run: str, fields: FieldMap) -> list[Json]:
    clauses: list[Json] = []
    for field in fields.by_concept.get(Concept.MESSAGE, ()):
        if field.textual and field.analysed:
            clauses.append({"match_phrase": {field.name: {"query": run}}})
        if field.textual and field.name in field.exact:
            parts = "*".join(_escaped(word) for word in run.split())
            clauses.append({"wildcard": {field.name: {"value": f"*{parts}*"}}})
    return clauses


def _escaped(word: str) -> str:
    return _SPECIAL.sub(r"\\\1", word)


def _any_of(clauses: list[Json]) -> Json | None:
    if not clauses:
        return None
    return clauses[0] if len(clauses) == 1 else {"bool": {"should": clauses, "minimum_should_match": 1}}
