"""Log lines at hand, no more than a console should hold, growing at either end."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Hashable, Iterable, Sequence
from math import isfinite
from operator import itemgetter
from typing import Generic, Protocol, TypeVar

from opsconsole.widgets.text_filter import TextFilter

LINES = 10_000
"""Lines kept."""

BYTES = 32_000_000
"""Bytes kept, as the lines themselves tell them: ten thousand of the longest kind would be far more."""


class RingLine(Protocol):
    """What a ring must know of a line."""

    @property
    def time(self) -> float | None:
        """Unix seconds; None when it could not be read."""
        ...

    @property
    def size(self) -> int:
        """About how many bytes it takes."""
        ...


L = TypeVar("L", bound=RingLine)


class LogRing(Generic[L]):
    """Lines in the order of their times, oldest first; `shown` are those that pass the filter.

    A line without a usable time keeps the place it came in. What no longer fits leaves at the far end: the oldest
    lines when newer ones come (`dropped` counts them), the newest when older ones come (`cut_off` counts those).
    """

    def __init__(
        self,
        lines: int = LINES,
        size: int = BYTES,
        *,
        key: Callable[[L], Hashable] | None = None,
        text: Callable[[L], str] | None = None,
    ) -> None:
        """Empty; holds at most `lines` lines of `size` bytes together.

        `key` tells lines apart: one that is there already is left out. `text` is what a filter reads, casefolded.
        """
        self._line_limit = lines
        self._size_limit = size
        self._key = key
        self._text = text
        self._filter = TextFilter()
        self._lines: list[L] = []
        self._moments: list[float] = []
        self._sizes: list[int] = []
        self._size = 0
        self._keys: set[Hashable] = set()
        self._shown: list[L] = self._lines
        self.dropped = 0
        self.cut_off = 0

    def __len__(self) -> int:
        """Lines held."""
        return len(self._lines)

    @property
    def size(self) -> int:
        """Bytes held, as the lines tell them."""
        return self._size

    @property
    def shown(self) -> Sequence[L]:
        """The lines that pass the filter, oldest first."""
        return self._shown

    def has_room_for(self, lines: Collection[L]) -> bool:
        """Whether `lines` can come without any leaving at the other end."""
        room = self._size_limit - self._size
        return len(self._lines) + len(lines) <= self._line_limit and sum(line.size for line in lines) <= room

    def clear(self) -> None:
        """Forget everything but the filter."""
        self._lines, self._moments, self._sizes, self._keys = [], [], [], set()
        self._shown = [] if self._filter else self._lines
        self._size = self.dropped = self.cut_off = 0

    def narrow(self, wanted: TextFilter) -> None:
        """Show only lines that pass `wanted`."""
        self._filter = wanted
        self._choose()

    def append(self, lines: Iterable[L]) -> tuple[int, int]:
        """Take newer `lines` in, oldest first. Returns how many `shown` won, and how many left it at its head."""
        new = self._unknown(lines)
        if not new:
            return 0, 0
        moments = _moments(new, self._moments[-1] if self._moments else float("-inf"))
        before = len(self._shown)
        # Several sources tell of the same time one after the other.
        start = bisect_right(self._moments, min(moments))
        late = start < len(self._lines)
        self._put(slice(start, len(self._lines)), new, moments, older=False)
        if late and self._filter:
            self._choose()
        elif self._filter:
            self._shown.extend(line for line in new if self._passes(line))
        return len(self._shown) - before, self._drop_oldest()

    def prepend(self, lines: Iterable[L]) -> int:
        """Take older `lines` in, oldest first. Returns how many `shown` won, before any left at its end."""
        new = self._unknown(lines)
        if not new:
            return 0
        moments = _moments(new[::-1], self._moments[0] if self._moments else float("inf"))[::-1]
        before = len(self._shown)
        end = bisect_left(self._moments, max(moments))
        self._put(slice(0, end), new, moments, older=True)
        if self._filter:
            self._choose()
        added = len(self._shown) - before
        self.dropped = max(0, self.dropped - len(new))
        self._cut_newest()
        return added

    def _unknown(self, lines: Iterable[L]) -> list[L]:
        if self._key is None:
            return list(lines)
        new: list[L] = []
        for line in lines:
            key = self._key(line)
            if key not in self._keys:
                self._keys.add(key)
                new.append(line)
        return new

    def _put(self, among: slice, new: list[L], moments: list[float], *, older: bool) -> None:
        """Put `new` lines among those in that slice, by their moments; of the same moment `older` ones first."""
        sizes = [line.size for line in new]
        self._size += sum(sizes)
        triples = [
            *zip(self._moments[among], self._lines[among], self._sizes[among], strict=True),
            *zip(moments, new, sizes, strict=True),
        ]
        if older:
            triples = [*triples[-len(new) :], *triples[: -len(new)]]
        triples.sort(key=itemgetter(0))
        self._moments[among] = [moment for moment, _, _ in triples]
        self._lines[among] = [line for _, line, _ in triples]
        self._sizes[among] = [size for _, _, size in triples]

    def _drop_oldest(self) -> int:
        over = max(0, len(self._lines) - self._line_limit)
        size = self._size - sum(self._sizes[:over])
        while size > self._size_limit and over < len(self._lines) - 1:
            size -= self._sizes[over]
            over += 1
        if not over:
            return 0
        gone = self._remove(slice(0, over))
        self.dropped += over
        if self._shown is self._lines:
            return over
        left = sum(map(self._passes, gone))
        del self._shown[:left]
        return left

    def _cut_newest(self) -> None:
        keep = min(len(self._lines), self._line_limit)
        size = self._size - sum(self._sizes[keep:])
        while size > self._size_limit and keep > 1:
            keep -= 1
            size -= self._sizes[keep]
        gone = self._remove(slice(keep, len(self._lines)))
        self.cut_off += len(gone)
        if gone and self._filter:
            self._choose()

    def _remove(self, which: slice) -> list[L]:
        gone = self._lines[which]
        self._size -= sum(self._sizes[which])
        if self._key is not None:
            self._keys.difference_update(map(self._key, gone))
        del self._lines[which], self._moments[which], self._sizes[which]
        return gone

    def _choose(self) -> None:
        self._shown = [line for line in self._lines if self._passes(line)] if self._filter else self._lines

    def _passes(self, line: L) -> bool:
        return self._text is None or self._filter.passes(self._text(line))


def _moments(lines: Sequence[RingLine], beside: float) -> list[float]:
    """Where in time each line belongs; one that does not tell stands where the one before it (first: `beside`) does."""
    moments: list[float] = []
    for line in lines:
        if line.time is not None and isfinite(line.time):
            beside = line.time
        moments.append(beside)
    return moments
