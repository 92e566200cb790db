"""Pane 5: pods, their containers and what their probes say."""

from __future__ import annotations

from datetime import tzinfo
from typing import ClassVar

from textual.binding import BindingType
from textual.content import Content

from opsconsole.actions import PaneName
from opsconsole.domain.pod import Pod, PodList
from opsconsole.domain.scope import Scope
from opsconsole.domain.text import SafeText
from opsconsole.feeds import topic as topics
from opsconsole.feeds.topic import TopicKind
from opsconsole.screens.following import follow_pod
from opsconsole.screens.pane import PaneView, pane_bindings
from opsconsole.screens.row_pane import RowPane
from opsconsole.widgets.details import pod_detail
from opsconsole.widgets.glyphs import Glyphs
from opsconsole.widgets.pod_list import PodListView


class PodsPane(RowPane[PodList, Pod]):
    """Pods of the selection, those in trouble first; they always speak of now."""

    pane_name = PaneName.PODS
    topic = topics.PODS
    shown_topics: ClassVar[frozenset[TopicKind]] = frozenset({TopicKind.PODS})
    BINDINGS: ClassVar[list[BindingType]] = pane_bindings(PaneName.PODS)

    def __init__(self, glyphs: Glyphs, zone: tzinfo) -> None:
        """Nothing known yet."""
        self._pods = PodListView(glyphs=glyphs, zone=zone)
        super().__init__(glyphs, zone, self._pods)

    def about(self, view: PaneView) -> tuple[SafeText, ...]:
        """How many are well; and that they are of now, when the rest of the screen is not."""
        return (self._pods.count_text, SafeText("" if view.scope.window.live else "now"))

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
