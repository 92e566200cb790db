"""Times of a trace on the cells of a bar."""

from __future__ import annotations

import math

import msgspec

from opsconsole.domain.trace_shape import Section

_DEEPEST_ZOOM = 1e-6
"""Seconds; stores keep nothing shorter."""

_GRAIN = 1e-6
"""Cells by which arithmetic may miss the end of one."""

_FAR = 2.0
"""Windows beyond which a moment is just far away."""


class Window(msgspec.Struct, frozen=True):
    """The part of the time that is drawn, unix seconds."""

    start: float
    end: float

    @property
    def length(self) -> float:
        """Seconds."""
        return self.end - self.start

    def zoomed(self, factor: float, around: float) -> Window:
        """`factor` times as long, `around` staying where it is."""
        around = min(max(around, self.start), self.end)
        length = max(_DEEPEST_ZOOM, self.length * factor)
        share = (around - self.start) / self.length if self.length > 0 else 0.5
        return Window(around - share * length, around + (1 - share) * length)

    def moved(self, share: float) -> Window:
        """Moved by `share` of its length."""
        return Window(self.start + share * self.length, self.end + share * self.length)

    def within(self, whole: Window) -> Window:
        """Cut and moved into `whole`."""
        if self.length >= whole.length:
            return whole
        start = min(max(self.start, whole.start), whole.end - self.length)
        return Window(start, start + self.length)


class Axis(msgspec.Struct, frozen=True):
    """`window` over `cells` cells."""

    window: Window
    cells: int

    def cell(self, moment: float) -> int:
        """The cell of `moment`, which may lie outside."""
        return math.floor(self._cells_to(moment))

    def stretch(self, section: Section) -> tuple[int, int] | None:
        """First cell and the one after the last that `section` touches, at least one; None when it lies outside."""
        start, end = section
        if end < self.window.start or start > self.window.end:
            return None
        first = min(max(0, self.cell(start)), self.cells - 1)
        return (first, min(self.cells, max(first + 1, math.ceil(self._cells_to(end) - _GRAIN))))

    def _cells_to(self, moment: float) -> float:
        share = (moment - self.window.start) / self.window.length if self.window.length > 0 else 0.0
        return min(max(share, -_FAR), 1 + _FAR) * self.cells
