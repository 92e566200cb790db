"""Content made into strips, each once."""

from __future__ import annotations

from rich.segment import Segment
from textual.cache import LRUCache
from textual.content import Content
from textual.strip import Strip
from textual.style import Style

_KEPT = 1024


class Painter:
    """Makes lines of `sign`, content and `thumb`, and remembers those it made last.

    Styles named in the content (`$severity-critical`) are those of the running app's theme, so
    `forget` is to be called when the theme changes.
    """

    def __init__(self) -> None:
        """Nothing made yet."""
        self._strips: LRUCache[tuple[object, ...], Strip] = LRUCache(_KEPT)

    def forget(self) -> None:
        """Drop every strip."""
        self._strips.clear()

    def strip(self, sign: str, content: Content, thumb: str, *, width: int, plain: Style, style: Style) -> Strip:
        """`width` cells: `sign` and `thumb`, one cell each, in `plain`, between them `content` on `style`."""
        key = (sign, content.plain, tuple(content.spans), thumb, width, plain.hash, style.hash)
        if (known := self._strips.get(key)) is not None:
            return known
        edge = plain.rich_style
        body = Strip(content.render_segments(style)).adjust_cell_length(max(0, width - 2), style.rich_style)
        # Joined where neighbours look alike: every change of style costs some forty bytes on the line.
        strip = Strip([Segment(sign, edge), *body, Segment(thumb, edge)]).adjust_cell_length(width, edge).simplify()
        self._strips[key] = strip
        return strip
