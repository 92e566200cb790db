"""What containers write: the newest line at the bottom, until one scrolls up."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, tzinfo
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message

from opsconsole.domain.container_log import ContainerLine
from opsconsole.widgets.glyphs import UNICODE, Glyphs
from opsconsole.widgets.line_scroll import LineScroll, Place
from opsconsole.widgets.log_line import LineLook, drawn_line
from opsconsole.widgets.log_ring import LogRing
from opsconsole.widgets.text_filter import TextFilter
from opsconsole.widgets.wrapping import wrap

_ASIDE = 16
"""Cells that a step to the side moves."""

_NEWLINE = "␊"


def container_ring(lines: int | None = None) -> LogRing[ContainerLine]:
    """A ring of at most `lines` (the usual number when None) whose filter reads container, level and line."""

    def text(line: ContainerLine) -> str:
        return f"{line.container} {line.level.value} {line.whole}".casefold()

    return LogRing(text=text) if lines is None else LogRing(lines, text=text)


class ContainerLog(LineScroll):
    """Lines of a `LogRing`. At the bottom it follows; scrolled up it stays, and counts in `unseen` what comes below."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "aside(-1)", "left", show=False, id="log.left"),
        Binding("right", "aside(1)", "right", show=False, id="log.right"),
    ]

    class Moved(Message):
        """The reader scrolled: whether the newest line is followed may have changed."""

    def __init__(
        self,
        *,
        glyphs: Glyphs = UNICODE,
        zone: tzinfo = UTC,
        ring: LogRing[ContainerLine] | None = None,
        id: str | None = None,  # noqa: A002  - Textual's own name for it
    ) -> None:
        """No lines yet; times are shown in `zone`."""
        super().__init__(glyphs=glyphs, id=id)
        self.ring = container_ring() if ring is None else ring
        self._look = LineLook(zone)
        self._left = 0
        self.unseen = 0

    # --- what is shown

    @property
    def follows(self) -> bool:
        """Whether the newest line is in view and stays there."""
        return self._top is None

    @property
    def lines_in_view(self) -> tuple[ContainerLine, ...]:
        """The lines of which at least a part is on the screen, oldest first."""
        places = dict.fromkeys(entry - self._offset for entry, _, _ in self._drawn)
        return tuple(self.ring.shown[place] for place in places if 0 <= place < len(self.ring.shown))

    @property
    def look(self) -> LineLook:
        """How lines are drawn."""
        return self._look

    def look_as(self, look: LineLook) -> None:
        """Draw lines otherwise."""
        self._look = look
        if not look.wrapped and self._top is not None:
            self._top = (self._top[0], 0)
        self.repaint()

    def take(self, lines: Iterable[ContainerLine]) -> None:
        """Add `lines`; nothing is drawn before `repaint`."""
        had_drop_row = self._offset
        added, gone = self.ring.append(lines)
        if self._top is not None:
            self.unseen += max(0, added)
            entry = self._top[0] - gone + (self._offset - had_drop_row)
            self._top = (entry, self._top[1]) if entry >= 0 else (0, 0)

    def clear(self) -> None:
        """Forget all lines and follow again."""
        self.ring.clear()
        self._top, self.unseen, self._left = None, 0, 0
        self.repaint()

    def narrow(self, wanted: TextFilter) -> None:
        """Show only lines that pass `wanted`, from the newest on."""
        self.ring.narrow(wanted)
        self._top, self.unseen = None, 0
        self.repaint()

    @property
    def text(self) -> str:
        """All lines that are shown, as they were written."""
        return "\n".join(line.whole for line in self.ring.shown)

    # --- entries: a row for what was dropped, then the lines

    @property
    def _offset(self) -> int:
        return 1 if self.ring.dropped and self.ring.shown else 0

    @property
    def _count(self) -> int:
        return len(self.ring.shown) + self._offset

    def _entry(self, index: int) -> list[Content]:
        """The lines on the screen of entry `index`."""
        width = self._text_width
        if index < self._offset:
            words = f"{self._glyphs.more} {self.ring.dropped:,} older lines dropped, {len(self.ring):,} are kept"
            return [Content.assemble((words, "$muted"))]
        content = drawn_line(self.ring.shown[index - self._offset], self._look)
        if self._look.wrapped:
            # A stack trace keeps its lines: `safe_text` made pictures of their ends.
            first, *others = content.split(_NEWLINE)
            return [
                *wrap(first, width, 2),
                *(part for one in others for part in wrap(Content.assemble("  ", one), width, 4)),
            ]
        if self._left:
            content = content[self._left :]
        if content.cell_length <= width:
            return [content]
        return [Content.assemble(content.truncate(max(0, width - 1)), self._glyphs.cut)]

    # --- moving

    def _go(self, place: Place) -> None:
        bottom = self._bottom()
        followed = self.follows
        self._top = None if place >= bottom else place
        if self._top is None:
            self.unseen = 0
        if followed != self.follows or self.follows:
            self.post_message(self.Moved())
        self.repaint()

    def hold(self) -> None:
        """Stay at what is in view."""
        if self._top is None and self._count:
            self._top = self._bottom()
            self.post_message(self.Moved())

    def action_move(self, lines: int) -> None:
        """Scroll by `lines`."""
        self._go(self._moved(self._first, lines))

    def action_page(self, pages: int) -> None:
        """Scroll by `pages`, less one line for the eye to hold on to."""
        self.action_move(pages * self._page_lines)

    def action_top(self) -> None:
        """The oldest line."""
        self._go((0, 0))

    def action_bottom(self) -> None:
        """The newest line, and follow."""
        self._go((self._count, 0))

    def action_aside(self, steps: int) -> None:
        """To the side, where lines are not wrapped."""
        self._left = max(0, self._left + steps * _ASIDE)
        self.repaint()
