"""What was written just before and after one line, whatever query found it."""

from __future__ import annotations

from datetime import tzinfo
from typing import ClassVar

import msgspec
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget

from opsconsole.clock import Clock
from opsconsole.domain.errors import SourceError
from opsconsole.domain.evidence import Pinned
from opsconsole.domain.log_query import LogSearch
from opsconsole.domain.log_record import LogRecord
from opsconsole.domain.selection import Selection
from opsconsole.domain.snapshot import WHOLE
from opsconsole.domain.text import SafeText
from opsconsole.incidents.pinning import LinesSeen, missing_words, pinned_lines, time_of
from opsconsole.screens.evidence_view import EvidenceView
from opsconsole.screens.logs.keeping import text_line
from opsconsole.sources.protocols import LogSource
from opsconsole.widgets.glyphs import Glyphs
from opsconsole.widgets.log_list import LogList
from opsconsole.widgets.problem_note import clock_text
from opsconsole.widgets.text_filter import TextFilter

_FIRST = 20
"""Lines on either side at first."""
_MOST = 480
"""Lines on either side at most."""


class ContextView(EvidenceView):
    """The lines around one, which is marked and under the cursor at first."""

    FIND: ClassVar[str] = "words to underline"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("plus,equals_sign", "more", "more lines", id="context.more"),
        Binding("z,w", "wrap", "wrap", id="context.wrap"),
        Binding("o", "open", "fields", id="context.open"),
        Binding("n", "error(1)", "next error", id="context.next"),
        Binding("N", "error(-1)", "error before", id="context.before"),
        Binding("c", "home", "the line", id="context.home"),
    ]

    def __init__(
        self, record: LogRecord, selection: Selection, source: LogSource, glyphs: Glyphs, clock: Clock, zone: tzinfo
    ) -> None:
        """Around `record`, asked of `source`; `selection` is where it was found."""
        super().__init__(glyphs, clock, zone)
        self._record = record
        self._selection = selection
        self._source = source
        self._wanted = _FIRST
        self._completeness = WHOLE
        self._lines = LogList(glyphs=glyphs, zone=zone)

    @property
    def body(self) -> Widget:
        """The lines."""
        return self._lines

    @property
    def key_pairs(self) -> tuple[tuple[str, str], ...]:
        """Keys and what they do."""
        more = (("+", "more lines"),) if self._wanted < _MOST else ()
        return (
            ("Esc", "back"),
            *more,
            ("c", "the line itself"),
            ("o", "fields"),
            ("n N", "errors"),
            ("z", "one line each" if self._lines.look.wrapped else "wrap"),
            ("/", "find"),
            ("e", "keep"),
            ("y", "copy"),
        )

    def on_mount(self) -> None:
        """Ask."""
        self._lines.start_over((self._record,))
        self._lines.toggle_mark()
        self.action_again()

    def action_again(self) -> None:
        """Ask for the lines around it."""
        self._say(Content.assemble((f"asking {self._source.name.value}{self.glyphs.more}", "$muted")))
        self.run_worker(self._read(self._wanted), exclusive=True, group="context")

    async def _read(self, lines: int) -> None:
        try:
            reading = await self._source.around(self._record, self._selection, lines)
        except SourceError as error:
            self._say(Content.assemble((f"{self.glyphs.down} {error.sentence}", "$level-error")))
            return
        self._completeness = reading.completeness
        first = len(self._lines.records) == 1
        self._lines.take(reversed(reading.value.records))
        if first:
            self.action_home()
        before = sum(1 for one in reading.value.records if (one.time or 0.0) < (self._record.time or 0.0))
        self._lines.frame(self._end(self.glyphs.above, "older"), self._end(self.glyphs.below, "newer"))
        self._say(
            Content.assemble((f"{before} lines before, {len(reading.value.records) - before - 1} after", "$muted"))
        )
        notes = "; ".join(reading.completeness.notes)
        self.note.say(Content.assemble((f"{self.glyphs.partial} {notes}", "$level-warn")) if notes else Content(""))
        self.draw_keys()

    def _end(self, sign: str, which: str) -> Content:
        return Content.assemble((f"{sign} + reads more lines, {which} ones too", "$muted"))

    def _say(self, standing: Content) -> None:
        record = self._record
        whose = f"{record.pod} {record.container}".strip() or record.service
        where = f"around {clock_text(self._record.time, self.zone, '%H:%M:%S %Z')}"
        self.title_line.show(SafeText(f"Context of {whose or 'a line'}"), SafeText(where), standing)

    # --- keys

    def action_more(self) -> None:
        """Twice as many lines."""
        self._wanted = min(_MOST, self._wanted * 2)
        self.action_again()

    def action_home(self) -> None:
        """Back to the line it is about."""
        self._lines.select(self._record.id)
        self._lines.centre()

    def action_wrap(self) -> None:
        """Break long lines, or cut them."""
        self._lines.look_as(msgspec.structs.replace(self._lines.look, wrapped=not self._lines.look.wrapped))
        self.draw_keys()

    def action_open(self) -> None:
        """The fields of the line under the cursor."""
        self._lines.toggle_open()

    def action_error(self, step: int) -> None:
        """The next error, or the one before."""
        self._lines.seek_error(step)

    def narrow(self, wanted: TextFilter) -> None:
        """Underline the words."""
        self._lines.look_as(msgspec.structs.replace(self._lines.look, marked=wanted.wanted))

    def evidence(self) -> Pinned | None:
        """The line under the cursor with a few around it."""
        records = tuple(self._lines.records)
        search = LogSearch(self._selection, time_of(records, self.clock.now()))
        source, missing = SafeText(self._source.name.value), missing_words(self._completeness)
        return pinned_lines(LinesSeen(search, records, source, self._lines.current, words=missing), self.clock.now())

    def copied(self) -> str:
        """All lines, oldest first."""
        return "\n".join(text_line(one, self.zone) for one in self._lines.records)
