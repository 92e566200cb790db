"""Series on one grid, held as rows of one array that slides along with time."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class Ledger:
    """Rows of samples at consecutive ticks; NaN where a row has none.

    Keeps at least `keep` ticks. Older ones go when the array is full.
    """

    def __init__(self, first_tick: int, keep: int, rows: int = 256) -> None:
        """An empty ledger whose first column is `first_tick`."""
        self._keep = keep
        self._first = first_tick
        self._values = np.full((rows, keep + keep // 4), np.nan)
        self._index: dict[Hashable, int] = {}
        self._labels: list[dict[str, str]] = []

    @property
    def first_tick(self) -> int:
        """The oldest tick still held."""
        return self._first

    @property
    def labels(self) -> list[dict[str, str]]:
        """Labels of each row; not to be changed."""
        return self._labels

    def row(self, key: Hashable, labels: Callable[[], dict[str, str]]) -> int:
        """The row called `key`; `labels` is asked once, when it is new."""
        found = self._index.get(key)
        if found is None:
            found = len(self._labels)
            self._index[key] = found
            self._labels.append(labels())
            if found >= len(self._values):
                grown = np.full((len(self._values) + 256, self._values.shape[1]), np.nan)
                grown[: len(self._values)] = self._values
                self._values = grown
        return found

    def make_room(self, last_tick: int) -> None:
        """Slide so that `last_tick` has a column. To be called before `write`."""
        width = self._values.shape[1]
        over = last_tick - self._first + 1 - width
        if over <= 0:
            return
        move = min(width, max(over, width - self._keep))
        self._values[:, : width - move] = self._values[:, move:].copy()
        self._values[:, width - move :] = np.nan
        self._first += move
        if over > move:
            self._first += over - move

    def write(self, row: int, tick: int, values: Floats) -> None:
        """Put `values` at `tick` and the ticks after it; those slid out already are dropped."""
        start = tick - self._first
        if start < 0:
            values, start = values[-start:], 0
        self._values[row, start : start + len(values)] = values

    def read(self, row: int, first: int, last: int) -> tuple[int, Floats]:
        """A view of the ticks `first..last`, both included, and the tick of its first sample."""
        low = max(0, first - self._first)
        high = max(low, min(self._values.shape[1], last - self._first + 1))
        return self._first + low, self._values[row, low:high]

    def column(self, tick: int) -> list[float]:
        """The samples of all rows at one tick; NaN for those without."""
        at = tick - self._first
        if not 0 <= at < self._values.shape[1]:
            return [math.nan] * len(self._labels)
        column: list[float] = self._values[: len(self._labels), at].tolist()
        return column
