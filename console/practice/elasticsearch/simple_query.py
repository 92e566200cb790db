"""`simple_query_string`: `+` and, `|` or, `-` not, quotes, `*` prefix, parentheses; never an error.

Syntax of the Query DSL's reference; a broken query means what can be made of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from opsconsole.practice.shop.log_lines import LogLine

Test = Callable[[LogLine], bool]
Maker = Callable[[str], Test]

_PART = re.compile(r'"((?:\\.|[^"\\])*)"(?:~\d+)?|([()|+])|(-)(?=\S)|([^\s()|"]+)')


def compiled(text: str, *, every: bool, word: Maker, phrase: Maker, prefix: Maker) -> Test:
    """The test that `text` stands for. `every`: parts without an operator between them must all match."""
    return _Parser(text, every=every, word=word, phrase=phrase, prefix=prefix).parse()


class _Parser:
    def __init__(self, text: str, *, every: bool, word: Maker, phrase: Maker, prefix: Maker) -> None:
        self._parts = list(_PART.finditer(text))
        self._at = 0
        self._every = every
        self._word, self._phrase, self._prefix = word, phrase, prefix

    def parse(self) -> Test:
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
            operator = self._parts[self._at].group(2)
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
            return self._phrase(re.sub(r"\\(.)", r"\1", part.group(1)))
        if part.group(2) == "(":
            inner = self._sequence()
            self._at += 1
            return inner
        if part.group(3):
            if self._at >= len(self._parts):
                return None
            denied = self._one()
            return (lambda line: not denied(line)) if denied else None
        return self._term(re.sub(r"~\d+$", "", part.group(4) or ""))

    def _term(self, text: str) -> Test | None:
        if text in ("", "*"):
            return (lambda _line: True) if text else None
        return self._prefix(text[:-1]) if text.endswith("*") else self._word(text.replace("\\", ""))


def _joined(left: Test, right: Test, *, both: bool) -> Test:
    if both:
        return lambda line: left(line) and right(line)
    return lambda line: left(line) or right(line)
