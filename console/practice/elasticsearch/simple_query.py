"""`simple_query_string`: `+` and, `|` or, `-` not, quotes, `*` prefix, `~` similar, parentheses; never an error.

Syntax of the Query DSL's reference; a broken query means what can be made of it, as Lucene's `SimpleQueryParser` has
it: signs without a partner are left out, and so are words in which the analyser finds none.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from opsconsole.practice.shop.log_lines import LogLine

Test = Callable[[LogLine], bool]

_PART = re.compile(r'"((?:\\.|[^"\\])*)"(?:~(\d+))?|([()|+])|(-)|((?:\\.|[^\s()|"+\\])+)', re.DOTALL)
_FUZZY = re.compile(r"(.+)~(\d*)")
MOST_EDITS = 2


class Makers(NamedTuple):
    """Tests for parts of the query; None for a part that says nothing."""

    word: Callable[[str], Test | None]
    phrase: Callable[[str, int], Test | None]
    prefix: Callable[[str], Test | None]
    fuzzy: Callable[[str, int], Test | None]


def compiled(text: str, makers: Makers, *, every: bool) -> Test:
    """The test that `text` stands for. `every`: parts without an operator between them must all match."""
    return _Parser(text, makers, every=every).parse()


class _Parser:
    def __init__(self, text: str, makers: Makers, *, every: bool) -> None:
        self._parts = list(_PART.finditer(text))
        self._text = text
        self._at = 0
        self._every = every
        self._makers = makers

    def parse(self) -> Test:
        if self._text.strip() == "*":
            return lambda _line: True  # alone it stands for everything; beside others it is a word that says nothing
        found = self._sequence()
        while self._at < len(self._parts):
            self._at += 1
            more = self._sequence()
            found = _joined(found, more, both=self._every) if more and found else found or more
        return found or (lambda _line: False)

    def _sequence(self) -> Test | None:
        found: Test | None = None
        both: bool | None = None
        while self._at < len(self._parts):
            operator = self._parts[self._at].group(3)
            if operator == ")":
                break
            if operator in ("|", "+"):
                both = operator == "+"
                self._at += 1
                continue
            one = self._one()
            if one is None:
                continue
            found = one if found is None else _joined(found, one, both=self._every if both is None else both)
            both = None
        return found

    def _one(self) -> Test | None:
        part = self._parts[self._at]
        self._at += 1
        if part.group(1) is not None:
            return self._makers.phrase(_unescaped(part.group(1)), int(part.group(2) or 0))
        if part.group(3) == "(":
            inner = self._sequence()
            self._at += 1
            return inner
        if part.group(4):
            return self._denied(part)
        return self._term(part.group(5) or "")

    def _denied(self, sign: re.Match[str]) -> Test | None:
        following = self._parts[self._at] if self._at < len(self._parts) else None
        # A sign with a blank behind it belongs to nothing.
        if following is None or following.start() != sign.end() or following.group(3) in (")", "|", "+"):
            return None
        denied = self._one()
        return (lambda line: not denied(line)) if denied else None

    def _term(self, text: str) -> Test | None:
        if similar := _FUZZY.fullmatch(text):
            edits = min(MOST_EDITS, int(similar.group(2) or MOST_EDITS))
            return self._makers.fuzzy(_unescaped(similar.group(1)), edits)
        if text.endswith("*") and not text.endswith("\\*"):
            return self._makers.prefix(_unescaped(text[:-1]))
        return self._makers.word(_unescaped(text))


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text, flags=re.DOTALL)


def _joined(left: Test, right: Test, *, both: bool) -> Test:
    if both:
        return lambda line: left(line) and right(line)
    return lambda line: left(line) or right(line)
