"""Pane 4: requests on their way through the services, failures first, then the slowest."""

from __future__ import annotations

from datetime import tzinfo
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.screen import Screen

from opsconsole.actions import PaneName
from opsconsole.domain.scope import Scope
from opsconsole.domain.text import SafeText
from opsconsole.domain.trace import Trace
from opsconsole.feeds import topic as topics
from opsconsole.feeds.questions import span_at_cursor
from opsconsole.feeds.topic import TopicKind
from opsconsole.screens.following import follow_trace
from opsconsole.screens.incidents.pinning import trace_evidence
from opsconsole.screens.jumps.jump import Jump, Spot
from opsconsole.screens.jumps.leads import trace_leads
from opsconsole.screens.messages import EvidenceAsked
from opsconsole.screens.pane import PaneView, pane_bindings
from opsconsole.screens.traces.comparison_view import Compared, ComparisonView, quicker_first
from opsconsole.screens.traces.opening import waterfall_of
from opsconsole.screens.traces.query_pane import NOT_CONFIGURED, TraceQueryPane
from opsconsole.screens.traces.query_words import chips, widening
from opsconsole.screens.traces.topology_view import MapAsked, TopologyView
from opsconsole.sources.protocols import TraceSource
from opsconsole.widgets.details import trace_detail
from opsconsole.widgets.glyphs import Glyphs
from opsconsole.widgets.log_query_line import ChipLine
from opsconsole.widgets.problem_note import clock_text
from opsconsole.widgets.rows import RowList
from opsconsole.widgets.trace_list import MARKS, TraceListView
from opsconsole.widgets.trace_scatter import TraceScatter, points_of

_ROOM_FOR_SCATTER = 10
"""Lines a pane needs before some of them go to the points."""
_MOST_OF_SCATTER = 14


class TracesPane(TraceQueryPane):
    """Traces of the selected service in the time range: what narrows them, when each was and how long, and the list."""

    pane_name = PaneName.TRACES
    topic = topics.TRACES
    shown_topics: ClassVar[frozenset[TopicKind]] = frozenset({TopicKind.TRACES})
    BINDINGS: ClassVar[list[BindingType]] = pane_bindings(PaneName.TRACES)

    def __init__(self, glyphs: Glyphs, zone: tzinfo) -> None:
        """Nothing known yet."""
        self._traces = TraceListView(glyphs=glyphs, zone=zone)
        self._chips = ChipLine(glyphs)
        self._scatter = TraceScatter(glyphs=glyphs, zone=zone)
        super().__init__(glyphs, zone, self._traces)

    def compose(self) -> ComposeResult:
        """What narrows the traces, the points on the charts' time axis, the list."""
        yield self._chips
        yield self._scatter
        yield self._traces

    # --- drawing

    def _draw(self, view: PaneView) -> None:
        query, selection = view.scope.traces, view.scope.selection
        shown = chips(query)
        self._chips.display = bool(shown)
        self._chips.show(tuple(chip.words for chip in shown))
        self._traces.say_nothing(widening(query, selection.service, selection.trace, pod=selection.pod is not None))
        super()._draw(view)
        self._draw_scatter(view)

    def _draw_scatter(self, view: PaneView) -> None:
        height, traces = self.content_size.height, self._traces.traces
        self._scatter.display = height >= _ROOM_FOR_SCATTER and bool(traces)
        self._scatter.styles.height = min(_MOST_OF_SCATTER, height * 2 // 5)
        lit = self._traces.rows.cursor_key or ""
        self._scatter.show(points_of(traces), span=view.span, cursor=view.scope.cursor, lit=lit)

    def about(self, view: PaneView) -> tuple[SafeText, ...]:
        """One trace by its id, else how many, up to the cursor's moment where there is one."""
        trace = view.scope.selection.trace
        if trace is not None:
            return (SafeText(f"trace {trace[:8]}"),)
        told = (SafeText("errors first"), self._traces.count_text)
        if view.scope.cursor is None:
            return told
        end = span_at_cursor(view.scope, view.now).end
        return (SafeText(f"up to {clock_text(end, self.zone, '%H:%M')}"), *told)

    def on_resize(self) -> None:
        """The points give way when there is little room."""
        if self.view is not None:
            self._draw(self.view)

    def on_row_list_highlighted(self, event: RowList.Highlighted) -> None:
        """Light the point of the row under the cursor."""
        del event
        if self.view is not None:
            self._draw_scatter(self.view)

    def on_trace_scatter_picked(self, event: TraceScatter.Picked) -> None:
        """Go to the row of the point that was clicked."""
        event.stop()
        self._traces.rows.select(event.key)
        self._traces.rows.focus()

    # --- the trace under the cursor

    def leads(self, view: PaneView, item: Trace) -> tuple[Jump, ...]:
        """The trace's log lines, and the pod and panels of the service that failed in it."""
        return trace_leads(view.here, item)

    def pin(self, view: PaneView) -> None:
        """Ask to keep the trace under the cursor, read whole first."""
        item, source = self.current, view.feeds.traces
        if item is None or source is None:
            super().pin(view)
        else:
            self.run_worker(self._pin(source, item, view.now), group="pin")

    async def _pin(self, source: TraceSource, item: Trace, now: float) -> None:
        pinned = await trace_evidence(source, item, now)
        if pinned is not None:
            self.post_message(EvidenceAsked(pinned))

    def about_moment(self, view: PaneView) -> tuple[SafeText | None, float | None]:
        """The selected service, when the trace under the cursor began."""
        item = self.current
        return view.scope.selection.service, view.scope.cursor if item is None else item.start

    def followed(self, scope: Scope, item: Trace, now: float) -> Scope:
        """The trace's log lines and moment."""
        return follow_trace(scope, item, now)

    def _take(self, spot: Spot) -> bool:
        """Put the cursor on the trace. A waterfall is opened at once: it asks for the trace itself."""
        if not spot.opened or self.view is None:
            return super()._take(spot)
        opened = waterfall_of(self.view, SafeText(spot.row), self.glyphs, span=spot.span)
        if opened is not None:
            self.app.push_screen(opened)
        return True

    def action_open(self) -> None:
        """The waterfall of the trace under the cursor, over the panes."""
        item, view = self.current, self.view
        opened = waterfall_of(view, item.trace_id, self.glyphs, known=item) if item and view else None
        if opened is not None:
            self.app.push_screen(opened)

    # --- views

    def action_service_map(self) -> None:
        """Who calls whom around the selected service."""
        view = self.view
        source = view.feeds.traces if view is not None else None
        if view is None or source is None:
            self.notify(NOT_CONFIGURED, markup=False)
            return
        centre = view.scope.selection.service
        asked = MapAsked(source, view.scope, view.span, self._traces.traces, centre)
        self.app.push_screen(TopologyView(asked, self.glyphs, view.feeds.clock, self.zone))

    def action_mark_trace(self) -> None:
        """Mark the trace under the cursor, or take its mark away."""
        self._traces.toggle_mark()

    def action_compare_traces(self) -> None:
        """The two marked traces side by side, or the marked one and the one under the cursor."""
        view, marked, item = self.view, self._traces.marked, self.current
        source = view.feeds.traces if view is not None else None
        if len(marked) == 1 and item is not None and item is not marked[0]:
            marked = (*marked, item)
        if view is None or source is None or len(marked) < len(MARKS):
            self.notify("Space marks a trace; V compares it with the one under the cursor, or two marked", markup=False)
            return

        def opened(trace: Trace, span: str) -> Screen[None] | None:
            return waterfall_of(view, trace.trace_id, self.glyphs, known=trace, span=span)

        compared = Compared(*quicker_first(*marked), source, opened)
        self.app.push_screen(ComparisonView(compared, self.glyphs, view.feeds.clock, self.zone))

    def detail(self, item: Trace, width: int, now: float) -> tuple[Content, ...]:
        """The waterfall as plain lines, for copying."""
        del now
        return trace_detail(item, width, zone=self.zone, glyphs=self.glyphs)

    def name_of(self, item: Trace) -> SafeText:
        """What was asked of whom."""
        return SafeText(f"{item.root.service} {item.root.operation}")
