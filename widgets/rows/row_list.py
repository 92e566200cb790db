"""The list every pane is made of."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, tzinfo
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.style import Style
from textual.widget import Widget

from opsconsole.widgets.glyphs import UNICODE, Glyphs
from opsconsole.widgets.rows.cursor import fresh_at_head, place
from opsconsole.widgets.rows.difference import changed_cells
from opsconsole.widgets.rows.painter import Painter
from opsconsole.widgets.rows.row import Row, RowView
from opsconsole.widgets.rows.sequence import ListedRows, RowSequence
from opsconsole.widgets.rows.thumb import thumb_on
from opsconsole.widgets.wrapping import wrap

_EDGES = 2
"""The sign of the cursor on the left, of the scroll position on the right."""

_WHEEL_LINES = 3


class _OfRowList(Message):
    """Something that happened in `row_list`."""

    def __init__(self, row_list: RowList) -> None:
        super().__init__()
        self.row_list = row_list

    @property
    def control(self) -> RowList:
        """The list this happened in."""
        return self.row_list


class RowList(Widget, can_focus=True):
    """A list with one row under the cursor, drawn line by line.

    Only lines in view are made, and only lines that changed are sent to the terminal. The cursor
    holds on to its row's key: a refresh that moves, adds or removes other rows leaves it, and the
    place of its row on the screen, alone. In a `newest_first` list a cursor on the top row stays
    on top; anywhere else rows that arrive are counted in `unseen` and move nothing.

    The row under the cursor is marked by a sign in the first column, so focus shows without colour.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"row-list--cursor"}

    DEFAULT_CSS = """
    RowList {
        width: 1fr;
        height: 1fr;
        color: $text;
        & > .row-list--cursor {
            background: $row-cursor;
            text-style: $row-cursor-text-style;
        }
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "up", show=False, id="list.up"),
        Binding("down,j", "move(1)", "down", show=False, id="list.down"),
        Binding("pageup", "page(-1)", "page up", show=False, id="list.page_up"),
        Binding("pagedown", "page(1)", "page down", show=False, id="list.page_down"),
        Binding("home,g", "top", "top", show=False, id="list.top"),
        Binding("end,G", "bottom", "bottom", show=False, id="list.bottom"),
        Binding("enter", "choose", "open", show=False, id="list.open"),
    ]

    class Highlighted(_OfRowList):
        """The cursor stands on another row, moved `by_user` or by a refresh."""

        def __init__(self, row_list: RowList, row_key: str, *, by_user: bool) -> None:
            """`row_key` is the key of the row now under the cursor."""
            super().__init__(row_list)
            self.row_key = row_key
            self.by_user = by_user

    class Chosen(_OfRowList):
        """The row under the cursor is to be opened."""

        def __init__(self, row_list: RowList, row_key: str) -> None:
            """`row_key` is the key of that row."""
            super().__init__(row_list)
            self.row_key = row_key

    class UnseenChanged(_OfRowList):
        """The count of rows that arrived above the reader changed to `count`."""

        def __init__(self, row_list: RowList, count: int) -> None:
            """`count` is 0 once the reader is back at the top."""
            super().__init__(row_list)
            self.count = count

    def __init__(
        self,
        *,
        glyphs: Glyphs = UNICODE,
        zone: tzinfo = UTC,
        newest_first: bool = False,
        id: str | None = None,  # noqa: A002  - Textual's own name for it
        classes: str | None = None,
    ) -> None:
        """An empty list; `zone` and `glyphs` are handed to its rows."""
        super().__init__(id=id, classes=classes)
        self._glyphs = glyphs
        self._zone = zone
        self._newest_first = newest_first
        self._given: Sequence[Row] = ()
        self._rows: RowSequence = ListedRows()
        self._index = 0
        self._last_key: str | None = None
        self._top = 0
        self._now = 0.0
        self._dimmed = False
        self._unseen = 0
        self._placeholder: tuple[Content, ...] = ()
        self._painted: dict[int, Strip] = {}
        self._painted_top = 0
        self._painter = Painter()

    @property
    def rows(self) -> Sequence[Row]:
        """The rows last shown."""
        return self._given

    @property
    def cursor_key(self) -> str | None:
        """Key of the row under the cursor, None in an empty list."""
        return self._rows.key_at(self._index) if self._rows else None

    @property
    def unseen(self) -> int:
        """Rows that arrived at the head while the reader was elsewhere."""
        return self._unseen

    def show(
        self,
        rows: Sequence[Row],
        *,
        now: float,
        dimmed: bool = False,
        placeholder: tuple[Content, ...] = (),
    ) -> None:
        """Draw `rows` as of `now` (unix seconds), `dimmed` when they are old.

        A `RowSequence` is asked for the rows in view alone. `placeholder` is wrapped and shown instead while
        there are no rows.
        """
        self._now, self._dimmed, self._placeholder = now, dimmed, placeholder
        if rows is not self._given:
            self._given = rows
            self._replace(rows if isinstance(rows, RowSequence) else ListedRows(rows))
        self._repaint()

    def select(self, key: str) -> bool:
        """Put the cursor on the row with `key`; False when there is none."""
        index = self._rows.index_of(key)
        if index is None:
            return False
        self._go(index, by_user=False)
        return True

    def _replace(self, rows: RowSequence) -> None:
        before, old = self.cursor_key, self._rows
        follows = self._newest_first and self._index == 0
        row_on_screen = (old.start_of(self._index) if old else 0) - self._top
        index = 0 if follows else place(old, self._index, rows)
        if before is not None:
            self._last_key = before
        elif self._last_key is not None and not self._newest_first:
            # The list was empty for a moment, while another question was asked.
            index = rows.index_of(self._last_key) or 0
            row_on_screen = min(rows.start_of(index), self.content_size.height // 2) if rows else 0
        self._rows, self._index = rows, index
        self._top = 0 if follows or not rows else rows.start_of(index) - row_on_screen
        self._keep_cursor_in_view()
        if self._newest_first and not follows:
            self._set_unseen(self._unseen + fresh_at_head(old, rows))
        if (key := self.cursor_key) is not None and key != before:
            self.post_message(self.Highlighted(self, key, by_user=False))

    def _set_unseen(self, count: int) -> None:
        if count != self._unseen:
            self._unseen = count
            self.post_message(self.UnseenChanged(self, count))

    def _go(self, index: int, *, by_user: bool = True) -> None:
        if not self._rows:
            return
        index = max(0, min(index, len(self._rows) - 1))
        moved = index != self._index
        self._index = index
        self._keep_cursor_in_view()
        if index == 0:
            self._set_unseen(0)
        self._repaint()
        if moved:
            self.post_message(self.Highlighted(self, self._rows.key_at(index), by_user=by_user))

    def _keep_cursor_in_view(self) -> None:
        height = self.content_size.height
        if self._rows and height:
            start = self._rows.start_of(self._index)
            end = start + self._rows[self._index].height
            self._top = min(max(self._top, end - height), start)
        self._top = max(0, min(self._top, self._rows.line_count - height))

    # --- keys and mouse

    def action_move(self, rows: int) -> None:
        """Move the cursor by `rows`."""
        self._go(self._index + rows)

    def action_page(self, pages: int) -> None:
        """Move the cursor by `pages` screens, less one line for the eye to hold on to."""
        if not self._rows:
            return
        lines = max(1, self.content_size.height - 1)
        target = self._rows.start_of(self._index) + pages * lines
        index = self._rows.index_at(max(0, min(target, self._rows.line_count - 1)))
        self._go(index if index != self._index else index + pages)

    def action_top(self) -> None:
        """Move the cursor to the first row."""
        self._top = 0
        self._go(0)

    def action_bottom(self) -> None:
        """Move the cursor to the last row."""
        self._go(len(self._rows) - 1)

    def action_choose(self) -> None:
        """Open the row under the cursor."""
        if (key := self.cursor_key) is not None:
            self.post_message(self.Chosen(self, key))

    def on_click(self, event: events.Click) -> None:
        """Select the row that was clicked; a double click opens it."""
        offset = event.get_content_offset(self)
        if offset is None or not self._rows or self._top + offset.y >= self._rows.line_count:
            return
        self._go(self._rows.index_at(self._top + offset.y))
        if event.chain == 2:
            self.action_choose()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Move down a few rows."""
        event.stop()
        self._go(self._index + _WHEEL_LINES)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Move up a few rows."""
        event.stop()
        self._go(self._index - _WHEEL_LINES)

    def on_resize(self) -> None:
        """Keep the cursor's row in view."""
        self._keep_cursor_in_view()
        self._repaint()

    # --- drawing

    def notify_style_update(self) -> None:
        """Forget strips in the old colours."""
        super().notify_style_update()
        self._painter.forget()

    def render_line(self, y: int) -> Strip:
        """Line `y` of the view."""
        strip = self._line_strip(y)
        self._painted[y] = strip
        self._painted_top = self._top
        return strip

    def _repaint(self) -> None:
        """Send the lines that look otherwise than when they were last drawn."""
        if not self.is_mounted:
            return
        if self._top != self._painted_top:
            # Scrolled: nearly every line differs, so looking for those that don't is wasted.
            self.refresh()
            return
        regions = [
            Region(cells[0], y, cells[1], 1)
            for y in range(self.content_size.height)
            if (cells := changed_cells(self._painted.get(y), self._line_strip(y))) is not None
        ]
        if regions:
            self.refresh(*regions)

    def _line_strip(self, y: int) -> Strip:
        width, height = self.content_size
        plain = self.visual_style
        if not self._rows:
            return self._painter.strip(" ", self._placeholder_line(y), " ", width=width, plain=plain, style=plain)
        line = self._top + y
        on = thumb_on(y, top=self._top, height=height, total=self._rows.line_count)
        thumb = self._glyphs.thumb if on else " "
        if line >= self._rows.line_count:
            return self._painter.strip(" ", Content(""), thumb, width=width, plain=plain, style=plain)
        index = self._rows.index_at(line)
        row = self._rows[index]
        view = RowView(max(1, width - _EDGES), self._now, self._zone, self._glyphs)
        content = row.lines(view)[line - self._rows.start_of(index)]
        if self._dimmed:
            # Sixteen colours have no quiet one of their own; there the terminal's faint attribute must do.
            content = content.without_spans.stylize("$muted dim" if self.app.native_ansi_color else "$muted")
        if index != self._index:
            return self._painter.strip(" ", content, thumb, width=width, plain=plain, style=plain)
        # Without the focus the row keeps its sign alone: one bright row on the screen is enough.
        sign, style = self._glyphs.cursor_blurred, plain
        if self.has_focus:
            sign, style = self._glyphs.cursor, self._cursor_style()
        return self._painter.strip(sign, content, thumb, width=width, plain=plain, style=style)

    def _placeholder_line(self, y: int) -> Content:
        inner = max(1, self.content_size.width - _EDGES)
        lines = [line for paragraph in self._placeholder for line in wrap(paragraph, inner)]
        return lines[y] if y < len(lines) else Content("")

    def _cursor_style(self) -> Style:
        style = self.get_visual_style("row-list--cursor")
        # The visual style leaves `reverse` out, which is how the 16-colour theme marks the cursor.
        if self.get_component_styles("row-list--cursor").text_style.reverse:
            style += Style(reverse=True)
        return style
