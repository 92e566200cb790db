"""Log records, the newest at the bottom, and the keys that move among them."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message

from opsconsole.domain.log_record import LogRecord
from opsconsole.widgets.line_scroll import Place
from opsconsole.widgets.log_levels import is_loud
from opsconsole.widgets.log_row import field_rows
from opsconsole.widgets.record_lines import RecordLines

_NEAR_THE_TOP = 100
"""Records above the cursor below which older ones are wanted."""


class LogList(RecordLines):
    """The records in a pane. The cursor passes the fields of an opened record one by one."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "choose", "follow", show=False, id="list.open")]

    class Chosen(Message):
        """The record under the cursor is to be followed."""

    class OlderWanted(Message):
        """The reader nears the oldest record at hand."""

    class NewestWanted(Message):
        """The reader asks for the newest record there is; it may not be at hand any more."""

    # --- moving

    def select(self, record_id: str) -> bool:
        """Put the cursor on the record with that id; False when it is not at hand."""
        place = next((place for place, one in enumerate(self.records) if one.id == record_id), None)
        if place is None:
            return False
        self._go(place)
        return True

    def _go(self, index: int, field: int = 0) -> None:
        if not self.records:
            return
        newest = len(self.records) - 1
        self._index, self._field = max(0, min(index, newest)), field
        self._held = self._index == newest and self.records[newest].id in self._opened
        if self.follows:
            self.unseen = 0
        self._show_cursor()
        self.post_message(self.Moved())
        if self._index < _NEAR_THE_TOP:
            self.post_message(self.OlderWanted())

    def action_move(self, lines: int) -> None:
        """Move the cursor by `lines` records or, where one is opened, fields."""
        index, field = self._index, self._field
        for _ in range(abs(lines)):
            index, field = self._beside(index, field, 1 if lines > 0 else -1)
        self._go(index, field)

    def _beside(self, index: int, field: int, step: int) -> Place:
        if not self.records:
            return 0, 0
        if 0 <= field + step <= self._fields_of(index):
            return index, field + step
        index += step
        if not 0 <= index < len(self.records):
            return index - step, field
        return index, 0 if step > 0 else self._fields_of(index)

    def _fields_of(self, index: int) -> int:
        record = self.records[index]
        return len(field_rows(record)) if record.id in self._opened else 0

    def action_page(self, pages: int) -> None:
        """Move the cursor by `pages` screens."""
        if not self.records:
            return
        start, _ = self._cursor_lines()
        entry, _ = self._moved((self._index + 1, start), pages * self._page_lines)
        index = entry - 1
        self._go(index if index != self._index else index + pages)

    def action_top(self) -> None:
        """The oldest record at hand."""
        if self.records:
            self._top = (0, 0)
            self._go(0)

    def action_bottom(self) -> None:
        """The newest record, and follow."""
        with self.drawn_once():
            self._go(len(self.records) - 1)
            self._held, self.unseen = False, 0
            self._show_cursor()
        self.post_message(self.NewestWanted())

    def action_choose(self) -> None:
        """Follow the record under the cursor."""
        if self.records:
            self.post_message(self.Chosen())

    def on_click(self, event: events.Click) -> None:
        """Put the cursor on what was clicked; a double click follows it."""
        offset = event.get_content_offset(self)
        if offset is None or offset.y >= len(self._drawn) or not self.records:
            return
        entry = self._drawn[offset.y][0]
        if 0 < entry <= len(self.records):
            self._go(entry - 1)
            if event.chain == 2:
                self.action_choose()

    # --- marks, fields, errors

    def toggle_open(self) -> None:
        """Open the record under the cursor in place, or close it. It stays where it is meanwhile."""
        record = self.current
        if record is None:
            return
        self._opened ^= {record.id}
        self._field = 0
        self._held = self._index == len(self.records) - 1 and record.id in self._opened
        self._show_cursor()
        if record.id in self._opened:
            self._show_whole()
        self.post_message(self.Moved())

    def toggle_mark(self) -> None:
        """Mark the record under the cursor, or take its mark away."""
        if (record := self.current) is not None:
            self._marks ^= {record.id}
            self.repaint()
            self.post_message(self.Moved())

    def seek(self, step: int, wanted: Callable[[LogRecord], bool]) -> bool:
        """Go to the next `wanted` record, or for `step` -1 the one before; after the last comes the first."""
        count = len(self.records)
        for distance in range(1, count + 1):
            place = (self._index + distance * step) % count
            if wanted(self.records[place]):
                self._go(place)
                return True
        return False

    def seek_error(self, step: int) -> bool:
        """Go to the next error, or the one before; False when there is none at hand."""
        return self.seek(step, lambda record: is_loud(record.level))

    def seek_mark(self, step: int) -> bool:
        """Go to the next mark, or the one before; False when nothing is marked."""
        return self.seek(step, lambda record: record.id in self._marks)
