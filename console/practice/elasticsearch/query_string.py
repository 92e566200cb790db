"""`query_string`: Lucene's query language, so far as people write it; what does not parse is refused in its form.

`field:word`, AND, OR, NOT, `+`, `-`, `!`, quotes, parentheses, ranges, comparisons, wildcards, `~` and `_exists_`
(Query DSL reference, "Query string syntax"). How AND and OR bind is Lucene's `QueryParserBase.addClause`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple

from opsconsole.practice.elasticsearch import text_queries
from opsconsole.practice.elasticsearch.refusal import Refusal, shards_failed
from opsconsole.practice.elasticsearch.simple_query import MOST_EDITS
from opsconsole.practice.shop.log_lines import LogLine

Test = Callable[[LogLine], bool]
RangeTest = Callable[[str, dict[str, Any]], Test]

_SPACE = re.compile(r"\s+")
_AND_OR = re.compile(r"(?:(AND\b|&&)|(OR\b|\|\|))")
_MODIFIER = re.compile(r"([+!-])|NOT\b")
_QUOTED = re.compile(r'"((?:\\.|[^"\\])*)"(?:~(\d+))?', re.DOTALL)
_RANGE = re.compile(r'([\[{])\s*("[^"]*"|[^\s\]}]+)\s+TO\s+("[^"]*"|[^\s\]}]+)\s*([\]}])')
_COMPARED = re.compile(r"(>=|<=|>|<)((?:\\.|[^\s()])+)")
_REGEX = re.compile(r"/((?:\\.|[^/\\])*)/")
_TERM = re.compile(r'(?:\\.|[^\s+\-!():^\[\]"{}~\\/])(?:\\.|[^\s!():^\[\]"{}~\\])*', re.DOTALL)
_SUFFIX = re.compile(r"(?:~(\d*))?(?:\^[\d.]+)?")


class _Clause(NamedTuple):
    test: Test | None
    required: bool
    denied: bool


class QueryStringError(Exception):
    """The text is no query; the message says where it stops being one."""


def compiled(text: str, fields: list[str], ranged: RangeTest, *, every: bool) -> Test:
    """The test that `text` stands for. `ranged` makes the test for bounds of a field. Raises `Refusal` 400."""
    try:
        return _Parser(text, fields, ranged, every=every).parse()
    except QueryStringError as error:
        raise _refusal(text, str(error)) from None


def _refusal(text: str, words: str) -> Refusal:
    reason = words if words.startswith("failed to create query") else f"Failed to parse query [{text}]"
    made = shards_failed("query_shard_exception", reason)
    cause = {"type": "parse_exception", "reason": f"Cannot parse '{text}': {words}"}
    shard = {"type": "query_shard_exception", "reason": reason, "caused_by": cause}
    made.body["error"]["failed_shards"] = [{"shard": 0, "reason": shard}]
    return made


class _Parser:
    def __init__(self, text: str, fields: list[str], ranged: RangeTest, *, every: bool) -> None:
        self._text = text
        self._at = 0
        self._fields = fields
        self._ranged = ranged
        self._every = every

    def parse(self) -> Test:
        if not self._text.strip():
            return lambda _line: False
        found = self._clauses(self._fields)
        if self._at < len(self._text):
            raise self._wrong()
        return found or (lambda _line: False)

    def _wrong(self) -> QueryStringError:
        met = self._text[self._at : self._at + 1] or "<EOF>"
        return QueryStringError(f'Encountered "{met}" at line 1, column {self._at}.')

    def _take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        found = pattern.match(self._text, self._at)
        if found is not None and found.end() > self._at:
            self._at = found.end()
            return found
        return None

    def _clauses(self, fields: list[str]) -> Test | None:
        clauses: list[_Clause] = []
        while True:
            self._take(_SPACE)
            if clauses and (self._at >= len(self._text) or self._text[self._at] == ")"):
                return _together(clauses)
            joined = self._take(_AND_OR) if clauses else None
            self._take(_SPACE)
            modifier = self._take(_MODIFIER)
            self._take(_SPACE)
            denied = modifier is not None and modifier.group(1) != "+"
            either = joined is not None and joined.group(2) is not None
            both = joined is not None and joined.group(1) is not None
            if clauses and (both or (either and self._every)):
                clauses[-1] = clauses[-1]._replace(required=both and not clauses[-1].denied)
            plus = modifier is not None and modifier.group(1) == "+"
            required = not denied and (plus or both or (self._every and not either))
            clauses.append(_Clause(self._clause(fields), required, denied))

    def _clause(self, fields: list[str]) -> Test | None:
        start = self._at
        name = self._take(_TERM) or self._star()
        if name is not None and self._text.startswith(":", self._at):
            self._at += 1
            self._take(_SPACE)
            return self._value(_unescaped(name.group()))
        self._at = start
        return self._primary(fields)

    def _star(self) -> re.Match[str] | None:
        return self._take(re.compile(r"\*(?=:)"))

    def _value(self, name: str) -> Test | None:
        if name == "_exists_":
            asked = self._take(_TERM)
            if asked is None:
                raise self._wrong()
            return self._ranged(_unescaped(asked.group()), {})
        if name == "*" and self._text.startswith("*", self._at):
            self._at += 1
            return lambda _line: True
        if compared := self._take(_COMPARED):
            key = {">": "gt", ">=": "gte", "<": "lt", "<=": "lte"}[compared.group(1)]
            return self._ranged(name, {key: compared.group(2)})
        return self._primary(text_queries.expanded([name]))

    def _primary(self, fields: list[str]) -> Test | None:
        if self._text.startswith("(", self._at):
            self._at += 1
            inner = self._clauses(fields)
            if not self._text.startswith(")", self._at):
                raise self._wrong()
            self._at += 1
            self._take(_SUFFIX)
            return inner
        if quoted := self._take(_QUOTED):
            text, slop = _unescaped(quoted.group(1)), int(quoted.group(2) or 0)
            return text_queries.any_field(fields, lambda name: text_queries.phrase(name, text, slop))
        if bounds := self._take(_RANGE):
            return self._between(bounds, fields)
        if regex := self._take(_REGEX):
            return self._regex(regex.group(1), fields)
        return self._word(fields)

    def _between(self, bounds: re.Match[str], fields: list[str]) -> Test | None:
        opened, low, high, closed = bounds.groups()
        limits: dict[str, Any] = {}
        if low != "*":
            limits["gte" if opened == "[" else "gt"] = low.strip('"')
        if high != "*":
            limits["lte" if closed == "]" else "lt"] = high.strip('"')
        return text_queries.any_field(fields, lambda name: self._ranged(name, limits))

    def _regex(self, shape: str, fields: list[str]) -> Test | None:
        try:
            re.compile(shape)
        except re.error:
            return lambda _line: False
        return text_queries.any_field(fields, lambda name: text_queries.matching(name, shape))

    def _word(self, fields: list[str]) -> Test | None:
        term = self._take(_TERM)
        if term is None or term.group() in ("AND", "OR", "NOT"):
            raise self._wrong()
        suffix = self._take(_SUFFIX)
        written = term.group()
        if suffix is not None and suffix.group(1) is not None:
            edits = int(suffix.group(1) or MOST_EDITS)
            if edits > MOST_EDITS:
                raise QueryStringError(f"failed to create query: Valid edit distances are [0, 1, 2] but was [{edits}]")
            return text_queries.any_field(fields, lambda name: text_queries.fuzzy(name, _unescaped(written), edits))
        if written == "*":
            return text_queries.any_field(fields, lambda name: self._ranged(name, {}))
        if re.search(r"(?<!\\)[*?]", written):
            return text_queries.any_field(fields, lambda name: text_queries.wildcard(name, _unescaped(written)))
        return text_queries.any_field(fields, lambda name: text_queries.word(name, _unescaped(written)))


def _together(clauses: list[_Clause]) -> Test | None:
    told = [(clause.test, clause) for clause in clauses if clause.test is not None]
    if not told:
        return None
    must = [test for test, clause in told if clause.required]
    never = [test for test, clause in told if clause.denied]
    some = [test for test, clause in told if not clause.required and not clause.denied]

    def test(line: LogLine) -> bool:
        if not all(one(line) for one in must) or any(one(line) for one in never):
            return False
        return bool(must) or not some or any(one(line) for one in some)

    return test


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text, flags=re.DOTALL)
