"""Secrets whose values are known, to be hidden wherever they stand: plain, or in an encoding that anybody can undo."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import quote, quote_plus

HIDDEN = "⟨hidden⟩"

SHORTEST = 4
"""Characters from which on a value is hidden at all: a shorter one is a part of too many words."""

_FROM_HERE_ON_ANYWHERE = 8
"""Characters from which on a value is hidden inside of words, too; `admin` is a bad password, and a common word."""


@dataclass(frozen=True)
class KnownSecrets:
    """Texts that must not leave; neither `repr` nor `str` tells them."""

    anywhere: tuple[str, ...] = field(default=(), repr=False)
    as_words: tuple[str, ...] = field(default=(), repr=False)

    @classmethod
    def of(cls, values: Iterable[str]) -> Self:
        """Those among `values` that can be hidden, in all their spellings; the longest is hidden first."""
        anywhere, as_words = set[str](), set[str]()
        for value in {one.strip() for one in values}:
            if len(value) >= SHORTEST and value not in HIDDEN:
                kept = anywhere if len(value) >= _FROM_HERE_ON_ANYWHERE else as_words
                kept.update(_spellings(value))
        return cls(_longest_first(anywhere), _longest_first(as_words))

    def with_further(self, values: Iterable[str]) -> Self:
        """These, and `values`."""
        more = self.of(values)
        return type(self)(
            _longest_first({*self.anywhere, *more.anywhere}), _longest_first({*self.as_words, *more.as_words})
        )

    def hidden_in(self, text: str) -> str:
        """`text` without them."""
        for spelling in self.anywhere:
            if spelling in text:
                text = text.replace(spelling, HIDDEN)
        for word in self.as_words:
            if word in text:
                text = re.sub(rf"(?<![^\W_]){re.escape(word)}(?![^\W_])", HIDDEN, text)
        return text

    def hidden_in_bytes(self, text: bytes) -> bytes:
        """The same of text that is not decoded yet, UTF-8 for the most part; without one of them, `text` itself."""
        if not any(one.encode("utf-8", "replace") in text for one in (*self.anywhere, *self.as_words)):
            return text
        return self.hidden_in(text.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")


NOTHING_KNOWN = KnownSecrets()


def _longest_first(spellings: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(spellings, key=lambda one: (-len(one), one)))


def _spellings(value: str) -> Iterator[str]:
    yield value
    for quoted in (quote(value, safe=""), quote(value), quote_plus(value)):
        yield quoted
        yield re.sub("%[0-9A-F]{2}", lambda found: found.group().lower(), quoted)
    yield json.dumps(value)[1:-1]
    yield json.dumps(value, ensure_ascii=False)[1:-1]
    yield html.escape(value)
    yield repr(value)[1:-1]
    whole = base64.b64encode(value.encode("utf-8", "replace")).decode("ascii")
    for coded in (whole, whole.rstrip("="), *_within_base64(value)):
        yield coded
        yield coded.translate(str.maketrans("+/", "-_"))


def _within_base64(value: str) -> Iterator[str]:
    """What base64 makes of `value` behind one or two other bytes, as of `user:password`, whatever those are.

    The characters that also depend on the neighbours are left out.
    """
    for before in range(3):
        raw = bytes(before) + value.encode("utf-8", "replace")
        whole = len(raw) // 3 * 3
        first = {0: 0, 1: 2, 2: 3}[before]
        coded = base64.b64encode(raw[:whole]).decode("ascii")[first:]
        if len(coded) >= _FROM_HERE_ON_ANYWHERE:
            yield coded
