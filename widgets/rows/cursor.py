"""Which row is selected, while rows come and go."""

from __future__ import annotations

from itertools import chain

from opsconsole.widgets.rows.sequence import RowSequence


def place(old: RowSequence, index: int, new: RowSequence) -> int:
    """The cursor's place in `new`: its row if that is still there, else the nearest that is.

    Nearest is the next surviving row below, then above, then the same place in the list.
    """
    if not new or not old:
        return 0
    if index < len(new) and new.key_at(index) == old.key_at(index):
        return index
    for candidate in chain(range(index, len(old)), range(index - 1, -1, -1)):
        if (found := new.index_of(old.key_at(candidate))) is not None:
            return found
    return min(index, len(new) - 1)


def fresh_at_head(old: RowSequence, new: RowSequence) -> int:
    """How many rows at the head of `new` are not in `old`; none where there was nothing before."""
    if not old:
        return 0
    for index, row in enumerate(new):
        if old.index_of(row.key) is not None:
            return index
    return len(new)
