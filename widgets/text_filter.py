"""The words typed to narrow a list."""

from __future__ import annotations

from typing import Self

import msgspec


class TextFilter(msgspec.Struct, frozen=True):
    """What a row's text must hold and must not hold, in any order; letters' case does not matter."""

    wanted: tuple[str, ...] = ()
    unwanted: tuple[str, ...] = ()

    @classmethod
    def of(cls, typed: str) -> Self:
        """`typed` as a filter: words with spaces between must all be there, `!word` must not."""
        words = typed.casefold().split()
        return cls(
            tuple(word for word in words if not word.startswith("!")),
            tuple(word[1:] for word in words if word.startswith("!") and len(word) > 1),
        )

    def __bool__(self) -> bool:
        """Whether it narrows anything."""
        return bool(self.wanted or self.unwanted)

    def passes(self, text: str) -> bool:
        """Whether `text`, which must be casefolded, may be shown."""
        return all(word in text for word in self.wanted) and not any(word in text for word in self.unwanted)
