"""Lines that scroll."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from opsconsole.widgets.glyphs import UNICODE, Glyphs
from opsconsole.widgets.rows.difference import changed_cells
from opsconsole.widgets.rows.painter import Painter
from opsconsole.widgets.rows.thumb import thumb_on
from opsconsole.widgets.wrapping import indent_of, wrap

_SIDES = 2
_HANG = 2
_WHEEL_LINES = 3


class DetailView(Widget, can_focus=True):
    """A page of lines, wrapped to the width, scrolled by keys; nothing is cut off."""

    DEFAULT_CSS = """
    DetailView { width: 1fr; height: 1fr; color: $text; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "scroll_by(-1)", "up", show=False, id="detail.up"),
        Binding("down,j", "scroll_by(1)", "down", show=False, id="detail.down"),
        Binding("pageup", "page(-1)", "page up", show=False, id="detail.page_up"),
        Binding("pagedown,space", "page(1)", "page down", show=False, id="detail.page_down"),
        Binding("home,g", "top", "top", show=False, id="detail.top"),
        Binding("end,G", "bottom", "bottom", show=False, id="detail.bottom"),
    ]

    def __init__(
        self,
        *,
        glyphs: Glyphs = UNICODE,
        id: str | None = None,  # noqa: A002  - Textual's own name for it
        classes: str | None = None,
    ) -> None:
        """An empty page."""
        super().__init__(id=id, classes=classes)
        self._glyphs = glyphs
        self._key: object = None
        self._lines: tuple[Content, ...] = ()
        self._wrapped: list[Content] = []
        self._top = 0
        self._painted: dict[int, Strip] = {}
        self._painted_top = 0
        self._painter = Painter()

    @property
    def text_width(self) -> int:
        """Cells a line may have without being wrapped, for functions that draw to a width."""
        return max(1, self.content_size.width - _SIDES)

    @property
    def text(self) -> str:
        """All lines as they were given, for copying."""
        return "\n".join(line.plain for line in self._lines)

    def show(self, lines: tuple[Content, ...], *, key: object = None) -> None:
        """Show `lines`; while `key` stays the same the reader keeps the place."""
        if key != self._key or key is None:
            self._key, self._top = key, 0
        if len(lines) != len(self._lines) or not all(map(Content.is_same, lines, self._lines)):
            self._lines = lines
            self._wrap()
        self._repaint()

    def seek(self, words: tuple[str, ...], step: int = 1) -> bool:
        """Scroll to the next line, or the one before for `step` -1, that holds one of `words` (casefolded).

        After the last comes the first. False when no line does.
        """
        found = [
            place for place, line in enumerate(self._wrapped) if any(word in line.plain.casefold() for word in words)
        ]
        if not found:
            return False
        after = [place for place in found if (place - self._top) * step > 0]
        self._scroll((after or found)[0 if step > 0 else -1])
        return True

    def action_scroll_by(self, lines: int) -> None:
        """Scroll by `lines`."""
        self._scroll(self._top + lines)

    def action_page(self, pages: int) -> None:
        """Scroll by `pages` screens, less one line."""
        self._scroll(self._top + pages * max(1, self.content_size.height - 1))

    def action_top(self) -> None:
        """Scroll to the first line."""
        self._scroll(0)

    def action_bottom(self) -> None:
        """Scroll to the last line."""
        self._scroll(len(self._wrapped))

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Scroll a few lines down."""
        event.stop()
        self._scroll(self._top + _WHEEL_LINES)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Scroll a few lines up."""
        event.stop()
        self._scroll(self._top - _WHEEL_LINES)

    def on_resize(self) -> None:
        """Wrap to the new width."""
        self._wrap()
        self._repaint()

    def notify_style_update(self) -> None:
        """Forget strips in the old colours."""
        super().notify_style_update()
        self._painter.forget()

    def render_line(self, y: int) -> Strip:
        """Line `y` of the view."""
        strip = self._strip(y)
        self._painted[y] = strip
        self._painted_top = self._top
        return strip

    def _wrap(self) -> None:
        self._wrapped = [part for line in self._lines for part in wrap(line, self.text_width, indent_of(line) + _HANG)]
        self._top = self._clamped(self._top)

    def _clamped(self, top: int) -> int:
        return max(0, min(top, len(self._wrapped) - self.content_size.height))

    def _scroll(self, top: int) -> None:
        self._top = self._clamped(top)
        self._repaint()

    def _repaint(self) -> None:
        if not self.is_mounted:
            return
        if self._top != self._painted_top:
            self.refresh()
            return
        regions = [
            Region(cells[0], y, cells[1], 1)
            for y in range(self.content_size.height)
            if (cells := changed_cells(self._painted.get(y), self._strip(y))) is not None
        ]
        if regions:
            self.refresh(*regions)

    def _strip(self, y: int) -> Strip:
        width, height = self.content_size
        line = self._top + y
        content = self._wrapped[line] if line < len(self._wrapped) else Content("")
        on = thumb_on(y, top=self._top, height=height, total=len(self._wrapped))
        style = self.visual_style
        return self._painter.strip(
            " ", content, self._glyphs.thumb if on else " ", width=width, plain=style, style=style
        )
