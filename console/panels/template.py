"""Fills a panel's query for one selection. What is not selected widens the matcher that names it.

Variables: `$service`, `$namespace`, `$pod` inside label matchers; `$interval` (the query step) and
`$__rate_interval` anywhere a duration stands; `${name}` is the same as `$name`.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_VARIABLE = re.compile(r"\$(?:\{(service|namespace|pod)\}|(service|namespace|pod)(?!\w))")
_NAME = re.compile(r"\$([a-z][a-z0-9_]*)")
_DURATION = re.compile(r"\$(?:\{(__rate_interval|__interval|interval)\}|(__rate_interval|__interval|interval)(?!\w))")
_TOKEN = re.compile(
    r"""("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`[^`]*`)"""  # a string
    r"""|(\#[^\n]*)|([{}])|((?:\$\{\w+\}|[^"'`\#{}$]+|\$)+|.)""",  # a comment, a brace, anything else
    re.DOTALL,
)
_MATCHER = re.compile(r"(=~|!~|!=|=)(\s*)\Z")
_NAMED = re.compile(r"(?<![\w:])(?!(?:and|or|unless|bool)\s*\Z)[\w:]+\s*\Z", re.IGNORECASE)
_RE2_SPECIAL = re.compile(r"[\\.+*?()|\[\]{}^$]")

ANYTHING = ".*"
SOMETHING = ".+"
"""A selector without a metric name must have one matcher that refuses the empty string."""


@dataclass(frozen=True)
class Variables:
    """Values for one rendering; None is "not selected". Both intervals are in seconds."""

    service: str | None = None
    namespace: str | None = None
    pod: str | None = None
    interval: float = 15.0
    rate_interval: float = 60.0

    def value(self, name: str) -> str | None:
        """The value of `service`, `namespace` or `pod`."""
        return {"service": self.service, "namespace": self.namespace, "pod": self.pod}[name]


def rate_interval(step: float, scrape_interval: float) -> float:
    """The window of a rate in seconds: at least four scrapes, and no gap between two steps.

    Grafana's `$__rate_interval` (Prometheus data source, "Template variables").
    """
    return max(4 * scrape_interval, step + scrape_interval)


def promql_duration(seconds: float) -> str:
    """`seconds` in PromQL's notation, which knows milliseconds but no fractions."""
    milliseconds = max(1, round(seconds * 1000))
    return f"{milliseconds // 1000}s" if milliseconds % 1000 == 0 else f"{milliseconds}ms"


def promql_string(text: str) -> str:
    """`text` as a PromQL string literal, quotes included.

    JSON's escapes are a subset of PromQL's, but its surrogate pairs are not: characters stay
    as they are. A lone surrogate, which no server could have sent, becomes a question mark.
    """
    return json.dumps(text.encode("utf-8", "replace").decode(), ensure_ascii=False)


def promql_pattern(text: str) -> str:
    """`text` as a regular expression (RE2) that matches just it; to be quoted by `promql_string`."""
    return _RE2_SPECIAL.sub(lambda match: f"\\{match.group()}", text)


def render(query: str, variables: Variables) -> str:
    """`query` with all variables replaced.

    In `label="$service"` an unset variable makes the matcher `=~".*"`; in a regular expression it
    reads as `.*`; a negative matcher with one matches all. Values are quoted for where they
    stand, so no value can end its string. A variable of the selection outside a string stays,
    and the server says that it is no PromQL.
    """
    written: list[str] = []
    anything = ANYTHING
    for string, comment, brace, other in _tokens(query):
        if brace == "{":
            anything = ANYTHING if _NAMED.search(written[-1][-100:] if written else "") else SOMETHING
        if string and _VARIABLE.search(string):
            _write_string(written, string, variables, anything)
        elif other:
            written.append(_DURATION.sub(lambda match: _duration(match, variables), other))
        else:
            written.append(string or comment or brace)
    return "".join(written)


def fill_strings(query: str, values: Mapping[str, str]) -> str:
    """`query` with each `$name` inside a string replaced by its value, quoted for where it stands.

    In a regular expression a value matches just itself. Names without a value, and whatever stands outside strings,
    stay as they are.
    """
    written: list[str] = []
    for string, comment, brace, other in _tokens(query):
        written.append(_filled(string, written[-1] if written else "", values) if string else comment or brace or other)
    return "".join(written)


def names_in(query: str) -> tuple[frozenset[str], frozenset[str]]:
    """The `$name`s inside the strings of `query`, and those outside, where nothing is put in."""
    inside: set[str] = set()
    outside: set[str] = set()
    for string, _, _, other in _tokens(query):
        inside.update(_NAME.findall(string))
        outside.update(_NAME.findall(other))
    return frozenset(inside), frozenset(outside)


def _filled(token: str, before: str, values: Mapping[str, str]) -> str:
    try:
        text = token[1:-1] if token[0] == "`" else str(ast.literal_eval(token))
    except (SyntaxError, ValueError):
        return token
    matcher = _MATCHER.search(before, max(0, len(before) - 100))
    pattern = matcher is not None and matcher.group(1) in ("=~", "!~")

    def value(match: re.Match[str]) -> str:
        found = values.get(match.group(1))
        if found is None:
            return match.group()
        return promql_pattern(found) if pattern else found

    filled = _NAME.sub(value, text)
    return token if filled == text else promql_string(filled)


def _tokens(query: str) -> Iterator[tuple[str, str, str, str]]:
    for match in _TOKEN.finditer(query):
        string, comment, brace, other = match.groups(default="")
        yield string, comment, brace, other


def _duration(match: re.Match[str], variables: Variables) -> str:
    name = match.group(1) or match.group(2)
    return promql_duration(variables.rate_interval if name == "__rate_interval" else variables.interval)


def _write_string(written: list[str], token: str, variables: Variables, anything: str) -> None:
    """Append `token` with its variables replaced; may rewrite the operator that was written before it."""
    try:
        text = token[1:-1] if token[0] == "`" else str(ast.literal_eval(token))
    except (SyntaxError, ValueError):  # no literal of PromQL's either; the server will say so
        written.append(token)
        return
    before = written[-1] if written else ""
    matcher = _MATCHER.search(before, max(0, len(before) - 100))
    literals, names = _split(text)
    values = [variables.value(name) for name in names]
    operator = matcher.group(1) if matcher else "="
    if None not in values or matcher is None:
        written.append(promql_string(_joined(literals, values, operator)))
        return
    if operator in ("!=", "!~"):
        pattern = anything
    elif operator == "=":
        pattern = _pattern([promql_pattern(literal) for literal in literals], values, anything)
    else:
        pattern = _pattern(literals, values, anything)
    written[-1:] = [before[: matcher.start()], "=~", matcher.group(2), promql_string(pattern)]


def _split(text: str) -> tuple[list[str], list[str]]:
    """The literal pieces of `text` and the variables between them."""
    literals, names, position = [], [], 0
    for match in _VARIABLE.finditer(text):
        literals.append(text[position : match.start()])
        names.append(match.group(1) or match.group(2))
        position = match.end()
    return [*literals, text[position:]], names


def _joined(literals: list[str], values: list[str | None], operator: str) -> str:
    quoted = [promql_pattern(value or "") if operator in ("=~", "!~") else value or "" for value in values]
    return "".join(piece for pair in zip(literals, [*quoted, ""], strict=True) for piece in pair)


def _pattern(literals: list[str], values: list[str | None], anything: str) -> str:
    alone = not any(literals) and len(values) == 1
    pieces = [(anything if alone else ANYTHING) if value is None else promql_pattern(value) for value in values]
    return "".join(piece for pair in zip(literals, [*pieces, ""], strict=True) for piece in pair)
