"""What the lines of the range have in common, and what the last change did to that."""

from __future__ import annotations

import asyncio
from datetime import tzinfo
from functools import partial
from typing import ClassVar

import msgspec
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget

from opsconsole.actions import PaneName
from opsconsole.clock import Clock
from opsconsole.domain.errors import SourceError
from opsconsole.domain.log_pattern import PatternReport, PatternShift
from opsconsole.domain.log_query import LogSearch
from opsconsole.domain.log_record import LogRecord
from opsconsole.domain.marker import Marker
from opsconsole.domain.scope import Scope
from opsconsole.domain.snapshot import Completeness, FeedState, Problem, Snapshot
from opsconsole.domain.text import SafeText
from opsconsole.domain.time_range import TimeRange
from opsconsole.patterns import LogSample, compared, last_change, patterns_of
from opsconsole.screens.detail_screen import DetailScreen
from opsconsole.screens.evidence_view import EvidenceView
from opsconsole.screens.incidents.pinning import PATIENCE, pattern_evidence
from opsconsole.screens.messages import DetailAsked, JumpAsked
from opsconsole.sources.protocols import LogSource
from opsconsole.widgets.details.pattern_detail import pattern_detail
from opsconsole.widgets.glyphs import Glyphs
from opsconsole.widgets.pattern_list import PatternList
from opsconsole.widgets.problem_note import clock_text
from opsconsole.widgets.rows.row_list import RowList
from opsconsole.widgets.text_filter import TextFilter

LINES = 10_000
"""Lines read at most, half of them on either side of a change."""
_PAGE = 500


class PatternView(EvidenceView):
    """Patterns of the lines of one search. Enter on one goes back to its lines."""

    FIND: ClassVar[str] = "words of a pattern; !word leaves out"

    BINDINGS: ClassVar[list[BindingType]] = [Binding("o", "open", "whole", id="pattern.open")]

    def __init__(
        self,
        scope: Scope,
        search: LogSearch,
        source: LogSource,
        markers: tuple[Marker, ...],
        glyphs: Glyphs,
        clock: Clock,
        zone: tzinfo,
        known: Snapshot[PatternReport] | None = None,
    ) -> None:
        """Of the lines of `search` in `source`; `markers` are the changes there were, `scope` is gone back to.

        What is `known` from before is shown as it is, until it is asked for again.
        """
        super().__init__(glyphs, clock, zone)
        self._scope = scope
        self._search = search
        self._source = source
        self._markers = markers
        self._change = last_change(markers, search.span.end)
        self._patterns = PatternList(source=source.name.value, glyphs=glyphs, zone=zone)
        self._snapshot = known or Snapshot(FeedState.CONNECTING)
        self._report = self._snapshot.value
        self._wanted = TextFilter()

    @property
    def body(self) -> Widget:
        """The patterns, and which lines they are of."""
        return self._patterns

    @property
    def key_pairs(self) -> tuple[tuple[str, str], ...]:
        """Keys and what they do."""
        return (
            ("Esc", "back"),
            ("Enter", "its lines"),
            ("o", "whole"),
            ("/", "filter"),
            ("e", "keep"),
            ("R", "read again"),
            ("y", "copy"),
        )

    # --- reading

    def on_mount(self) -> None:
        """Read, unless that was done before."""
        if self._report is None:
            self.action_again()
        else:
            self._show(self._snapshot)

    def action_again(self) -> None:
        """Read the lines, and find their patterns."""
        self._show(Snapshot(FeedState.CONNECTING))
        self.run_worker(self._read(), exclusive=True, group="patterns")

    async def _read(self) -> None:
        span = self._search.span
        moment = self._change.time if self._change is not None and self._change.time > span.start else None
        notes: list[SafeText] = []
        try:
            if moment is None:
                sample = await self._sample(span, LINES, notes)
                report = await asyncio.to_thread(patterns_of, sample)
            else:
                after = await self._sample(TimeRange(moment, span.end), LINES // 2, notes)
                before = await self._sample(TimeRange(span.start, moment), LINES // 2, notes)
                report = await asyncio.to_thread(compared, before, after, moment)
        except SourceError as error:
            self._show(Snapshot(FeedState.DOWN, problem=Problem.of(error)))
            return
        self._report = report
        whole = Completeness(notes=tuple(dict.fromkeys(notes)))
        state = FeedState.LIVE if whole.whole else FeedState.PARTIAL
        self._show(Snapshot(state, self._narrowed(), self.clock.now(), whole))

    async def _sample(self, span: TimeRange, most: int, notes: list[SafeText]) -> LogSample:
        """The newest lines of `span`, `most` of them. Raises `SourceError`."""
        reader = self._source.reader(msgspec.structs.replace(self._search, span=span))
        records: list[LogRecord] = []
        exhausted, total = False, 0
        try:
            while len(records) < most and not exhausted:
                reading = await reader.older(_PAGE)
                records += reading.value.records
                notes += reading.completeness.notes
                exhausted, total = reading.value.exhausted, reading.value.total
                self._say(f"{len(records):,} lines read{self.glyphs.more}", span)
        finally:
            await reader.close()
        known = total if total > len(records) else len(records) + 1
        return LogSample.newest(records, span, len(records) if exhausted else known, exact=exhausted)

    # --- drawing

    def _show(self, snapshot: Snapshot[PatternReport]) -> None:
        self._snapshot = snapshot
        self._patterns.show(snapshot, now=self.clock.now())
        self._say(self._patterns.count_text, self._search.span)
        self.draw_keys()

    def _say(self, standing: str, span: TimeRange) -> None:
        start, end = clock_text(span.start, self.zone), clock_text(span.end, self.zone, "%H:%M:%S %Z")
        since = ""
        if self._change is not None and self._change.time > self._search.span.start:
            since = f", before and after {self._change.label}"
        self.title_line.show(SafeText("Patterns"), SafeText(f"{start} to {end}{since}"), Content(standing))

    def _narrowed(self) -> PatternReport | None:
        report = self._report
        if report is None or not self._wanted:
            return report
        kept = tuple(one for one in report.shifts if self._wanted.passes(one.pattern.template.casefold()))
        return msgspec.structs.replace(report, shifts=kept)

    def narrow(self, wanted: TextFilter) -> None:
        """Show only patterns with the words."""
        self._wanted = wanted
        if self._report is not None:
            self._show(msgspec.structs.replace(self._snapshot, value=self._narrowed()))

    # --- keys

    def _current(self) -> PatternShift | None:
        return self._patterns.current

    def on_row_list_chosen(self, event: RowList.Chosen) -> None:
        """Go back to the lines of the pattern."""
        event.stop()
        shift = self._current()
        if shift is not None:
            query = msgspec.structs.replace(self._scope.logs, pattern=shift.pattern.template)
            scope = msgspec.structs.replace(self._scope, logs=query)
            self.post_message(JumpAsked(scope, PaneName.LOGS, SafeText("pattern"), view=self._anew))

    def _anew(self) -> PatternView:
        """The same view again, for the way back."""
        return PatternView(
            self._scope,
            self._search,
            self._source,
            self._markers,
            self.glyphs,
            self.clock,
            self.zone,
            msgspec.structs.replace(self._snapshot, value=self._report),
        )

    def action_pin(self) -> None:
        """Ask to keep the newest lines of the pattern under the cursor; they are read for it."""
        shift = self._current()
        if shift is None:
            self.keep(None)
        else:
            self.run_worker(self._pin(shift.pattern.template), group="pin")

    async def _pin(self, template: SafeText) -> None:
        search = msgspec.structs.replace(
            self._search, query=msgspec.structs.replace(self._search.query, pattern=template)
        )
        try:
            async with asyncio.timeout(PATIENCE):
                self.keep(await pattern_evidence(self._source, search, self.clock.now()))
        except SourceError as error:
            self.notify(error.sentence, markup=False)
        except TimeoutError:
            self.notify(f"the lines of this pattern did not come within {PATIENCE:g} s; try again", markup=False)

    def action_open(self) -> None:
        """The pattern under the cursor, whole."""
        shift, report = self._current(), self._report
        if shift is not None and report is not None:
            asked = DetailAsked(SafeText("Pattern"), partial(self._detail, shift, report))
            self.app.push_screen(DetailScreen(asked, self.glyphs, self.clock))

    def _detail(self, shift: PatternShift, report: PatternReport, width: int, now: float) -> tuple[Content, ...]:
        del width
        return pattern_detail(shift, report, now=now, zone=self.zone)

    def copied(self) -> str:
        """All patterns, one a line: change, count, level, template."""
        report = self._narrowed()
        shifts = report.shifts if report is not None else ()
        return "\n".join(
            f"{one.change.value} {one.after} {one.pattern.level.value} {one.pattern.template}" for one in shifts
        )
