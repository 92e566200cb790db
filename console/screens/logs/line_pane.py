"""What keys do with the lines of the logs pane: open, mark, go to, look around, copy, save."""

from __future__ import annotations

import asyncio
from functools import partial

import msgspec

from opsconsole.domain.log_record import LogRecord
from opsconsole.domain.text import SafeText
from opsconsole.safe_text import safe_text
from opsconsole.screens.choice_screen import Choice, ChoiceScreen
from opsconsole.screens.logs.context_view import ContextView
from opsconsole.screens.logs.keeping import json_line, text_line, usual_folder, write_lines
from opsconsole.screens.logs.query_pane import QueryPane
from opsconsole.widgets.details import log_detail
from opsconsole.widgets.log_list import LogList
from opsconsole.widgets.log_row import FieldRow


class LinePane(QueryPane):
    """A pane around one `LogList`."""

    lines: LogList

    @property
    def current(self) -> LogRecord | None:
        """The line under the cursor."""
        return self.lines.current

    @property
    def current_field(self) -> FieldRow | None:
        """The field under the cursor, where a line is opened."""
        return self.lines.current_field

    def known_fields(self) -> tuple[SafeText, ...]:
        """Names of the fields of the lines at hand."""
        return tuple({name for record in self.lines.records for name, _ in record.fields})

    def action_open(self) -> None:
        """Open the line under the cursor in place, or close it."""
        self.lines.toggle_open()

    def action_wrap_lines(self) -> None:
        """Break long lines, or cut them."""
        self.lines.look_as(msgspec.structs.replace(self.lines.look, wrapped=not self.lines.look.wrapped))

    def action_mark_line(self) -> None:
        """Mark the line under the cursor, or take its mark away."""
        self.lines.toggle_mark()

    def action_next_mark(self, step: int = 1) -> None:
        """Go to the next marked line, or the one before."""
        if not self.lines.seek_mark(step):
            self.notify("no line is marked: Space marks the one under the cursor", markup=False)

    def action_next_error(self, step: int = 1) -> None:
        """Go to the next error, or the one before."""
        if not self.lines.seek_error(step):
            self.notify(f"no error among the {len(self.lines.records):,} lines at hand: E asks for them", markup=False)

    def action_log_context(self) -> None:
        """Show what was written just before and after the line under the cursor, whatever the search."""
        view, record = self.view, self.current
        source = view.feeds.lines() if view is not None else None
        if view is not None and record is not None and source is not None:
            selection = view.scope.selection
            self.app.push_screen(ContextView(record, selection, source, self.glyphs, view.feeds.clock, self.zone))

    def action_copy(self) -> None:
        """Copy the marked lines, one each, or the one under the cursor, whole."""
        marked, record = self.lines.marked_records, self.current
        if marked:
            self.app.copy_to_clipboard("\n".join(text_line(one, self.zone) for one in marked))
            what = f"{len(marked)} marked line{'s' * (len(marked) > 1)} copied"
        elif record is not None:
            self.app.copy_to_clipboard("\n".join(line.plain for line in log_detail(record, zone=self.zone)))
            what = "copied"
        else:
            return
        self.notify(f"{what}, if the terminal allows it (OSC 52)", markup=False)

    def action_save_lines(self) -> None:
        """Write the marked lines, or all at hand, into a file of one's own."""
        marked, everything = self.lines.marked_records, tuple(self.lines.records)
        if not everything:
            self.notify("there is no line to save", markup=False)
            return
        offers = [(f"the {len(marked):,} marked", marked)] if marked else []
        offers.append((f"all {len(everything):,} at hand", everything))
        kinds = (("as text", "txt", partial(text_line, zone=self.zone)), ("as JSON lines", "jsonl", json_line))
        ways = [(f"{what}, {how}", suffix, written, some) for what, some in offers for how, suffix, written in kinds]

        def chosen(place: str | None) -> None:
            if place is not None:
                _, suffix, written, some = ways[int(place)]
                self.run_worker(self._save([written(one) for one in some], suffix), group="save")

        choices = tuple(Choice(str(place), SafeText(way[0])) for place, way in enumerate(ways))
        title = SafeText(f"Save log lines in {safe_text(str(usual_folder()), 60)}")
        self.app.push_screen(ChoiceScreen(title, choices, "which lines, and how they are written"), chosen)

    async def _save(self, lines: list[str], suffix: str) -> None:
        now = self.view.now if self.view is not None else 0.0
        try:
            path = await asyncio.to_thread(write_lines, usual_folder(), lines, now, suffix)
        except OSError as error:
            self.notify(f"nothing was saved: {error.strerror or error}", severity="error", markup=False, timeout=10)
        else:
            self.notify(f"{len(lines):,} lines saved in {path}", markup=False, timeout=15)
