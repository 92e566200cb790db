"""The rows of the list of pods, made when they are drawn."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import accumulate
from operator import attrgetter

from opsconsole.domain.pod import Pod
from opsconsole.widgets.pod_row import PodColumns, PodRow
from opsconsole.widgets.rows import Row, RowSequence
from opsconsole.widgets.workload_row import WorkloadRow

Entry = Pod | WorkloadRow

_UID = attrgetter("uid")


class PodRows(RowSequence):
    """Pods, or pods below the headings of their workloads. Most rows have one line; the few taller ones are known."""

    def __init__(
        self,
        entries: Sequence[Entry],
        columns: PodColumns,
        *,
        explained: Sequence[int] = (),
        described: bool = False,
        grouped: bool = False,
    ) -> None:
        """`explained` are the places, in rising order, of pods with a line that says why.

        `described` gives every pod a line for what it runs; only for lists of a few. `grouped` pods stand below
        headings.
        """
        self._entries = entries
        self._columns = columns
        self._explained = frozenset(explained)
        self._described = described
        self._grouped = grouped
        tall = dict.fromkeys(explained, 1)
        if described:
            for place, entry in enumerate(entries):
                if isinstance(entry, Pod):
                    tall[place] = tall.get(place, 0) + 1
        self._tall = sorted(tall)
        self._extra = [0, *accumulate(tall[place] for place in self._tall)]
        self._places: dict[str, int] | None = None

    def __len__(self) -> int:
        """How many rows."""
        return len(self._entries)

    @property
    def line_count(self) -> int:
        """Lines of all rows together."""
        return len(self._entries) + self._extra[-1]

    def start_of(self, index: int) -> int:
        """The first line of the row at `index`."""
        return index + self._extra[bisect_left(self._tall, index)]

    def index_at(self, line: int) -> int:
        """The row that has `line`."""
        return max(0, bisect_right(range(len(self._entries)), line, key=self.start_of) - 1)

    def index_of(self, key: str) -> int | None:
        """Where the row with `key` stands, None when there is none."""
        if self._places is None:
            keys = map(_key if self._grouped else _UID, self._entries)
            self._places = dict(zip(keys, range(len(self._entries)), strict=True))
        return self._places.get(key)

    def key_at(self, index: int) -> str:
        """The uid of a pod, the key of a heading."""
        return _key(self._entries[index])

    def row_at(self, index: int) -> Row:
        """The row at `index`."""
        entry = self._entries[index]
        if isinstance(entry, WorkloadRow):
            return entry
        return PodRow(
            entry.uid,
            entry,
            self._columns,
            explained=index in self._explained,
            described=self._described,
            indented=self._grouped,
        )

    def entry(self, key: str) -> Entry | None:
        """What stands under `key`."""
        place = self.index_of(key)
        return None if place is None else self._entries[place]


def _key(entry: Entry) -> str:
    return entry.uid if isinstance(entry, Pod) else entry.key
