"""Pane 5: pods, their containers and what their probes say."""

from __future__ import annotations

from datetime import tzinfo
from functools import partial
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.content import Content
from textual.geometry import Size
from textual.screen import Screen

from opsconsole.actions import PaneName
from opsconsole.domain.evidence import Pinned
from opsconsole.domain.pod import Pod, PodList
from opsconsole.domain.scope import Scope
from opsconsole.domain.text import SafeText
from opsconsole.feeds import topic as topics
from opsconsole.feeds.topic import TopicKind
from opsconsole.screens.following import follow_pod
from opsconsole.screens.incidents.pinning import pod_evidence
from opsconsole.screens.jumps.jump import Jump, Spot
from opsconsole.screens.jumps.leads import pod_leads
from opsconsole.screens.messages import DetailAsked
from opsconsole.screens.pane import PaneView, pane_bindings
from opsconsole.screens.pod_flow import PodFlow
from opsconsole.screens.pod_views import container_log_view, describe_view, manifest_view
from opsconsole.screens.row_pane import RowPane
from opsconsole.widgets.details import pod_detail
from opsconsole.widgets.filter_line import FilterLine
from opsconsole.widgets.glyphs import Glyphs
from opsconsole.widgets.pod_list import PodListView
from opsconsole.widgets.rows import RowList


class PodsPane(RowPane[PodList, Pod]):
    """Pods of the selection, those in trouble first; they always speak of now."""

    pane_name = PaneName.PODS
    topic = topics.PODS
    shown_topics: ClassVar[frozenset[TopicKind]] = frozenset({TopicKind.PODS, TopicKind.WORKLOADS})
    BINDINGS: ClassVar[list[BindingType]] = pane_bindings(PaneName.PODS)

    def __init__(self, glyphs: Glyphs, zone: tzinfo) -> None:
        """Nothing known yet."""
        self._pods = PodListView(glyphs=glyphs, zone=zone)
        self._filter = FilterLine("name, node, image, reason; !word leaves out")
        self._flow = PodFlow(glyphs)
        super().__init__(glyphs, zone, self._pods)

    def compose(self) -> ComposeResult:
        """The filter while there is one, the pods, and what the probes of the selected one do."""
        yield self._filter
        with Container(id="pods-body"):
            yield self._pods
            yield self._flow

    @property
    def selected(self) -> Pod | None:
        """The pod under the cursor; on the heading of a workload its worst pod."""
        return self._pods.selected

    def about(self, view: PaneView) -> tuple[SafeText, ...]:
        """How many are well, how many are hidden; and that they are of now, when the rest of the screen is not."""
        return (
            self._pods.shown_text,
            self._pods.chosen_text,
            self._pods.count_text,
            SafeText("" if view.scope.window.live else "now"),
        )

    def _draw(self, view: PaneView) -> None:
        if self._pods.grouped:
            self._pods.know(view.feeds.snapshot(topics.WORKLOADS).value)
        super()._draw(view)
        self._draw_flow(view)

    def _draw_flow(self, view: PaneView) -> None:
        """The probes of the pod under the cursor, where the list leaves room for them."""
        size = self.content_size
        room = Size(size.width, size.height - self._filter.is_open)
        self._flow.show_pod(self._pods.selected, room, self._pods.line_count, view.now)

    def on_resize(self) -> None:
        """Find the place for the probes anew."""
        if self.view is not None:
            self._draw_flow(self.view)

    def on_row_list_highlighted(self, event: RowList.Highlighted) -> None:
        """Another pod's probes."""
        event.stop()
        if self.view is not None:
            self._draw_flow(self.view)

    def leads(self, view: PaneView, item: Pod) -> tuple[Jump, ...]:
        """Its log lines, metrics and traces, and its description with the events."""
        described = Jump("describe", SafeText("its description, events first"), PaneName.PODS)
        lines = Jump("container_log", SafeText("its containers' own log, as Kubernetes has it"), PaneName.PODS)
        return (*pod_leads(view.here, item), described, lines)

    def jumps(self, view: PaneView) -> tuple[Jump, ...]:
        """Where the pod under the cursor leads; on the heading of a workload its worst pod."""
        pod = self._pods.selected
        return () if pod is None else self.leads(view, pod)

    def evidence(self, view: PaneView) -> Pinned | None:
        """The pod under the cursor; on the heading of a workload its worst pod."""
        return pod_evidence(view, self._pods.selected)

    def about_moment(self, view: PaneView) -> tuple[SafeText | None, float | None]:
        """The pod's service, at the cursor."""
        pod = self._pods.selected
        return (pod.service or None if pod is not None else view.scope.selection.service), view.scope.cursor

    def _take(self, spot: Spot) -> bool:
        """Put the cursor on the row, or on the pod of that name; say so when there is none of that name any more."""
        if not spot.pod:
            return super()._take(spot)
        pods = self.view.feeds.snapshot(topics.PODS) if self.view is not None else None
        if pods is None or pods.value is None:
            return False
        pod = next((one for one in pods.value.pods if one.name == spot.pod), None)
        if pod is None:
            self.notify(f"{spot.pod} is not there any more", markup=False)
        elif not self._pods.rows.select(pod.uid):
            self.notify(f"{spot.pod} is hidden: by the filter, or in a folded workload", markup=False)
        return True

    def followed(self, scope: Scope, item: Pod, now: float) -> Scope:
        """That pod alone."""
        del now
        return follow_pod(scope, item)

    def detail(self, item: Pod, width: int, now: float) -> tuple[Content, ...]:
        """Containers, states, probes."""
        del width
        return pod_detail(item, now=now, zone=self.zone, glyphs=self.glyphs)

    def name_of(self, item: Pod) -> SafeText:
        """The pod's name."""
        return item.name

    # -- narrowing -------------------------------------------------------------------------------

    def action_follow(self) -> None:
        """Follow the pod under the cursor; fold or unfold the workload."""
        if self._pods.current is None:
            self._pods.action_fold("toggle")
        else:
            super().action_follow()

    def action_filter_pods(self) -> None:
        """Type words that pods must have."""
        self._filter.open()

    def action_faults(self) -> None:
        """Only pods with something wrong, or all."""
        self._pods.show_faults(not self._pods.faults_only)
        self._redraw()

    def action_group(self) -> None:
        """Pods below their workloads, or all in one list."""
        self._pods.group(not self._pods.grouped)
        if self._pods.grouped and self.view is not None:
            # What workloads want is asked only once somebody wants to know.
            self.view.feeds.want(topics.WORKLOADS)
        self._redraw()

    def step_back(self) -> bool:
        """Show all pods again, when some are hidden."""
        if not self._filter.typed and not self._pods.faults_only:
            return False
        self._filter.clear()
        self._pods.show_faults(False)
        self._redraw()
        return True

    def on_filter_line_narrowed(self, event: FilterLine.Narrowed) -> None:
        """Other words."""
        event.stop()
        self._pods.narrow(event.typed)
        self._redraw()

    def on_filter_line_closed(self, event: FilterLine.Closed) -> None:
        """Typing is over."""
        event.stop()
        self.focus_target.focus()

    def _redraw(self) -> None:
        if self.view is not None:
            self.draw(self.view)

    # -- opening ---------------------------------------------------------------------------------

    def action_open(self) -> None:
        """The pod under the cursor whole; of a workload its worst pod."""
        if (pod := self._pods.selected) is not None:
            self.post_message(DetailAsked(self.name_of(pod), partial(self.detail, pod)))

    def action_describe(self) -> None:
        """The pod described, with its events first."""
        if (pod := self._pods.selected) is not None and self.view is not None:
            self._push(describe_view(pod, self.view, self.glyphs, partial(self._pods.item, pod.uid)))

    def action_next_container(self) -> None:
        """The probes of the pod's next container, below the list or beside it."""
        words = self._flow.turn()
        if words:
            self.notify(words, markup=False)
        elif self.view is not None:
            self._draw_flow(self.view)

    def action_manifest(self) -> None:
        """The pod as YAML."""
        if (pod := self._pods.selected) is not None and self.view is not None:
            self._push(manifest_view(pod, self.view, self.glyphs))

    def action_container_log(self) -> None:
        """What the pod's containers write."""
        if (pod := self._pods.selected) is not None and self.view is not None:
            self._push(container_log_view(pod, self.view, self.glyphs))

    def _push(self, screen: Screen[None] | None) -> None:
        if screen is None:
            self.notify("kubernetes is not configured, see docs/configuration.md", markup=False)
        else:
            self.app.push_screen(screen)
