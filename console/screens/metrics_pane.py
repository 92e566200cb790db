"""Pane 2: the charts."""

from __future__ import annotations

from datetime import tzinfo
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Grid as GridContainer
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from opsconsole.actions import PaneName
from opsconsole.domain.evidence import Pinned
from opsconsole.domain.series import Panel, PanelReading
from opsconsole.domain.snapshot import FeedState, Snapshot
from opsconsole.domain.text import SafeText
from opsconsole.feeds import topic as topics
from opsconsole.feeds.topic import TopicKind, panel_topic
from opsconsole.screens.incidents.pinning import chart_evidence
from opsconsole.screens.jumps.jump import Jump, Spot
from opsconsole.screens.jumps.leads import chart_leads
from opsconsole.screens.jumps.rule_query import panel_of
from opsconsole.screens.pane import Pane, PaneView, pane_bindings
from opsconsole.screens.panel_grid import Grid, alarm, first_visible, grid_for, trouble_first
from opsconsole.screens.time_markers import markers_of
from opsconsole.widgets.chart import ChartView, MetricChart
from opsconsole.widgets.chart.figures import worst_of
from opsconsole.widgets.glyphs import Glyphs
from opsconsole.widgets.problem_note import standing

_SETTLED = frozenset(FeedState) - {FeedState.CONNECTING}
_DOTS_PER_CELL = 2
_AXIS_CELLS = 8


class KeyTaker(Widget, can_focus=True):
    """Takes the focus for the charts: a focused container would be restyled with all that is in it."""


class MetricsPane(Pane):
    """Charts of the selected service. Those in trouble come first, and then keep their place."""

    pane_name = PaneName.METRICS
    shown_topics: ClassVar[frozenset[TopicKind]] = frozenset(
        {TopicKind.PANELS, TopicKind.PANEL, TopicKind.CHANGES, TopicKind.ALERTS}
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        *pane_bindings(PaneName.METRICS),
        Binding("left", "select(-1, 0)", "left", show=False, id="metrics.left"),
        Binding("right", "select(1, 0)", "right", show=False, id="metrics.right"),
        Binding("up,k", "select(0, -1)", "up", show=False, id="metrics.up"),
        Binding("down,j", "select(0, 1)", "down", show=False, id="metrics.down"),
    ]

    def __init__(self, glyphs: Glyphs, zone: tzinfo) -> None:
        """No panels known yet; times are shown in `zone`."""
        super().__init__(glyphs)
        self._zone = zone
        self._order: tuple[Panel, ...] = ()
        self._settled = False
        self._selected = 0
        self._offset = 0
        self._kept = False
        self._enlarged = False
        self._charts: list[MetricChart] = []
        self._keys = KeyTaker()
        self._said = Content("")

    def compose(self) -> ComposeResult:
        """A note for when there are no charts, and the grid."""
        yield self._keys
        yield Static(id="metrics-note", markup=False)
        yield GridContainer(id="charts")

    @property
    def focus_target(self) -> Widget:
        """What takes the keys for the selected chart."""
        return self._keys

    @property
    def panels(self) -> tuple[Panel, ...]:
        """Panels in the order shown."""
        return self._order

    @property
    def selected_panel(self) -> Panel | None:
        """The panel that keys go to."""
        return self._order[self._selected] if self._selected < len(self._order) else None

    @property
    def enlarged(self) -> bool:
        """Whether one panel is shown alone."""
        return self._enlarged

    # -- keys ------------------------------------------------------------------------------------

    def jumps(self, view: PaneView) -> tuple[Jump, ...]:
        """Where the selected chart leads at the cursor's moment."""
        panel = self.selected_panel
        reading = view.feeds.snapshot(panel_topic(panel.id)).value if panel is not None else None
        return chart_leads(view.here, reading, worst_pod(reading, view.scope.cursor))

    def evidence(self, view: PaneView) -> Pinned | None:
        """The selected chart in the present window."""
        return chart_evidence(view, self.selected_panel)

    @property
    def row_key(self) -> str:
        """The id of the selected panel."""
        panel = self.selected_panel
        return panel.id if panel is not None else ""

    def _take(self, spot: Spot) -> bool:
        """Select the panel of that id, or the one that asks about the same as that rule."""
        panel = panel_of(spot.query, self._order) if spot.query else None
        wanted = panel.id if panel is not None else spot.row
        places = [place for place, one in enumerate(self._order) if one.id == wanted]
        if not places:
            # Once the panels are known a rule that none of them is about leads to the worst one, which is the first.
            return bool(self._order and spot.query)
        self._selected, self._kept = places[0], True
        self._redraw()
        return True

    def action_select(self, right: int, down: int) -> None:
        """Select the chart `right` columns and `down` rows away."""
        grid = self._grid()
        wanted = self._selected + right + down * grid.columns
        self._kept = True
        self._selected = max(0, min(wanted, len(self._order) - 1))
        self._redraw()

    def action_enlarge(self) -> None:
        """Show the selected panel alone, or all again."""
        self._enlarged = not self._enlarged and bool(self._order)
        self._redraw()

    def step_back(self) -> bool:
        """All panels again, where one is shown alone."""
        if not self._enlarged:
            return False
        self.action_enlarge()
        return True

    def action_log_scale(self) -> None:
        """Switch the selected chart's axis."""
        if chart := self._selected_chart():
            chart.toggle_log_scale()

    def action_toggle_series(self, number: int) -> None:
        """Hide or show series `number` (from 1) of the selected chart."""
        if chart := self._selected_chart():
            chart.toggle_series(number - 1)

    def _selected_chart(self) -> MetricChart | None:
        slot = 0 if self._enlarged else self._selected - self._offset
        return self._charts[slot] if 0 <= slot < len(self._charts) else None

    def on_descendant_focus(self) -> None:
        """Show which chart the keys go to."""
        self._redraw()

    def on_descendant_blur(self) -> None:
        """No chart takes keys now."""
        self._redraw()

    def on_resize(self) -> None:
        """Another number of charts may fit."""
        self._redraw()

    # -- drawing ---------------------------------------------------------------------------------

    def _redraw(self) -> None:
        if self.view is not None:
            self._draw(self.view)

    def _grid(self) -> Grid:
        width, height = self.content_size
        return Grid(1, 1) if self._enlarged else grid_for(width, height, len(self._order))

    def _draw(self, view: PaneView) -> None:
        snapshots = {panel.id: view.feeds.snapshot(panel_topic(panel.id)) for panel in view.feeds.panels()}
        self._arrange(view, snapshots)
        self._say(view, snapshots)
        grid = self._grid()
        self._offset = self._selected if self._enlarged else first_visible(self._selected, self._offset, grid)
        shown = self._order[self._offset : self._offset + grid.slots]
        self._fit_charts(grid, len(shown))
        markers = markers_of(view.feeds, view.scope.selection.service)
        for slot, (chart, panel) in enumerate(zip(self._charts, shown, strict=False)):
            selected = self._keys.has_focus and self._offset + slot == self._selected
            snapshot = snapshots[panel.id]
            span = view.span if snapshot.value is None else view.span.aligned(snapshot.value.step)
            chart.show(ChartView(snapshot, panel, span, view.now, view.scope.cursor, markers, selected, self._zone))
        self._head(view, snapshots, grid)

    def _arrange(self, view: PaneView, snapshots: dict[str, Snapshot[PanelReading]]) -> None:
        """Order the panels. Once all have answered the order stays, so that nothing moves under the eye."""
        panels = view.feeds.panels()
        if {panel.id for panel in panels} != {panel.id for panel in self._order}:
            self._settled = self._kept = False
            self._selected = self._offset = 0
        if not self._settled:
            keep = self.selected_panel if self._kept else None
            self._order = trouble_first(panels, snapshots)
            self._settled = bool(panels) and all(snapshot.state in _SETTLED for snapshot in snapshots.values())
            if keep is not None:
                self._selected = next((i for i, panel in enumerate(self._order) if panel.id == keep.id), 0)
        else:
            latest = {panel.id: panel for panel in panels}
            self._order = tuple(latest[panel.id] for panel in self._order)
        if not self._order:
            self._enlarged = False

    def _say(self, view: PaneView, snapshots: dict[str, Snapshot[PanelReading]]) -> None:
        """Why there are no charts, or why none of them is up to date: their own lines are too short for that."""
        said = self._reason(view, snapshots)
        note = self.query_one("#metrics-note", Static)
        note.display = bool(said)
        if not said.is_same(self._said):
            self._said = said
            note.update(said)

    def _reason(self, view: PaneView, snapshots: dict[str, Snapshot[PanelReading]]) -> Content:
        if self._order:
            known = list(snapshots.values())
            if self._enlarged or any(snapshot.problem is None for snapshot in known):
                return Content("")
            stand = standing(known[0], source="prometheus", empty=(), now=view.now, zone=self._zone, glyphs=self.glyphs)
            return stand.note or Content("\n").join(stand.placeholder)
        found = view.feeds.snapshot(topics.PANELS)
        empty = (
            SafeText("no metrics of this service are known to Prometheus"),
            SafeText("u widens the selection, s chooses another service"),
        )
        stand = standing(found, source="prometheus", empty=empty, now=view.now, zone=self._zone, glyphs=self.glyphs)
        return Content("\n").join(stand.placeholder)

    def _fit_charts(self, grid: Grid, count: int) -> None:
        container = self.query_one("#charts", GridContainer)
        while len(self._charts) > count:
            self._charts.pop().remove()
        fresh = [MetricChart(glyphs=self.glyphs) for _ in range(count - len(self._charts))]
        self._charts.extend(fresh)
        if fresh:
            container.mount(*fresh)
        if (grid.columns, grid.rows) != (container.styles.grid_size_columns, container.styles.grid_size_rows):
            container.styles.grid_size_columns = grid.columns
            container.styles.grid_size_rows = grid.rows

    def _head(self, view: PaneView, snapshots: dict[str, Snapshot[PanelReading]], grid: Grid) -> None:
        about = [view.scope.selection.pod or view.scope.selection.service or "all services"]
        if len(self._order) > grid.slots:
            last = min(len(self._order), self._offset + grid.slots)
            first = self._offset + 1
            which = f"panel {first}" if first == last else f"panels {first}-{last}"
            about.append(f"{which} of {len(self._order)}")
        over = sum(alarm(panel, snapshots.get(panel.id)) is not None for panel in self._order)
        if over:
            about.append(f"{self.glyphs.above} {over} over threshold")
        self.set_title(*map(SafeText, about))

    def plot_columns(self) -> int:
        """Samples across one chart of the present grid, for the query step."""
        width = self.content_size.width // self._grid().columns - _AXIS_CELLS
        return max(40, width * _DOTS_PER_CELL)


def worst_pod(reading: PanelReading | None, moment: float | None) -> SafeText:
    """The pod whose series reads worst at `moment` (unix seconds; None: now), empty where series are of no pod."""
    if reading is None:
        return SafeText("")
    values = [(one, one.last if moment is None else one.at(moment, reading.step)) for one in reading.series]
    worst = worst_of(values, reading.panel.thresholds)
    return SafeText("") if worst is None else worst[0].labels.get(SafeText("pod"), SafeText(""))
