"""The line above a view that has the screen for itself."""

from __future__ import annotations

from textual.content import Content

from opsconsole.domain.text import SafeText
from opsconsole.widgets.glyphs import UNICODE, Glyphs
from opsconsole.widgets.one_line import OneLine, truncated

_GAP = 2


class TitleLine(OneLine):
    """What it is on the left, how it stands on the right; the left gives way."""

    def __init__(self, *, glyphs: Glyphs = UNICODE, id: str | None = None) -> None:  # noqa: A002  - Textual's own name
        """Nothing yet."""
        super().__init__(id=id)
        self._cut = glyphs.cut
        self._title = SafeText("")
        self._about = SafeText("")
        self._standing = Content("")

    def show(self, title: SafeText, about: SafeText, standing: Content) -> None:
        """`title` in bold, `about` behind it, `standing` at the end."""
        self._title, self._about, self._standing = title, about, standing
        self.changed()

    def longest(self) -> Content:
        """All of it."""
        return Content.assemble((self._title, "bold"), "  ", self._about, "  ", self._standing)

    def line(self, width: int) -> Content:
        """In `width` cells."""
        standing = truncated(self._standing, width, self._cut)
        room = width - standing.cell_length - _GAP
        left = truncated(
            Content.assemble((self._title, "bold"), "  ", (self._about, "$muted")), max(0, room), self._cut
        )
        gap = " " * max(0, width - standing.cell_length - left.cell_length)
        return Content.assemble(left, gap, standing)
