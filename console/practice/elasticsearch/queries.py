"""The query language: each clause becomes a test of one log line.

Semantics of the Query DSL in Elasticsearch's reference; clauses this practice server lacks are
refused as a real one refuses an unknown query.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from opsconsole.practice.elasticsearch import documents, query_string, simple_query, text_queries
from opsconsole.practice.elasticsearch.documents import TIMESTAMP
from opsconsole.practice.elasticsearch.moments import milliseconds
from opsconsole.practice.elasticsearch.refusal import Refusal, unparsable
from opsconsole.practice.shop.log_lines import LogLine

Test = Callable[[LogLine], bool]


class Query:
    """A compiled query: `test` a line; all lines it can match lie in `start..end` (unix milliseconds)."""

    def __init__(self, body: Any, now: float) -> None:
        """Raises `Refusal` 400 for what does not parse. `now` in unix seconds, for date math."""
        self._now = now
        self.start, self.end = float("-inf"), float("inf")
        self.test = self._clause(body if body is not None else {"match_all": {}}, required=True)

    def _clause(self, body: Any, *, required: bool) -> Test:
        if not isinstance(body, dict) or len(body) != 1:
            if body == {}:
                raise unparsable("query malformed, empty clause found")
            raise unparsable("[bool] malformed query, expected [END_OBJECT] but found [FIELD_NAME]")
        ((kind, clause),) = body.items()
        if kind == "constant_score":
            return self._clause(clause.get("filter", {}), required=required)
        bounded = {"bool": self._bool, "range": self._range}.get(kind)
        if bounded is not None:
            return bounded(clause, required=required)
        compiled = self._query_string if kind == "query_string" else _SIMPLE_CLAUSES.get(kind)
        if compiled is None:
            raise unparsable(f"unknown query [{kind}]")
        if not isinstance(clause, dict):
            raise unparsable(f"[{kind}] query malformed, no start_object after query name")
        return compiled(clause)

    def _bool(self, clause: Any, *, required: bool) -> Test:
        if not isinstance(clause, dict):
            raise unparsable("[bool] query malformed, no start_object after query name")
        unknown = set(clause) - {"must", "filter", "should", "must_not", "minimum_should_match", "boost", "_name"}
        if unknown:
            raise unparsable(f"[bool] unknown field [{min(unknown)}]")
        every = [self._clause(one, required=required) for key in ("must", "filter") for one in _listed(clause.get(key))]
        never = [self._clause(one, required=False) for one in _listed(clause.get("must_not"))]
        some = [self._clause(one, required=False) for one in _listed(clause.get("should"))]
        needed = clause.get("minimum_should_match", 0 if every else 1)
        needed = min(len(some), _count(needed, len(some)))

        return _combined(every, never, some, needed)

    def _range(self, clause: Any, *, required: bool) -> Test:
        name, bounds = _one_field(clause, "range")
        if not isinstance(bounds, dict):
            raise unparsable("[range] query malformed, no start_object after field name")
        low, high = float("-inf"), float("inf")
        for key, value in bounds.items():
            if key in ("format", "time_zone", "boost", "relation") or value is None:
                continue
            if key not in ("gt", "gte", "lt", "lte", "from", "to"):
                raise unparsable(f"[range] query does not support [{key}]")
            bound = self._bound(name, value, bounds.get("format", ""), upper=key in ("gt", "lte", "to"))
            if key in ("gt", "gte", "from"):
                low = bound if key != "gt" else _after(bound)
            else:
                high = bound if key != "lt" else _before(bound)
        if name == TIMESTAMP and required:
            self.start, self.end = max(self.start, low), min(self.end, high)

        read = documents.reader_of(name)

        def test(line: LogLine) -> bool:
            value = read(line)
            return isinstance(value, int | float) and low <= value <= high

        return test

    def _query_string(self, clause: Any) -> Test:
        text, names, every = _text_query(clause, "query_string")

        def ranged(name: str, bounds: dict[str, Any]) -> Test:
            if not bounds:
                return _exists({"field": name})
            try:
                return self._range({name: bounds}, required=False)
            except Refusal:  # `lenient`
                return _never

        return query_string.compiled(text, names, ranged, every=every)

    def _bound(self, name: str, value: Any, date_format: str, *, upper: bool) -> float:
        if name == TIMESTAMP:
            return milliseconds(value, self._now, date_format, upper=upper)
        try:
            return float(value)
        except (TypeError, ValueError):
            raise unparsable(f'failed to create query: For input string: "{value}"') from None


def _combined(every: list[Test], never: list[Test], some: list[Test], needed: int) -> Test:
    """All of `every`, none of `never`, at least `needed` of `some`."""

    # Loops, since thousands of lines are tested for each request.
    def test(line: LogLine) -> bool:
        for one in every:
            if not one(line):
                return False
        for one in never:
            if one(line):
                return False
        missing = needed
        for one in some:
            if missing <= 0:
                break
            missing -= one(line)
        return missing <= 0

    return test


def _after(bound: float) -> float:
    return bound + (1.0 if bound == int(bound) else 1e-9)


def _before(bound: float) -> float:
    return bound - (1.0 if bound == int(bound) else 1e-9)


def _always(_line: LogLine) -> bool:
    return True


def _never(_line: LogLine) -> bool:
    return False


def _listed(value: Any) -> list[Any]:
    return [] if value is None else value if isinstance(value, list) else [value]


def _count(needed: Any, total: int) -> int:
    text = str(needed)
    if text.endswith("%"):
        share = int(text[:-1])
        return total * share // 100 if share >= 0 else total - total * -share // 100
    return int(text) if int(text) >= 0 else total + int(text)


def _one_field(clause: Any, kind: str) -> tuple[str, Any]:
    if not isinstance(clause, dict) or len(clause) != 1:
        raise unparsable(f"[{kind}] query doesn't support multiple fields")
    ((name, value),) = clause.items()
    return name, value


def equals(name: str, wanted: Any, *, fold: bool = False) -> Test:
    """Lines with the exact term `wanted` in field `name`: a whole keyword or number, or one word of a text."""
    term = _plain(wanted)
    if fold:
        term = term.lower()
    if name == "_id":
        return lambda line: line.id == term
    if name == "_index":
        return lambda line: documents.index_of(line) == term
    if not documents.is_known(name):
        return _never
    read, exact = documents.reader_of(name), documents.is_exact(name)

    def test(line: LogLine) -> bool:
        value = read(line)
        if value is None:
            return False
        if exact:
            actual = value if isinstance(value, str) else _plain(value)
            return (actual.lower() if fold else actual) == term
        return term in documents.tokens(str(value))

    return test


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)


def _term(clause: dict[str, Any]) -> Test:
    name, value = _one_field(clause, "term")
    if isinstance(value, dict):
        return equals(name, value.get("value"), fold=bool(value.get("case_insensitive", False)))
    return equals(name, value)


def _terms(clause: dict[str, Any]) -> Test:
    name, values = _one_field({key: value for key, value in clause.items() if key not in ("boost", "_name")}, "terms")
    if not isinstance(values, list):
        raise unparsable("[terms] query requires an array of terms")
    tests = [equals(name, value) for value in values]
    return lambda line: any(test(line) for test in tests)


def words_in(name: str, text: str, *, every: bool) -> Test:
    """Lines whose field has all, or any, of the words of `text`."""
    if documents.is_exact(name):
        return equals(name, text)
    wanted, read = documents.tokens(text), documents.reader_of(name)

    def test(line: LogLine) -> bool:
        value = read(line)
        if value is None or not wanted:
            return False
        found = set(documents.tokens(str(value)))
        return all(word in found for word in wanted) if every else any(word in found for word in wanted)

    return test


def phrase_in(name: str, text: str, *, prefix: bool = False) -> Test:
    """Lines whose field has the words of `text` one after the other; the last may be a beginning."""
    if documents.is_exact(name):
        return equals(name, text)
    wanted = documents.tokens(text)

    def test(line: LogLine) -> bool:
        value = documents.value_of(line, name)
        if value is None or not wanted:
            return False
        found = documents.tokens(str(value))
        for at in range(len(found) - len(wanted) + 1):
            part = found[at : at + len(wanted)]
            if part == wanted or (prefix and part[:-1] == wanted[:-1] and part[-1].startswith(wanted[-1])):
                return True
        return False

    return test


def _match(clause: dict[str, Any]) -> Test:
    name, value = _one_field(clause, "match")
    if isinstance(value, dict):
        return words_in(name, str(value.get("query", "")), every=str(value.get("operator", "or")).lower() == "and")
    return words_in(name, _plain(value), every=False)


def _match_phrase(clause: dict[str, Any], *, prefix: bool = False) -> Test:
    name, value = _one_field(clause, "match_phrase")
    return phrase_in(name, _plain(value.get("query", "") if isinstance(value, dict) else value), prefix=prefix)


def _multi_match(clause: dict[str, Any]) -> Test:
    text = str(clause.get("query", ""))
    names = text_queries.expanded([str(name) for name in _listed(clause.get("fields"))])
    phrase = clause.get("type") in ("phrase", "phrase_prefix")
    tests = [phrase_in(name, text) if phrase else words_in(name, text, every=False) for name in names]
    return lambda line: any(test(line) for test in tests)


def _exists(clause: dict[str, Any]) -> Test:
    name = str(clause.get("field", ""))
    known = documents.is_known(name)
    inside = [field for field in documents.TYPES if field.startswith(name + ".")]
    names = [name] if known else inside
    return lambda line: any(documents.value_of(line, one) is not None for one in names)


def _pattern(clause: dict[str, Any], *, wildcard: bool) -> Test:
    name, value = _one_field(clause, "wildcard" if wildcard else "prefix")
    options = value if isinstance(value, dict) else {"value": value}
    text = str(options.get("value", options.get("wildcard", "")))
    flags = re.DOTALL | (re.IGNORECASE if options.get("case_insensitive") else 0)
    escaped = re.escape(text)
    pattern = escaped.replace(r"\*", ".*").replace(r"\?", ".") if wildcard else escaped + ".*"
    compiled = re.compile(pattern, flags)

    def test(line: LogLine) -> bool:
        found = documents.value_of(line, name)
        if found is None:
            return False
        whole = documents.is_exact(name)
        return any(compiled.fullmatch(one) for one in ([_plain(found)] if whole else documents.tokens(str(found))))

    return test


def _ids(clause: dict[str, Any]) -> Test:
    wanted = set(clause.get("values", ()))
    return lambda line: line.id in wanted


def _text_query(clause: Any, kind: str) -> tuple[str, list[str], bool]:
    """The text, the fields and whether all words must match, of either text query language."""
    if not isinstance(clause, dict) or "query" not in clause:
        raise unparsable(f"[{kind}] query text missing")
    names = text_queries.expanded([str(name) for name in _listed(clause.get("fields", clause.get("default_field")))])
    return str(clause["query"]), names, str(clause.get("default_operator", "or")).lower() == "and"


def _simple(clause: Any) -> Test:
    text, names, every = _text_query(clause, "simple_query_string")
    makers = simple_query.Makers(
        word=lambda part: text_queries.any_field(names, lambda name: text_queries.word(name, part)),
        phrase=lambda part, slop: text_queries.any_field(names, lambda name: text_queries.phrase(name, part, slop)),
        prefix=lambda part: text_queries.any_field(names, lambda name: text_queries.prefix(name, part)),
        fuzzy=lambda part, edits: text_queries.any_field(names, lambda name: text_queries.fuzzy(name, part, edits)),
    )
    return simple_query.compiled(text, makers, every=every)


_SIMPLE_CLAUSES: dict[str, Callable[[dict[str, Any]], Test]] = {
    "term": _term,
    "terms": _terms,
    "match": _match,
    "match_phrase": _match_phrase,
    "match_phrase_prefix": lambda clause: _match_phrase(clause, prefix=True),
    "match_all": lambda _: _always,
    "match_none": lambda _: _never,
    "multi_match": _multi_match,
    "simple_query_string": _simple,
    "exists": _exists,
    "prefix": lambda clause: _pattern(clause, wildcard=False),
    "wildcard": lambda clause: _pattern(clause, wildcard=True),
    "ids": _ids,
}
