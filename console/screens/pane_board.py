"""The panes on the screen: which are visible, in what arrangement, and which has the keys."""

from __future__ import annotations

from collections.abc import Callable
from datetime import tzinfo

from textual.app import ComposeResult
from textual.containers import Container
from textual.geometry import Size
from textual.widget import Widget

from opsconsole.actions import LIVE_PANES, PaneName
from opsconsole.domain.pod import Pod
from opsconsole.feeds.topic import Topic
from opsconsole.screens.alerts_pane import AlertsPane
from opsconsole.screens.layout import Arrangement, Placement, place
from opsconsole.screens.logs_pane import LogsPane
from opsconsole.screens.metrics_pane import MetricsPane
from opsconsole.screens.pane import Pane, PaneView
from opsconsole.screens.pods_pane import PodsPane
from opsconsole.screens.runbooks.walk_pane import WalkPane
from opsconsole.screens.traces_pane import TracesPane
from opsconsole.widgets.glyphs import Glyphs


class PaneBoard(Container):
    """Holds the panes, lays them out for the size there is, and draws those that can be seen."""

    def __init__(self, glyphs: Glyphs, zone: tzinfo, full: PaneName | None = None) -> None:
        """`full` is the pane that has the whole board at first, None for all of them."""
        super().__init__(id="body")
        self.metrics = MetricsPane(glyphs, zone)
        self._pods = PodsPane(glyphs, zone)
        self.walk = WalkPane(glyphs)
        panes: tuple[Pane, ...] = (
            AlertsPane(glyphs, zone),
            self.metrics,
            LogsPane(glyphs, zone),
            TracesPane(glyphs, zone),
            self._pods,
            self.walk,
        )
        self._panes = {pane.pane_name: pane for pane in panes}
        self._left, self._main, self._lower = (Container(id=box) for box in ("left", "main", "lower"))
        self._full = full
        self._recent: tuple[PaneName, ...] = (full,) if full else ()
        self._placement: Placement | None = None
        self._lit: PaneName | None = None

    def compose(self) -> ComposeResult:
        """Alerts and pods to the left; metrics above, or beside, logs and traces; a walk to the right of them all."""
        with self._left:
            yield self._panes[PaneName.ALERTS]
            yield self._panes[PaneName.PODS]
        with self._main:
            yield self.metrics
            with self._lower:
                yield self._panes[PaneName.LOGS]
                yield self._panes[PaneName.TRACES]
        yield self.walk

    def current_pod(self, view: PaneView) -> Pod | None:
        """The pod under the cursor in Pods as of `view`; on the heading of a workload its worst pod."""
        if PaneName.PODS not in self.in_sight:
            # A pane out of sight is not drawn, and would speak of the service before this one.
            self._pods.draw(view)
        return self._pods.selected

    @property
    def full(self) -> PaneName | None:
        """The pane that has the whole board."""
        return self._full

    @property
    def placement(self) -> Placement | None:
        """How the panes are laid out; None before the first time."""
        return self._placement

    @property
    def in_sight(self) -> tuple[PaneName, ...]:
        """Panes that can be seen."""
        return self._placement.visible if self._placement else ()

    @property
    def offered(self) -> tuple[PaneName, ...]:
        """Panes that there are now: the walk's only while a runbook is walked."""
        return tuple(PaneName) if self.walk.walking else LIVE_PANES

    @property
    def crowded(self) -> bool:
        """Whether some panes are hidden, so that tabs are of use."""
        return len(self.in_sight) < len(self.offered)

    @property
    def beside(self) -> bool:
        """Whether the walk has a column of its own."""
        return self._placement is not None and self._placement.beside

    @property
    def last_live(self) -> PaneName:
        """The pane of the cluster that had the keys last."""
        return next((name for name in self._recent if name in LIVE_PANES), PaneName.ALERTS)

    def pane(self, name: PaneName) -> Pane:
        """The pane called `name`."""
        return self._panes[name]

    def holder(self, focused: Widget | None) -> PaneName | None:
        """The pane that `focused` belongs to."""
        widget = focused
        while widget is not None and not isinstance(widget, Pane):
            widget = widget.parent if isinstance(widget.parent, Widget) else None
        return widget.pane_name if widget is not None else None

    def neighbour(self, focused: Widget | None, places: int) -> PaneName:
        """The pane `places` further on from the one that `focused` belongs to, round and round."""
        names, here = self.offered, self.holder(focused)
        start = names.index(here) if here else -places
        return names[(start + places) % len(names)]

    def bring_up(self, name: PaneName, size: Size) -> Widget:
        """Make a pane visible and the newest in use; returns the widget that takes its keys.

        The walk's pane gives way to the one used last where there is no walk any more.
        """
        if name not in self.offered:
            name = self.last_live
        if self._full is not None:
            self._full = name
        self.note_use(name)
        self.lay_out(size)
        return self._panes[name].focus_target

    def note_use(self, name: PaneName) -> None:
        """Light the pane that has the keys, and remember it: a small terminal shows the two used last."""
        if name is not self._lit:
            for other in (self._lit, name):
                if other is not None:
                    self._panes[other].light_frame(other is name)
            self._lit = name
        if self._recent[:1] != (name,):
            self._recent = (name, *(other for other in self._recent if other is not name))

    def light_frames(self) -> None:
        """Light and dim the frames anew, in the colours of the theme there is now."""
        for name, pane in self._panes.items():
            pane.light_frame(name is self._lit)

    def show_beside(self, name: PaneName, size: Size, *, wanted: bool) -> None:
        """Make a pane visible without giving it the keys; where that is `wanted` what is full gives way to it."""
        if wanted and self._full != name:
            self._full = None
        if self._lit is not name:
            kept = [one for one in self._recent if one not in (self._lit, name)]
            self._recent = (*([self._lit] if self._lit else []), name, *kept)
        self.lay_out(size)

    def toggle_full(self, name: PaneName, size: Size) -> None:
        """Give `name` the whole board, or show all again."""
        self._full = name if self._full is None else None
        self.lay_out(size)

    def lay_out(self, size: Size) -> bool:
        """Lay out for a screen of `size` cells; False when nothing had to change.

        Before the board is mounted, too: laid out afterwards all panes would be given their styles twice.
        """
        placement = place(size.width, size.height, self._recent, self._full, walking=self.walk.walking)
        if placement == self._placement:
            return False
        self._placement = placement
        for arrangement in Arrangement:
            self.set_class(arrangement is placement.arrangement, arrangement.value, update=self.is_mounted)
        self.walk.set_class(placement.beside, "-beside", update=self.is_mounted)
        for name, pane in self._panes.items():
            pane.display = name in placement.visible
        self._left.display = bool({PaneName.ALERTS, PaneName.PODS}.intersection(placement.visible))
        self._lower.display = bool({PaneName.LOGS, PaneName.TRACES}.intersection(placement.visible))
        self._main.display = self._lower.display or self.metrics.display
        return True

    def draw(self, view: PaneView, wanted: Callable[[Pane], bool] = lambda _: True) -> None:
        """Draw the panes in sight that are `wanted`."""
        for name in self.in_sight:
            if wanted(self._panes[name]):
                self._panes[name].draw(view)

    def draw_topics(self, view: PaneView, topics: set[Topic]) -> None:
        """Draw the panes in sight that show any of `topics`."""
        self.draw(view, lambda pane: any(pane.wants(topic) for topic in topics))
