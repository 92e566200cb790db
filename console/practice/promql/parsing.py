"""From query text to the parser library's tree, and the tree's leaves to our values.

The parser is `promql-parser`; it knows more functions than are evaluated here.
"""

from __future__ import annotations

import datetime as dt
import re

import promql_parser
from promql_parser import Expr

from opsconsole.practice.promql.errors import bad_data
from opsconsole.practice.promql.label_functions import compiled_matcher
from opsconsole.practice.promql.store import METRIC_NAME, LabelMatcher, MatchKind

_KINDS = (
    (promql_parser.MatchOp.Equal, MatchKind.EQUAL),
    (promql_parser.MatchOp.NotEqual, MatchKind.NOT_EQUAL),
    (promql_parser.MatchOp.Re, MatchKind.REGEX),
    (promql_parser.MatchOp.NotRe, MatchKind.NOT_REGEX),
)
_AT = re.compile(r"@ (\d+(?:\.\d+)?)(?: offset \S+)?$")
LATEST = 253402300800.0
"""Unix seconds beyond which a moment is refused: the year 10000, the end of RFC 3339."""

OPERATORS = 1000
"""Operators and parentheses of one query; the library's parser overflows its stack at a few thousand."""
TOO_DEEP = "parse error: the expression is nested too deeply for this server"

_QUOTED = re.compile(r""" "(?:[^"\\]|\\.)*" | '(?:[^'\\]|\\.)*' | `[^`]*` """, re.VERBOSE | re.DOTALL)
_NESTING = re.compile(r"[-+*/%^(<>=!]|\b(?:and|or|unless|atan2)\b", re.IGNORECASE)

_UNITS = (("y", 31536000000), ("w", 604800000), ("d", 86400000), ("h", 3600000), ("m", 60000), ("s", 1000), ("ms", 1))


def parse(query: str) -> Expr:
    """The tree of `query`. Raises PromQLError (bad_data) with the parser's own sentence."""
    if len(_NESTING.findall(_QUOTED.sub("", query))) > OPERATORS:
        raise bad_data(TOO_DEEP)
    try:
        return promql_parser.parse(query)
    except ValueError as error:
        raise bad_data(f"parse error: {error}") from error


def matchers_of(selector: promql_parser.VectorSelector) -> list[LabelMatcher]:
    """All conditions of a selector, the metric name first."""
    if selector.matchers.or_matchers:
        raise bad_data("'or' between label matchers is not evaluated by this server")
    found = [LabelMatcher(METRIC_NAME, MatchKind.EQUAL, selector.name)] if selector.name else []
    for matcher in selector.matchers.matchers:
        kind = next(kind for operator, kind in _KINDS if operator == matcher.op)
        found.append(compiled_matcher(matcher.name, kind, matcher.value))
    return found


def selector_matchers(text: str) -> list[LabelMatcher]:
    """The conditions of a `match[]` parameter. Raises PromQLError (bad_data) for anything but a selector."""
    tree = parse(text)
    if not isinstance(tree, promql_parser.VectorSelector):
        raise bad_data(f"{text!r} is not a series selector")
    return matchers_of(tree)


def unwrapped(expression: Expr) -> Expr:
    """Without the parentheses around it."""
    while isinstance(expression, promql_parser.ParenExpr):
        expression = expression.expr
    return expression


def milliseconds(duration: dt.timedelta | None) -> int:
    """A duration of the tree; none is 0."""
    return 0 if duration is None else round(duration / dt.timedelta(milliseconds=1))


def at_moment(tree: Expr) -> int:
    """The unix milliseconds after a tree's own `@`, 0 when they are negative. Raises PromQLError (bad_data).

    Read from its text: the library's attribute panics at moments before 1970.
    """
    match = _AT.search(tree.prettify())
    seconds = float(match[1]) if match else 0.0
    if seconds > LATEST:
        raise bad_data(f"timestamp out of bounds for @ modifier: {seconds:.0f}")
    return round(seconds * 1000)


def duration_seconds(text: str) -> float:
    """A PromQL duration such as `1h30m`. Raises ValueError."""
    return promql_parser.parse_duration(text).total_seconds()


def duration_text(seconds: float) -> str:
    """Seconds in PromQL's own writing: 90 is `1m30s`, 0 is `0s`."""
    left, text = round(seconds * 1000), ""
    for unit, size in _UNITS:
        count, left = divmod(left, size)
        text += f"{count}{unit}" if count else ""
    return text or "0s"
