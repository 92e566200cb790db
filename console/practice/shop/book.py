"""Writes the samples of one block into the ledger: gaps, resets and ends as a scraper would see them."""

from __future__ import annotations

import itertools
from collections.abc import Hashable, Mapping

import numpy as np
from numpy.typing import NDArray

from opsconsole.practice.promql.store import METRIC_NAME, STALE
from opsconsole.practice.shop.ledger import Ledger
from opsconsole.practice.shop.track import Bools, Ints

Floats = NDArray[np.float64]


class CounterMemory:
    """Where every counter stood at the end of the last block: (life of its container, value) by row."""

    def __init__(self) -> None:
        """Nothing counted yet."""
        self.stood: dict[int, tuple[int, float]] = {}
        self.was_there: dict[int, bool] = {}
        self._written: set[int] = set()

    def note(self, row: int, *, there: bool) -> None:
        """Samples of `row` were written; `there` at the end of the block."""
        self.was_there[row] = there
        self._written.add(row)

    def vanished(self) -> list[int]:
        """Rows that were there at the end of the block before and were not written in this one, which is over now."""
        gone = [row for row, there in self.was_there.items() if there and row not in self._written]
        self.was_there.update(dict.fromkeys(gone, False))
        self._written.clear()
        return gone


def _summed(stood: float, gained: Floats) -> Floats:
    """Running totals from `stood` on, added up in the same order however the ticks are cut into blocks."""
    return np.cumsum(np.concatenate(([stood], gained)))[1:]


class Page:
    """Series of one target over one block of ticks."""

    def __init__(
        self,
        ledger: Ledger,
        memory: CounterMemory,
        first_tick: int,
        base: Mapping[str, str],
        identity: Hashable,
        there: Bools,
        lives: Ints | None = None,
        ages: Floats | None = None,
    ) -> None:
        """`there`: ticks with samples. `lives` numbers the process' lives, `ages` their ticks so far."""
        self._ledger = ledger
        self._memory = memory
        self._first = first_tick
        self._base = base
        self._identity = identity
        self._there = there
        self._all = bool(there.all())
        self._lives = lives
        self._ages = ages
        self._starts: list[int] = []
        if lives is not None and len(lives) > 1:
            self._starts = [int(at) + 1 for at in np.flatnonzero(lives[1:] != lives[:-1])]

    def gauge(self, name: str, values: Floats | float, **labels: str) -> None:
        """One gauge's samples."""
        self._write(self._row(name, labels), np.broadcast_to(np.asarray(values, dtype=np.float64), self._there.shape))

    def running(self, name: str, totals: Floats, **labels: str) -> None:
        """A counter whose totals are known."""
        self._write(self._row(name, labels), totals)

    def counter(self, name: str, increments: Floats, **labels: str) -> None:
        """A counter by what it gained in the ten seconds up to each tick; starts at 0 with each life."""
        row = self._row(name, labels)
        life, stood = self._memory.stood.get(row, (-1, 0.0))
        gained = np.where(self._there, increments, 0.0)
        if self._lives is None:
            if life < 0:
                stood = float(gained[0]) * 60_000
            totals = _summed(stood, gained)
            self._memory.stood[row] = (0, float(totals[-1]))
            self._write(row, totals)
            return
        totals = np.empty_like(gained)
        bounds = [0, *self._starts, len(gained)]
        for low, high in itertools.pairwise(bounds):
            now = int(self._lives[low])
            if now != life:
                age = float(self._ages[low]) if self._ages is not None else 0.0
                stood = float(gained[low]) * max(0.0, age - 1.0) if age > 60 else 0.0
                life = now
            totals[low:high] = _summed(stood, gained[low:high])
            stood = float(totals[high - 1])
        self._memory.stood[row] = (life, stood)
        self._write(row, totals)

    def _row(self, name: str, labels: dict[str, str]) -> int:
        def full() -> dict[str, str]:
            return {METRIC_NAME: name, **self._base, **labels}

        return self._ledger.row((name, self._identity, *labels.values()), full)

    def _write(self, row: int, values: Floats) -> None:
        before = self._memory.was_there.get(row, False)
        self._memory.note(row, there=bool(self._there[-1]))
        if self._all:
            self._ledger.write(row, self._first, values)
            return
        kept = np.where(self._there, values, np.nan)
        earlier = np.concatenate(([before], self._there[:-1]))
        kept[earlier & ~self._there] = STALE
        self._ledger.write(row, self._first, kept)
