"""The rows of a list, where each stands, and by which key it is found."""

from __future__ import annotations

from abc import abstractmethod
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import overload

from opsconsole.widgets.rows.row import Row


class RowSequence(Sequence[Row]):
    """Rows that may be made only when they are drawn; immutable. Lines are counted from 0."""

    @property
    @abstractmethod
    def line_count(self) -> int:
        """Lines of all rows together."""

    @abstractmethod
    def start_of(self, index: int) -> int:
        """The first line of the row at `index`."""

    @abstractmethod
    def index_at(self, line: int) -> int:
        """The row that has `line`, for a line that some row has."""

    @abstractmethod
    def index_of(self, key: str) -> int | None:
        """Where the row with `key` stands, None when there is none."""

    @abstractmethod
    def key_at(self, index: int) -> str:
        """The key of the row at `index`."""

    @abstractmethod
    def row_at(self, index: int) -> Row:
        """The row at `index`, which is within the list."""

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Row]: ...
    def __getitem__(self, index: int | slice) -> Row | Sequence[Row]:
        """As of any sequence."""
        if isinstance(index, slice):
            return tuple(self.row_at(place) for place in range(*index.indices(len(self))))
        place = index + len(self) if index < 0 else index
        if not 0 <= place < len(self):
            raise IndexError(index)
        return self.row_at(place)


class ListedRows(RowSequence):
    """Rows that are all there."""

    def __init__(self, rows: Sequence[Row] = ()) -> None:
        """`rows` as they are; they must not change any more."""
        self._rows = rows
        ends = list(accumulate(row.height for row in rows))
        self._starts = [0, *ends[:-1]] if ends else []
        self._line_count = ends[-1] if ends else 0
        self._places: dict[str, int] | None = None

    def __len__(self) -> int:
        """How many."""
        return len(self._rows)

    @property
    def line_count(self) -> int:
        """Lines of all rows together."""
        return self._line_count

    def start_of(self, index: int) -> int:
        """The first line of the row at `index`."""
        return self._starts[index]

    def index_at(self, line: int) -> int:
        """The row that has `line`."""
        return max(0, bisect_right(self._starts, line) - 1)

    def index_of(self, key: str) -> int | None:
        """Where the row with `key` stands, None when there is none."""
        if self._places is None:
            self._places = {row.key: place for place, row in enumerate(self._rows)}
        return self._places.get(key)

    def key_at(self, index: int) -> str:
        """The key of the row at `index`."""
        return self._rows[index].key

    def row_at(self, index: int) -> Row:
        """The row at `index`."""
        return self._rows[index]
