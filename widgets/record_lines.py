"""Log records as lines, the newest at the bottom, drawn with a cursor."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, tzinfo
from typing import ClassVar

import msgspec
from textual.content import Content
from textual.message import Message
from textual.style import Style

from opsconsole.domain.log_record import LogRecord
from opsconsole.domain.text import SafeText
from opsconsole.widgets.glyphs import UNICODE, Glyphs
from opsconsole.widgets.line_scroll import LineScroll, Place
from opsconsole.widgets.log_ring import BYTES, LINES, LogRing
from opsconsole.widgets.log_row import FieldRow, RecordLook, field_lines, field_rows, record_lines
from opsconsole.widgets.one_line import truncated
from opsconsole.widgets.rows import width_of

_REMEMBERED = 1_000
"""Records whose lines are remembered."""


def record_ring(lines: int = LINES, size: int = BYTES) -> LogRing[LogRecord]:
    """A ring of at most `lines` records of `size` bytes together, none of them twice."""
    return LogRing(lines, size, key=lambda record: record.id)


class RecordLines(LineScroll):
    """Records of a `LogRing` between a row about what is older and, when there is something to say, one about newer.

    The cursor holds on to its record. While it stands on the newest one and nothing is held, it follows: records
    that come move it. Anywhere else they move nothing and are counted in `unseen`. An opened record has its fields
    below it.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"record-lines--cursor"}

    DEFAULT_CSS = """
    RecordLines {
        & > .record-lines--cursor { background: $row-cursor; text-style: $row-cursor-text-style; }
    }
    """

    class Moved(Message):
        """The cursor stands elsewhere, or what is followed, marked or unseen changed."""

    def __init__(
        self,
        *,
        glyphs: Glyphs = UNICODE,
        zone: tzinfo = UTC,
        ring: LogRing[LogRecord] | None = None,
        id: str | None = None,  # noqa: A002  - Textual's own name for it
    ) -> None:
        """No records yet; times are shown in `zone`."""
        super().__init__(glyphs=glyphs, id=id)
        self.ring = record_ring() if ring is None else ring
        self._look = RecordLook(zone, glyphs)
        self._services: set[SafeText] = set()
        self._made: dict[SafeText, list[Content]] = {}
        self._made_for: tuple[RecordLook, int] = (self._look, 0)
        self._dimmed = False
        self._index = 0
        self._field = 0
        self._held = False
        self._opened: set[SafeText] = set()
        self._marks: set[SafeText] = set()
        self._head = Content("")
        self._foot = Content("")
        self.unseen = 0

    # --- what is there

    @property
    def records(self) -> Sequence[LogRecord]:
        """The records at hand, oldest first."""
        return self.ring.shown

    @property
    def current(self) -> LogRecord | None:
        """The record under the cursor."""
        return self.records[self._index] if self.records else None

    @property
    def current_field(self) -> FieldRow | None:
        """The field under the cursor, None while it stands on the record's own line."""
        record = self.current
        return None if record is None or not self._field else field_rows(record)[self._field - 1]

    @property
    def follows(self) -> bool:
        """Whether the newest record is under the cursor and stays there."""
        return not self._held and (not self.records or self._index == len(self.records) - 1)

    @property
    def marked_records(self) -> tuple[LogRecord, ...]:
        """The marked ones among those at hand, oldest first."""
        return tuple(record for record in self.records if record.id in self._marks) if self._marks else ()

    @property
    def look(self) -> RecordLook:
        """How records are drawn."""
        return self._look

    def look_as(self, look: RecordLook) -> None:
        """Draw records otherwise."""
        if look != self._look:
            self._look = look
            self._show_cursor()

    def dim(self, dimmed: bool) -> None:
        """Show records as old, or as live."""
        if dimmed != self._dimmed:
            self._dimmed = dimmed
            self.repaint()

    def frame(self, head: Content, foot: Content) -> None:
        """The words above the oldest and below the newest record; an empty `foot` takes no line."""
        if head.is_same(self._head) and foot.is_same(self._foot):
            return
        lines_change = bool(foot) != bool(self._foot)
        self._head, self._foot = head, foot
        if lines_change or any(not 0 < entry <= len(self.records) for entry, _, _ in self._drawn):
            self._show_cursor()

    # --- records come and go

    def start_over(self, newest: Iterable[LogRecord] = ()) -> None:
        """Only `newest` (newest first), with the cursor on the newest; what was opened or marked is so again."""
        self.ring.clear()
        self._services = set()
        self._index, self._field, self._held, self._top = 0, 0, False, None
        self.unseen = 0
        self.take(reversed(list(newest)))

    def take(self, newer: Iterable[LogRecord]) -> None:
        """Add `newer` records, oldest first; those at hand already are left out."""
        records = list(newer)

        def add() -> None:
            added, _ = self.ring.append(records)
            if not followed:
                self.unseen += max(0, added)

        followed = self.follows
        self._keeping_place(add)
        if followed and self.records:
            self._index, self._field, self._top = len(self.records) - 1, 0, None
        self._line_up(records)
        self._show_cursor()
        self.post_message(self.Moved())

    def take_older(self, older: Iterable[LogRecord]) -> int:
        """Add a page of `older` records, newest first. Returns how many were not at hand before."""
        records = list(older)[::-1]
        added = 0

        def add() -> None:
            nonlocal added
            added = self.ring.prepend(records)

        self._keeping_place(add)
        self._line_up(records)
        self._show_cursor()
        self.post_message(self.Moved())
        return added

    def _keeping_place(self, change: Callable[[], None]) -> None:
        """Let `change` add and remove records; cursor and view stay with theirs."""
        current = self.current
        entry, line = (0, 0) if self._top is None else self._top
        anchor = self.records[max(0, entry - 1)] if self.records and entry <= len(self.records) else None
        change()
        if current is not None:
            place = self._place_of(current)
            if place is None:
                place = 0 if self._index * 2 < len(self.records) else len(self.records) - 1
                self._field = 0
            self._index = max(0, place)
        if self._top is not None and anchor is not None:
            place = self._place_of(anchor) or 0
            # The row above the oldest record stays above that record.
            self._top = self._moved((place + 1, 0), -1) if entry == 0 else (place + 1, line)

    def _place_of(self, record: LogRecord) -> int | None:
        return next((place for place, one in enumerate(self.records) if one is record), None)

    def _line_up(self, records: Iterable[LogRecord]) -> None:
        """Columns for `records` too; they never get narrower, so that nothing moves under the eye."""
        cells, traced = self._look.service_cells, self._look.traced
        if not self._services:
            cells, traced = 0, False
        for record in records:
            if record.service not in self._services:
                self._services.add(record.service)
                cells = max(cells, width_of(record.service))
            traced = traced or bool(record.trace_id)
        self._look = msgspec.structs.replace(
            self._look, service_cells=cells, traced=traced, alike=len(self._services) == 1
        )

    # --- entries: a row about what is older, the records, perhaps a row about what is newer

    @property
    def _count(self) -> int:
        return len(self.records) + 1 + bool(self._foot) if self.records else 0

    def _entry(self, index: int) -> list[Content]:
        width = self._text_width
        if index == 0:
            return [truncated(self._head, width, self._glyphs.cut)]
        if index > len(self.records):
            return [truncated(self._foot, width, self._glyphs.cut)]
        record = self.records[index - 1]
        return [*self._own_lines(record), *(line for part in self._field_parts(record) for line in part)]

    def _height(self, index: int) -> int:
        """A record that is neither wrapped nor opened has one line."""
        plain = not self._look.wrapped and (
            not 0 < index <= len(self.records) or self.records[index - 1].id not in self._opened
        )
        return 1 if plain else super()._height(index)

    def _own_lines(self, record: LogRecord) -> list[Content]:
        """The record's lines without its fields; those made last are remembered."""
        made_for = (self._look, self._text_width)
        if made_for != self._made_for or len(self._made) > _REMEMBERED:
            self._made_for, self._made = made_for, {}
        if (lines := self._made.get(record.id)) is None:
            lines = self._made[record.id] = record_lines(record, self._look, self._text_width)
        return lines

    def _field_parts(self, record: LogRecord) -> list[list[Content]]:
        """The lines of each field of an opened record; none of another."""
        if record.id not in self._opened:
            return []
        rows = field_rows(record)
        return [field_lines(row, self._look, self._text_width, last=row is rows[-1]) for row in rows]

    def _cursor_lines(self) -> tuple[int, int]:
        """The first line of the current entry that the cursor covers, and how many."""
        record = self.records[self._index]
        heights = [len(self._own_lines(record)), *map(len, self._field_parts(record))]
        self._field = min(self._field, len(heights) - 1)
        return sum(heights[: self._field]), heights[self._field]

    def _edge(self, entry: int, line: int) -> tuple[str, Style]:
        plain = self.visual_style
        if not 0 < entry <= len(self.records):
            return " ", plain
        marked = line == 0 and self.records[entry - 1].id in self._marks
        mark = self._glyphs.live if marked else " "
        if entry - 1 != self._index:
            return mark, plain
        start, height = self._cursor_lines()
        if not start <= line < start + height:
            return mark, plain
        # Without the focus the row keeps its sign alone: one bright row on the screen is enough.
        if not self.has_focus:
            return mark if marked else self._glyphs.cursor_blurred, plain
        return self._glyphs.bar if marked else self._glyphs.cursor, self._cursor_style()

    def _cursor_style(self) -> Style:
        style = self.get_visual_style("record-lines--cursor")
        # The visual style leaves `reverse` out, which is how the 16-colour theme marks the cursor.
        if self.get_component_styles("record-lines--cursor").text_style.reverse:
            style += Style(reverse=True)
        return style

    def _draw(self) -> None:
        super()._draw()
        if self._dimmed and self._count:
            # Sixteen colours have no quiet one of their own; there the terminal's faint attribute must do.
            style = "$muted dim" if self.app.native_ansi_color else "$muted"
            self._drawn = [(entry, line, one.without_spans.stylize(style)) for entry, line, one in self._drawn]

    # --- the cursor in view

    def on_resize(self) -> None:
        """Keep the cursor in view."""
        self._show_cursor()

    def _show_cursor(self) -> None:
        """Scroll as little as shows the cursor, to the very end where it stands on the newest record, and draw."""
        if not self.records or not self.is_mounted:
            self._top = None
            self.repaint()
            return
        start, height = self._cursor_lines()
        at, end = (self._index + 1, start), (self._index + 1, start + height - 1)
        if self._index == len(self.records) - 1 and not self._held and not self._field:
            self._top = None
        else:
            self._top = min(self._showing(self._first, at, end), self._bottom())
        self.repaint()

    def _show_whole(self) -> None:
        """Scroll so that the record under the cursor is in view with its fields, as many as there is room for."""
        if self.is_mounted:
            entry = self._index + 1
            shown = self._showing(self._first, (entry, 0), (entry, self._height(entry) - 1))
            self._top = min(shown, self._bottom())
            self.repaint()

    def centre(self) -> None:
        """Scroll so that the cursor stands in the middle, as far as there are lines on either side."""
        if self.records and self._index < len(self.records) - 1:
            start, _ = self._cursor_lines()
            place = self._moved((self._index + 1, start), -(self.content_size.height // 2))
            self._top = min(place, self._bottom())
            self._show_cursor()

    def _showing(self, top: Place, at: Place, end: Place) -> Place:
        """`top`, moved as little as brings `at`, and where there is room `end`, into view."""
        lines = max(1, self.content_size.height)
        if at < top:
            # The row about older records comes into view with the oldest one.
            return (0, 0) if at == (1, 0) and lines > 1 else at
        lowest = self._moved(end, 1 - lines)
        lowest = min(lowest, at)
        return max(top, lowest)
