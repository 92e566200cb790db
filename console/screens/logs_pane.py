"""Pane 3: log lines over time, the newest at the bottom."""

from __future__ import annotations

from datetime import datetime, tzinfo
from typing import ClassVar

import msgspec
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.widget import Widget

from opsconsole.actions import PaneName
from opsconsole.domain.evidence import Pinned
from opsconsole.domain.log_record import LogLevel, LogPage, LogRecord
from opsconsole.domain.scope import Scope
from opsconsole.domain.snapshot import FeedState, Snapshot
from opsconsole.domain.text import SafeText
from opsconsole.feeds import topic as topics
from opsconsole.feeds.topic import TopicKind
from opsconsole.screens.following import follow_log
from opsconsole.screens.incidents.pinning import lines_evidence
from opsconsole.screens.jumps.jump import Jump, Spot
from opsconsole.screens.jumps.leads import line_leads
from opsconsole.screens.logs.line_flow import LineFlow
from opsconsole.screens.logs.line_pane import LinePane
from opsconsole.screens.logs.narrowing import chips, words_to_mark
from opsconsole.screens.pane import PaneView, pane_bindings
from opsconsole.widgets.chart import HistogramStrip
from opsconsole.widgets.details import log_detail
from opsconsole.widgets.glyphs import Glyphs
from opsconsole.widgets.log_list import LogList
from opsconsole.widgets.log_query_line import LogQueryLine
from opsconsole.widgets.problem_note import ProblemNote, clock_text, standing
from opsconsole.widgets.record_lines import RecordLines

_ROOM_FOR_HISTOGRAM = 8
"""Lines a pane needs before one of them goes to the histogram."""
_TALL = 24
"""Lines from which the histogram has two."""
_EMPTY = (
    SafeText("no log lines in this range"),
    SafeText("a longer range, another service or a lower level may have some"),
)
_NOTHING_FOUND = (
    SafeText("no log line of this range is what is asked for"),
    SafeText("/ changes the words, E the level, F what else narrows; Esc goes back"),
)


class LogsPane(LinePane):
    """Log lines of the selection in the time range: what narrows them, how many there were when, and the lines."""

    pane_name = PaneName.LOGS
    shown_topics: ClassVar[frozenset[TopicKind]] = frozenset({TopicKind.LOGS, TopicKind.LOG_HISTOGRAM})
    BINDINGS: ClassVar[list[BindingType]] = pane_bindings(PaneName.LOGS)

    def __init__(self, glyphs: Glyphs, zone: tzinfo) -> None:
        """Nothing known yet."""
        super().__init__(glyphs, zone)
        self.query_line = LogQueryLine(glyphs)
        self.lines = LogList(glyphs=glyphs, zone=zone)
        self._histogram = HistogramStrip(glyphs=glyphs)
        self._note = ProblemNote()
        self._flow = LineFlow(self.lines, glyphs)
        self._went_to: float | None = None

    def compose(self) -> ComposeResult:
        """What narrows the lines, the histogram on the charts' time axis, the lines, what is to be said about them."""
        yield self.query_line
        yield self._histogram
        yield self.lines
        yield self._note

    async def on_unmount(self) -> None:
        """End what is being read."""
        await self._flow.stop()

    @property
    def focus_target(self) -> Widget:
        """The lines."""
        return self.lines

    # --- drawing

    def _draw(self, view: PaneView) -> None:
        snapshot = view.feeds.snapshot(topics.LOGS)
        query = view.scope.logs
        self.query_line.show(tuple(chip.words for chip in chips(query)))
        self.lines.look_as(msgspec.structs.replace(self.lines.look, marked=words_to_mark(query)))
        self._draw_histogram(view)
        self._flow.update(view)
        self._say(view, snapshot)
        self._head(view)
        self._go_to_cursor(view)

    def _draw_histogram(self, view: PaneView) -> None:
        snapshot = view.feeds.snapshot(topics.LOG_HISTOGRAM)
        page = snapshot.value
        buckets, width = (page.buckets, page.bucket_width) if page is not None else ((), 0.0)
        height = self.content_size.height
        self._histogram.display = page is not None and height >= _ROOM_FOR_HISTOGRAM
        self._histogram.styles.height = 2 if height >= _TALL else 1
        self._histogram.show(buckets, bucket_width=width, span=view.span, cursor=view.scope.cursor)
        notes = "; ".join(snapshot.completeness.notes)
        counted = Content(f" bars: {notes} ") if notes and view.scope.cursor is None else self._bar_words(view, page)
        # Textual takes a Content here as it is, and would read a plain string as markup.
        self.border_subtitle = counted

    def _bar_words(self, view: PaneView, page: LogPage | None) -> Content:
        """The bar at the cursor in words: `14:08:00 to 14:09:00  40 error, 12 warn, 360 info`."""
        moment = view.scope.cursor
        if moment is None or page is None or page.bucket_width <= 0:
            return Content("")
        bar = next((one for one in page.buckets if one.start <= moment < one.start + page.bucket_width), None)
        start = moment if bar is None else bar.start
        counts = {} if bar is None else bar.counts
        told = ", ".join(
            f"{counts[level]:,} {level.value if level is not LogLevel.UNKNOWN else 'without level'}"
            for level in sorted(counts, key=lambda level: -level.rank)
            if counts[level]
        )
        begin, end = clock_text(start, self.zone), clock_text(start + page.bucket_width, self.zone)
        return Content(f" {begin} to {end}  {told or 'no lines'} ")

    def _say(self, view: PaneView, snapshot: Snapshot[LogPage]) -> None:
        source = view.feeds.lines()
        if self._flow.page is None and snapshot.state is FeedState.LIVE:
            # It answers the question before: that there is nothing here can't be said yet.
            snapshot = Snapshot(FeedState.CONNECTING)
        stand = standing(
            snapshot,
            source="elasticsearch" if source is None else source.name.value,
            empty=_NOTHING_FOUND if view.scope.logs else _EMPTY,
            now=view.now,
            zone=self.zone,
            glyphs=self.glyphs,
        )
        self.lines.say(*stand.placeholder)
        self.lines.dim(stand.dimmed)
        problem = self._flow.problem()
        said = [stand.note] if stand.note else []
        if problem:
            said.append(Content.assemble((f"{self.glyphs.stale} {problem}", "$level-warn")))
        self._note.say(Content("\n").join(said))

    def _head(self, view: PaneView) -> None:
        trace = view.scope.selection.trace
        marks = len(self.lines.marked_records)
        self.set_title(
            SafeText(f"trace {trace[:8]}" if trace else ""),
            self._counts(view),
            *self._flow.standing(),
            SafeText(f"{marks} marked" if marks else ""),
            self._beyond(view),
            SafeText("containers" if self._from_containers(view) else ""),
            SafeText(datetime.fromtimestamp(view.now, self.zone).tzname() or ""),
        )

    def _counts(self, view: PaneView) -> SafeText:
        """`300 of 10,000+ lines`: at hand, and in the whole range as far as the server counted."""
        here, page = len(self.lines.records), view.feeds.snapshot(topics.LOG_HISTOGRAM).value
        known = page if page is not None else self._flow.page
        if known is None:
            return SafeText("")
        more = "" if known.total_is_exact else "+"
        if known.total > here or more:
            return SafeText(f"{here:,} of {known.total:,}{more} lines")
        return SafeText("1 line" if here == 1 else f"{here:,} lines")

    def _beyond(self, view: PaneView) -> SafeText:
        """A word when the lines at hand do not reach back to the time cursor."""
        moment = view.scope.cursor
        if view.scope.selection.trace is not None or moment is None:
            # A trace's lines are all there is, and come after its start by nature.
            return SafeText("")
        times = [record.time for record in self.lines.records[:1] if record.time is not None]
        return SafeText("all after the cursor" if times and times[0] > moment else "")

    @staticmethod
    def _from_containers(view: PaneView) -> bool:
        source = view.feeds.lines()
        return source is not None and source.name.value == "kubernetes"

    def _go_to_cursor(self, view: PaneView) -> None:
        """Put the list on the line of the moment that was chosen elsewhere, once, when the lines reach that far."""
        moment = view.scope.cursor
        if moment == self._went_to or not (self.lines.records or self._flow.page):
            return
        here = self.lines.current
        if moment is None or (here is not None and here.time == moment):
            self._went_to = moment
            return
        self._stand_at(moment)

    def _stand_at(self, moment: float) -> bool:
        """Put the list on the line nearest to `moment`; False while the lines do not reach that far."""
        times = [(record.time, record.id) for record in self.lines.records if record.time is not None]
        # Lines of the question before will do where they reach on both sides of the moment.
        reached = self._flow.page is not None or (bool(times) and max(times)[0] >= moment)
        if not times or min(times)[0] > moment or not reached:
            return False
        _, key = min(times, key=lambda timed: abs(timed[0] - moment))
        self.lines.select(key)
        self._went_to = moment
        return True

    def on_hide(self) -> None:
        """Nobody looks: new lines wait until the pane is drawn again."""
        self._flow.rest()

    def on_resize(self) -> None:
        """The histogram gives way when there is little room."""
        if self.view is not None:
            self._draw(self.view)

    # --- the list speaks

    def on_record_lines_moved(self, event: RecordLines.Moved) -> None:
        """Say what is at hand and unseen now."""
        event.stop()
        if self.view is not None:
            self._head(self.view)

    def on_log_list_chosen(self, event: LogList.Chosen) -> None:
        """Enter on a line follows it."""
        event.stop()
        self.action_follow()

    def on_log_list_older_wanted(self, event: LogList.OlderWanted) -> None:
        """Read further back."""
        event.stop()
        self._flow.want_older()

    def on_log_list_newest_wanted(self, event: LogList.NewestWanted) -> None:
        """Begin with the newest lines again."""
        event.stop()
        self._flow.want_newest()

    # --- jumps

    def leads(self, view: PaneView, item: LogRecord) -> tuple[Jump, ...]:
        """The line's trace, pod and metrics."""
        return line_leads(view.here, item)

    def evidence(self, view: PaneView) -> Pinned | None:
        """The marked lines, else the one under the cursor with a few around it."""
        return lines_evidence(view, self.lines.records, self.current, self.lines.marked_records)

    def about_moment(self, view: PaneView) -> tuple[SafeText | None, float | None]:
        """The service and the time of the line under the cursor."""
        item = self.current
        return super().about_moment(view) if item is None else (item.service or None, item.time)

    @property
    def row_key(self) -> str:
        """The id of the line under the cursor."""
        return "" if self.current is None else self.current.id

    def _take(self, spot: Spot) -> bool:
        """Put the cursor on the line of that id, or nearest to that moment, when it is at hand."""
        return self.lines.select(spot.row) if spot.moment is None else self._stand_at(spot.moment)

    def followed(self, scope: Scope, item: LogRecord, now: float) -> Scope:
        """The line's service, moment and trace."""
        return follow_log(scope, item, now)

    def detail(self, item: LogRecord, width: int, now: float) -> tuple[Content, ...]:
        """The message and every field."""
        del width, now
        return log_detail(item, zone=self.zone)

    def name_of(self, item: LogRecord) -> SafeText:
        """Whose line it is."""
        return SafeText(f"{item.level.value.upper()} {item.service}")
