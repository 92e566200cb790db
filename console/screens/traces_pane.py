"""Pane 4: requests on their way through the services, failures first."""

from __future__ import annotations

from datetime import tzinfo
from typing import ClassVar

from textual.binding import BindingType
from textual.content import Content

from opsconsole.actions import PaneName
from opsconsole.domain.scope import Scope
from opsconsole.domain.text import SafeText
from opsconsole.domain.trace import Trace, TraceList
from opsconsole.feeds import topic as topics
from opsconsole.feeds.topic import TopicKind
from opsconsole.screens.following import follow_trace
from opsconsole.screens.pane import PaneView, pane_bindings
from opsconsole.screens.row_pane import RowPane
from opsconsole.widgets.details import trace_detail
from opsconsole.widgets.glyphs import Glyphs
from opsconsole.widgets.trace_list import TraceListView


class TracesPane(RowPane[TraceList, Trace]):
    """Traces of the selected service in the time range."""

    pane_name = PaneName.TRACES
    topic = topics.TRACES
    shown_topics: ClassVar[frozenset[TopicKind]] = frozenset({TopicKind.TRACES})
    BINDINGS: ClassVar[list[BindingType]] = pane_bindings(PaneName.TRACES)

    def __init__(self, glyphs: Glyphs, zone: tzinfo) -> None:
        """Nothing known yet."""
        self._traces = TraceListView(glyphs=glyphs, zone=zone)
        super().__init__(glyphs, zone, self._traces)

    def about(self, view: PaneView) -> tuple[SafeText, ...]:
        """One trace by its id, else how many."""
        trace = view.scope.selection.trace
        if trace is not None:
            return (SafeText(f"trace {trace[:8]}"),)
        return (SafeText("errors first"), self._traces.count_text)

    def followed(self, scope: Scope, item: Trace, now: float) -> Scope:
        """The trace's log lines and moment."""
        return follow_trace(scope, item, now)

    def detail(self, item: Trace, width: int, now: float) -> tuple[Content, ...]:
        """The waterfall."""
        del now
        return trace_detail(item, width, zone=self.zone, glyphs=self.glyphs)

    def name_of(self, item: Trace) -> SafeText:
        """What was asked of whom."""
        return SafeText(f"{item.root.service} {item.root.operation}")
