"""Where the columns of a waterfall stand, the same for its rows and the axis above them."""

from __future__ import annotations

import msgspec

DURATION_CELLS = 9
_OFFSET_FROM = 64
"""Cells of a row from which there is room for the offset."""
_OWN_FROM = 92
"""Cells of a row from which there is room for the self time."""
_SMALLEST_NAME = 14
_SMALLEST_BAR = 8


class Columns(msgspec.Struct, frozen=True):
    """Cells of each part of a row; 0 for one that is left out. Between them stands one sign each."""

    name: int
    bar: int
    offset: int
    duration: int
    own: int

    @property
    def bar_at(self) -> int:
        """The first cell of the bars."""
        return self.name + 1


def columns_of(width: int, widened: int = 0) -> Columns:
    """The columns of a row of `width` cells; names get half of it, and `widened` cells more."""
    offset = DURATION_CELLS if width >= _OFFSET_FROM else 0
    own = DURATION_CELLS if width >= _OWN_FROM else 0
    room = width - DURATION_CELLS - offset - own - 2
    name = max(_SMALLEST_NAME, min(room - _SMALLEST_BAR, room // 2 + widened))
    return Columns(name, max(1, room - name), offset, DURATION_CELLS, own)
