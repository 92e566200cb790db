"""Which row is selected, while rows come and go."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from opsconsole.widgets.rows.row import Row


class Placing(msgspec.Struct, frozen=True):
    """Where the cursor stands after a refresh; `fresh` counts new rows at the head of the list."""

    index: int
    fresh: int


def place(old: Sequence[Row], index: int, new: Sequence[Row]) -> Placing:
    """The cursor's place in `new`: its row if that is still there, else the nearest that is.

    Nearest is the next surviving row below, then above, then the same place in the list.
    """
    if not new:
        return Placing(0, 0)
    if not old:
        return Placing(0, 0)
    places = {row.key: place for place, row in enumerate(new)}
    known = {row.key for row in old}
    fresh = 0
    for row in new:
        if row.key in known:
            break
        fresh += 1
    for row in (*old[index:], *reversed(old[:index])):
        if (found := places.get(row.key)) is not None:
            return Placing(found, fresh)
    return Placing(min(index, len(new) - 1), fresh)
