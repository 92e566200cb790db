"""Tests of one line for words, phrases, beginnings and similar words, as both text query languages need them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from opsconsole.practice.elasticsearch import documents
from opsconsole.practice.elasticsearch.documents import TIMESTAMP
from opsconsole.practice.elasticsearch.moments import milliseconds
from opsconsole.practice.elasticsearch.refusal import Refusal
from opsconsole.practice.shop.log_lines import LogLine

Test = Callable[[LogLine], bool]

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_DAY_MILLISECONDS = 86_400_000


def expanded(names: Sequence[str]) -> list[str]:
    """Field names with `*` in them as those that there are, keywords and numbers among them; boosts taken off."""
    made: dict[str, None] = {}
    for name in (str(one).split("^")[0] for one in names or ("*",)):
        if "*" not in name:
            made[name] = None
            continue
        shape = re.compile(re.escape(name).replace(r"\*", ".*"))
        made |= dict.fromkeys(one for one in documents.every_field() if shape.fullmatch(one))
    return list(made)


def any_field(names: Sequence[str], make: Callable[[str], Test | None]) -> Test | None:
    """Lines of which any field passes; None when to every field the text says nothing."""
    tests = [test for name in names if documents.is_known(name) and (test := make(name)) is not None]
    if not tests:
        return None
    return lambda line: any(test(line) for test in tests)


def word(name: str, text: str) -> Test | None:
    """Lines whose field has all words of `text`; None when it holds no word."""
    if name == TIMESTAMP:
        return _on_day(text)
    if documents.is_exact(name):
        return lambda line: _plain(documents.value_of(line, name)) == _plain_number(name, text)
    wanted = documents.tokens(text)
    if not wanted:
        return None

    def test(line: LogLine) -> bool:
        found = set(_tokens(line, name))
        return all(one in found for one in wanted)

    return test


def phrase(name: str, text: str, slop: int = 0) -> Test | None:
    """Lines whose field has the words of `text` in their order, `slop` moves of words apart."""
    if documents.is_exact(name):
        return word(name, text)
    wanted = documents.tokens(text)
    if not wanted:
        return None
    return lambda line: _in_order(_tokens(line, name), wanted, slop)


def prefix(name: str, text: str) -> Test | None:
    """Lines with all words of `text`, the last as a beginning, or with a keyword that begins with it.

    None when it holds no word.
    """
    if documents.is_keyword(name):
        return (lambda line: _plain(documents.value_of(line, name)).startswith(text)) if text else _never
    if documents.is_exact(name):
        return _never
    *whole, last = documents.tokens(text) or [""]
    if not last:
        return None

    def test(line: LogLine) -> bool:
        found = set(_tokens(line, name))
        return found.issuperset(whole) and any(one.startswith(last) for one in found)

    return test


def wildcard(name: str, text: str) -> Test | None:
    """Lines with a word, or a keyword, of the shape `text`, in which `*` and `?` stand for anything."""
    if documents.is_exact(name) and not documents.is_keyword(name):
        return _never
    whole = documents.is_exact(name)
    shape = re.escape(text if whole else text.lower()).replace(r"\*", ".*").replace(r"\?", ".")
    compiled = re.compile(shape, re.DOTALL)
    if whole:
        return lambda line: bool(compiled.fullmatch(_plain(documents.value_of(line, name))))
    return lambda line: any(compiled.fullmatch(one) for one in _tokens(line, name))


def matching(name: str, shape: str) -> Test | None:
    """Lines with a word, or a keyword, that the regular expression `shape` describes from end to end."""
    if documents.is_exact(name) and not documents.is_keyword(name):
        return _never
    whole, compiled = documents.is_exact(name), re.compile(shape)
    if whole:
        return lambda line: bool(compiled.fullmatch(_plain(documents.value_of(line, name))))
    return lambda line: any(compiled.fullmatch(one) for one in _tokens(line, name))


def fuzzy(name: str, text: str, edits: int) -> Test | None:
    """Lines with a word that becomes `text` by at most `edits` changes, swaps of neighbours among them."""
    if documents.is_exact(name):
        return word(name, text)
    wanted = text.lower()
    return lambda line: any(_distance(one, wanted) <= edits for one in _tokens(line, name))


def _never(_line: LogLine) -> bool:
    return False


def _tokens(line: LogLine, name: str) -> list[str]:
    value = documents.value_of(line, name)
    return [] if value is None else documents.tokens(str(value))


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def _plain_number(name: str, text: str) -> str:
    if documents.is_keyword(name):
        return text
    try:
        return f"{float(text):g}" if "." in text else str(int(text))
    except (ValueError, OverflowError):
        return "no number"


def _on_day(text: str) -> Test:
    if not _DAY.match(text):
        return _never
    try:
        start = milliseconds(text, 0.0)
    except Refusal:
        return _never
    length = _DAY_MILLISECONDS if _DAY.fullmatch(text) else 1
    return lambda line: start <= int(line.time * 1000) < start + length


def _in_order(found: list[str], wanted: list[str], slop: int) -> bool:
    """Whether the words lie so that they are `slop` moves from being a phrase (Lucene's `SloppyPhraseMatcher`)."""
    places = [[at - number for at, one in enumerate(found) if one == part] for number, part in enumerate(wanted)]
    if not all(places):
        return False
    return any(
        all(any(first <= other <= first + slop for other in row) for row in places) for row in places for first in row
    )


def _distance(one: str, other: str) -> int:
    """Insertions, deletions, changes and swaps of neighbours between two words."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for number, char in enumerate(one, 1):
        two_before, before, row = before, row, [number]
        for at, wanted in enumerate(other, 1):
            least = min(before[at] + 1, row[-1] + 1, before[at - 1] + (char != wanted))
            if number > 1 and at > 1 and char == other[at - 2] and one[number - 2] == wanted:
                least = min(least, two_before[at - 2] + 1)
            row.append(least)
    return row[-1]
