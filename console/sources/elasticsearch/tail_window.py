"""What of the last seconds has been read, held against what the server counts there.

A line becomes searchable when its index is refreshed, and it may be shipped late: it can turn up behind lines that
have been read. So the last seconds are looked at again at every poll. Reading them again would cost fifteen times
what comes new; instead the server counts them by tenths of a second, and only where it has more lines than were
read is read again.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

GRAIN = 100
"""Milliseconds of the smallest part that is counted by itself."""

PARTS_AT_MOST = 2_000
"""Parts of one count; for a longer window they grow."""

READ_IN_VAIN = 5
"""Times a part is read for lines that are counted there and not found, such as two of the same id."""


class Count(msgspec.Struct, frozen=True):
    """Lines from `start` (unix milliseconds) for as long as a part is."""

    start: int
    lines: int


class Gap(msgspec.Struct, frozen=True):
    """A span (unix milliseconds, `end` excluded) in which `lines` were counted that have not been read."""

    start: int
    end: int
    lines: int


class TailWindow:
    """Which documents of the last seconds have been read; at most `most` of them are remembered."""

    def __init__(self, most: int) -> None:
        """Nothing is read yet."""
        self._most = most
        self._read: dict[int, set[int]] = {}
        self._absent: dict[int, int] = {}
        self._in_vain: dict[int, int] = {}
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def take(self, moment: int, key: tuple[str, str]) -> bool:
        """Whether the document `key` of unix millisecond `moment` was not read before; it is from now on."""
        part = self._read.setdefault(moment // GRAIN, set())
        before = len(part)
        part.add(hash(key))
        self._size += len(part) - before
        return len(part) > before

    def gaps(self, counts: Sequence[Count], width: int) -> list[Gap]:
        """Where more lines are counted than were read, ascending. Parts are `width` milliseconds long."""
        return [
            Gap(count.start, count.start + width, lines)
            for count in counts
            if (lines := count.lines - self._accounted(count.start, width)) > 0
        ]

    def _accounted(self, start: int, width: int) -> int:
        parts = range(start // GRAIN, (start + width) // GRAIN)
        return sum(len(self._read.get(part, ())) + self._absent.get(part, 0) for part in parts)

    def give_up(self, gap: Gap) -> None:
        """Never look for the lines of `gap` again."""
        part = gap.start // GRAIN
        self._absent[part] = self._absent.get(part, 0) + gap.lines

    def was_read(self, gap: Gap, found: int) -> None:
        """`gap` has been read whole and `found` of its lines were there."""
        if found >= gap.lines:
            return
        part = gap.start // GRAIN
        self._in_vain[part] = self._in_vain.get(part, 0) + 1
        if self._in_vain[part] >= READ_IN_VAIN:
            self.give_up(Gap(gap.start, gap.end, gap.lines - found))

    def forget_before(self, moment: int) -> None:
        """Forget what lies before unix millisecond `moment`, which must be a multiple of GRAIN."""
        for kept in (self._absent, self._in_vain):
            for part in [part for part in kept if part < moment // GRAIN]:
                del kept[part]
        for part in [part for part in self._read if part < moment // GRAIN]:
            self._size -= len(self._read.pop(part))

    def crowded_until(self) -> int | None:
        """The unix millisecond from which on as much is remembered as may be; None when that is everything."""
        if self._size <= self._most:
            return None
        kept = 0
        for part in sorted(self._read, reverse=True):
            kept += len(self._read[part])
            if kept > self._most:
                return (part + 1) * GRAIN
        return None


def width_for(start: int, end: int) -> int:
    """The length of a part in milliseconds, a multiple of GRAIN, for counting `start` to `end`."""
    return max(1, -(-(end - start) // (PARTS_AT_MOST * GRAIN))) * GRAIN
