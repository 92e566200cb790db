"""Pane 3: the histogram of log lines and the newest of them."""

from __future__ import annotations

from datetime import tzinfo
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content

from opsconsole.actions import PaneName
from opsconsole.domain.log_record import LogPage, LogRecord
from opsconsole.domain.scope import Scope
from opsconsole.domain.text import SafeText
from opsconsole.feeds import topic as topics
from opsconsole.feeds.topic import TopicKind
from opsconsole.screens.following import follow_log
from opsconsole.screens.pane import PaneView, pane_bindings
from opsconsole.screens.row_pane import RowPane
from opsconsole.widgets.chart import HistogramStrip
from opsconsole.widgets.details import log_detail
from opsconsole.widgets.glyphs import Glyphs
from opsconsole.widgets.log_list import LogList

_ROOM_FOR_HISTOGRAM = 8
"""Lines a pane needs before one of them goes to the histogram."""


class LogsPane(RowPane[LogPage, LogRecord]):
    """Log lines of the selection in the time range, newest first."""

    pane_name = PaneName.LOGS
    topic = topics.LOGS
    shown_topics: ClassVar[frozenset[TopicKind]] = frozenset({TopicKind.LOGS, TopicKind.LOG_HISTOGRAM})
    BINDINGS: ClassVar[list[BindingType]] = pane_bindings(PaneName.LOGS)

    def __init__(self, glyphs: Glyphs, zone: tzinfo) -> None:
        """Nothing known yet."""
        self._lines = LogList(glyphs=glyphs, zone=zone)
        self._histogram = HistogramStrip(glyphs=glyphs)
        self._went_to: float | None = None
        super().__init__(glyphs, zone, self._lines)

    def compose(self) -> ComposeResult:
        """The histogram above the lines, on the same time axis as the charts."""
        yield self._histogram
        yield self._lines

    def about(self, view: PaneView) -> tuple[SafeText, ...]:
        """How many of how many, and of which trace."""
        trace = view.scope.selection.trace
        return (SafeText(f"trace {trace[:8]}" if trace else ""), self._total(view), self._beyond(view))

    def _beyond(self, view: PaneView) -> SafeText:
        """A word when the lines at hand do not reach back to the time cursor."""
        moment, page = view.scope.cursor, view.feeds.snapshot(topics.LOGS).value
        if view.scope.selection.trace is not None:
            # A trace's lines are all there is, and come after its start by nature.
            return SafeText("")
        times = [record.time for record in page.records if record.time is not None] if page is not None else []
        return SafeText("all after the cursor" if moment is not None and times and min(times) > moment else "")

    def _total(self, view: PaneView) -> SafeText:
        page = view.feeds.snapshot(topics.LOG_HISTOGRAM).value
        if page is None:
            return self._lines.count_text
        here = view.feeds.snapshot(topics.LOGS).value
        shown = f"{len(here.records):,} of " if here is not None else ""
        return SafeText(f"{shown}{page.total:,}{'' if page.total_is_exact else '+'} lines")

    def _draw(self, view: PaneView) -> None:
        page = view.feeds.snapshot(topics.LOG_HISTOGRAM).value
        buckets, width = (page.buckets, page.bucket_width) if page is not None else ((), 0.0)
        self._histogram.display = page is not None and self.content_size.height >= _ROOM_FOR_HISTOGRAM
        self._histogram.show(buckets, bucket_width=width, span=view.span, cursor=view.scope.cursor)
        super()._draw(view)
        self._go_to_cursor(view)

    def _go_to_cursor(self, view: PaneView) -> None:
        """Put the list on the line of the moment that was chosen elsewhere, once, when the lines reach that far."""
        moment, page = view.scope.cursor, view.feeds.snapshot(topics.LOGS).value
        if moment == self._went_to or page is None:
            return
        if moment is None or self.focus_target.has_focus:
            self._went_to = moment
            return
        times = [(record.time, record.id) for record in page.records if record.time is not None]
        if times and min(times)[0] <= moment:
            _, key = min(times, key=lambda timed: abs(timed[0] - moment))
            self._lines.rows.select(key)
            self._went_to = moment

    def on_resize(self) -> None:
        """The histogram gives way when there is little room."""
        if self.view is not None:
            self._draw(self.view)

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
