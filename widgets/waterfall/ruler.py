"""The axis above the rows."""

from __future__ import annotations

from textual.content import Content

from opsconsole.domain.text import SafeText
from opsconsole.widgets.glyphs import UNICODE, Glyphs
from opsconsole.widgets.one_line import OneLine
from opsconsole.widgets.rows import pad, width_of
from opsconsole.widgets.waterfall.axis import Window
from opsconsole.widgets.waterfall.columns import Columns
from opsconsole.widgets.waterfall.times import precise

_LABEL_CELLS = 12
"""Cells from one label to the next, at least."""


class Ruler(OneLine):
    """Seconds since the trace began over the bars, and what the figures are."""

    def __init__(self, *, glyphs: Glyphs = UNICODE, id: str | None = None) -> None:  # noqa: A002  - Textual's own name
        """Nothing yet."""
        super().__init__(id=id)
        self._glyphs = glyphs
        self._start = 0.0
        self._window: Window | None = None
        self._columns: Columns | None = None

    def show(self, start: float, window: Window, columns: Columns) -> None:
        """The labels of `window` counted from `start`, above `columns`."""
        self._start, self._window, self._columns = start, window, columns
        self.changed()

    def longest(self) -> Content:
        """As wide as its columns."""
        return Content("")

    def line(self, width: int) -> Content:
        """In the columns it was given."""
        window, columns = self._window, self._columns
        if window is None or columns is None:
            return Content("")
        cut = self._glyphs.cut
        figures = (("at", columns.offset), ("took", columns.duration), ("self", columns.own))
        words = pad(SafeText("span"), columns.name, cut) + " " + self._labels(window, columns.bar) + " "
        words += "".join(pad(SafeText(name), cells, cut, right=True) for name, cells in figures if cells)
        return Content.assemble((words[:width], "$muted"))

    def _labels(self, window: Window, cells: int) -> str:
        """Times at equal distances, the first at the left end, the last to the right end."""
        parts = max(1, cells // _LABEL_CELLS)
        line = [" "] * cells
        for number in (0, parts, *range(1, parts)):
            label = precise(window.start - self._start + window.length * number / parts, self._glyphs.micro)
            first = number * cells // parts if number < parts else cells - width_of(label)
            around = line[max(0, first - 1) : first + width_of(label) + 1]
            if first >= 0 and all(sign == " " for sign in around):
                line[first : first + width_of(label)] = label
        return "".join(line)
