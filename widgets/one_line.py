"""A line of text that repaints only the cells that changed."""

from __future__ import annotations

from abc import abstractmethod

from textual.content import Content
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widget import Widget

from opsconsole.widgets.rows.difference import changed_cells

SIDES = 2


class OneLine(Widget):
    """One row of the screen. Subclasses say what it reads at a width, and when that changed.

    A clock that ticks in such a line costs the few bytes of its digits.
    """

    DEFAULT_CSS = """
    OneLine { height: 1; width: 1fr; color: $text; }
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002  - Textual's own name
        """An empty line."""
        super().__init__(id=id, classes=classes)
        self._painted: Strip | None = None
        self._asked_width = 0

    @abstractmethod
    def line(self, width: int) -> Content:
        """The line in at most `width` cells."""

    @abstractmethod
    def longest(self) -> Content:
        """The line with room to spare, which sets the width where the layout asks for `auto`."""

    def get_content_width(self, container: Size, viewport: Size) -> int:  # noqa: ARG002  - Textual's signature
        """Cells of the longest form and a blank on either side."""
        return min(container.width, self.longest().cell_length + SIDES)

    def changed(self) -> None:
        """Repaint what reads otherwise now."""
        if not self.is_mounted:
            return
        wanted = self.longest().cell_length
        if self.styles.width is not None and self.styles.width.is_auto and wanted != self._asked_width:
            self._asked_width = wanted
            self.refresh(layout=True)
            return
        if (cells := changed_cells(self._painted, self._strip(self.content_size.width))) is not None:
            self.refresh(Region(cells[0], 0, cells[1], 1))

    def render_line(self, y: int) -> Strip:
        """The line; blank below it."""
        width = self.content_size.width
        if y:
            return Strip.blank(width, self.visual_style.rich_style)
        self._painted = self._strip(width)
        return self._painted

    def _strip(self, width: int) -> Strip:
        style = self.visual_style
        content = Content.assemble(" ", self.line(max(0, width - SIDES)))
        return Strip(content.render_segments(style)).adjust_cell_length(width, style.rich_style).simplify()


def truncated(content: Content, width: int, cut: str) -> Content:
    """`content` in at most `width` cells, ending in the sign `cut` when something was left out."""
    if content.cell_length <= width:
        return content
    return Content.assemble(content.truncate(max(0, width - 1)), cut)
