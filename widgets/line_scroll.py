"""Entries of one or more lines each, of which only those in view are drawn."""

from __future__ import annotations

import contextlib
from abc import abstractmethod
from collections.abc import Iterator
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Region
from textual.strip import Strip
from textual.style import Style
from textual.widget import Widget

from opsconsole.widgets.glyphs import UNICODE, Glyphs
from opsconsole.widgets.rows.difference import changed_cells
from opsconsole.widgets.rows.painter import Painter
from opsconsole.widgets.rows.thumb import thumb_on
from opsconsole.widgets.wrapping import wrap

_SIDES = 2
"""A sign on the left, the scroll position on the right."""
_WHEEL_LINES = 3

Place = tuple[int, int]
"""An entry and the line within it."""


class LineScroll(Widget, can_focus=True):
    """Draws from `top` down, or, with `top` None, so that the last line is the last in view and stays so.

    Ten thousand entries cost no more than the forty in view. Subclasses say how many there are, the lines of each,
    and what the keys move.
    """

    DEFAULT_CSS = """
    LineScroll { width: 1fr; height: 1fr; color: $text; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "up", show=False, id="log.up"),
        Binding("down,j", "move(1)", "down", show=False, id="log.down"),
        Binding("pageup", "page(-1)", "page up", show=False, id="log.page_up"),
        Binding("pagedown", "page(1)", "page down", show=False, id="log.page_down"),
        Binding("home,g", "top", "top", show=False, id="log.top"),
        Binding("end,G", "bottom", "bottom", show=False, id="log.bottom"),
    ]

    def __init__(self, *, glyphs: Glyphs = UNICODE, id: str | None = None) -> None:  # noqa: A002  - Textual's own name
        """Nothing to show yet."""
        super().__init__(id=id)
        self._glyphs = glyphs
        self._top: Place | None = None
        self._placeholder: tuple[Content, ...] = ()
        self._painter = Painter()
        self._painted: dict[int, Strip] = {}
        self._drawn: list[tuple[int, int, Content]] = []
        self._put_off = False
        self._to_draw = False

    # --- what subclasses say

    @property
    @abstractmethod
    def _count(self) -> int:
        """How many entries there are."""

    @abstractmethod
    def _entry(self, index: int) -> list[Content]:
        """The lines of entry `index`, at least one, each of at most `_text_width` cells."""

    def _height(self, index: int) -> int:
        """How many lines entry `index` has; for subclasses that know without making them."""
        return len(self._entry(index))

    @abstractmethod
    def action_move(self, lines: int) -> None:
        """Up or down by `lines`."""

    @abstractmethod
    def action_page(self, pages: int) -> None:
        """Up or down by `pages`."""

    @abstractmethod
    def action_top(self) -> None:
        """To the beginning."""

    @abstractmethod
    def action_bottom(self) -> None:
        """To the end, and stay there."""

    def _edge(self, entry: int, line: int) -> tuple[str, Style]:
        """The sign before line `line` of `entry`, and the line's style."""
        del entry, line
        return " ", self.visual_style

    # --- places

    def say(self, *placeholder: Content) -> None:
        """What stands there while there is no entry."""
        self._placeholder = placeholder
        if not self._count:
            self.repaint()

    @property
    def _text_width(self) -> int:
        return max(1, self.content_size.width - _SIDES)

    @property
    def _page_lines(self) -> int:
        """A page less one line, for the eye to hold on to."""
        return max(1, self.content_size.height - 1)

    @property
    def _first(self) -> Place:
        """The place of the first line in view."""
        return self._bottom() if self._top is None else self._top

    def _bottom(self) -> Place:
        """The place of the first line in view when the last one is the last in view."""
        left = max(1, self.content_size.height)
        for index in range(self._count - 1, -1, -1):
            lines = self._height(index)
            if lines >= left:
                return (index, lines - left)
            left -= lines
        return (0, 0)

    def _moved(self, place: Place, lines: int) -> Place:
        """`place` so many lines further down, or up; kept within what there is."""
        index, line = place
        line += lines
        while line < 0 and index > 0:
            index -= 1
            line += self._height(index)
        while index < self._count - 1 and line >= (height := self._height(index)):
            line -= height
            index += 1
        return (index, max(0, line))

    def _from(self, place: Place) -> Iterator[tuple[int, int, Content]]:
        index, skipped = place
        while index < self._count:
            lines = self._entry(index)
            for line in range(skipped, len(lines)):
                yield index, line, lines[line]
            index, skipped = index + 1, 0

    # --- mouse

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """A few lines down."""
        event.stop()
        self.action_move(_WHEEL_LINES)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """A few lines up."""
        event.stop()
        self.action_move(-_WHEEL_LINES)

    # --- drawing

    def on_resize(self) -> None:
        """Draw for the size there is now."""
        self.repaint()

    def notify_style_update(self) -> None:
        """Forget strips in the old colours."""
        super().notify_style_update()
        self._painter.forget()

    @contextlib.contextmanager
    def drawn_once(self) -> Iterator[None]:
        """What changes within is drawn once, at its end: a drawing costs more than most changes do."""
        if self._put_off:
            yield
            return
        self._put_off = True
        try:
            yield
        finally:
            self._put_off = False
            if self._to_draw:
                self.repaint()

    def repaint(self) -> None:
        """Draw anew what looks otherwise than before."""
        self._to_draw = self._put_off
        if self._put_off or not self.is_mounted:
            return
        before = self._drawn[:1]
        self._draw()
        if self._top is not None and [place[:2] for place in before] != [place[:2] for place in self._drawn[:1]]:
            # Scrolled by a key: looking for lines that don't differ is wasted. Lines that come by themselves
            # often repeat, and then a few cells of each are sent.
            self.refresh()
            return
        regions = [
            Region(cells[0], y, cells[1], 1)
            for y in range(self.content_size.height)
            if (cells := changed_cells(self._painted.get(y), self._strip(y))) is not None
        ]
        if regions:
            self.refresh(*regions)

    def _draw(self) -> None:
        height, width = self.content_size.height, self._text_width
        if not self._count:
            self._drawn = [(0, 0, line) for one in self._placeholder for line in wrap(one, width)][:height]
            return
        self._drawn = []
        for drawn in self._from(self._first):
            if len(self._drawn) >= height:
                break
            self._drawn.append(drawn)

    def render_line(self, y: int) -> Strip:
        """Line `y` of the view."""
        strip = self._strip(y)
        self._painted[y] = strip
        return strip

    def _strip(self, y: int) -> Strip:
        width, height = self.content_size
        plain = self.visual_style
        entry, line, content = self._drawn[y] if y < len(self._drawn) else (-1, 0, Content(""))
        sign, style = self._edge(entry, line) if self._count and entry >= 0 else (" ", plain)
        most = max(0, self._count - height)
        top = most if self._top is None else min(self._top[0], most)
        on = self._count > 0 and thumb_on(y, top=top, height=height, total=self._count)
        return self._painter.strip(
            sign, content, self._glyphs.thumb if on else " ", width=width, plain=plain, style=style
        )
