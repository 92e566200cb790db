"""What the five panes have in common."""

from __future__ import annotations

from datetime import tzinfo
from typing import Any, ClassVar

import msgspec
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widget import Widget

from opsconsole.actions import ACTIONS, PaneName
from opsconsole.domain.scope import Scope
from opsconsole.domain.snapshot import FeedState, Snapshot
from opsconsole.domain.text import SafeText
from opsconsole.domain.time_range import TimeRange, format_duration
from opsconsole.feeds.cluster_feeds import ClusterFeeds
from opsconsole.feeds.topic import Topic, TopicKind
from opsconsole.widgets.glyphs import Glyphs


class PaneView(msgspec.Struct, frozen=True):
    """What a pane draws from: the feeds, and the scope resolved at `now` (unix seconds)."""

    feeds: ClusterFeeds
    scope: Scope
    span: TimeRange
    now: float
    zone: tzinfo


_STATE_WORDS = {
    FeedState.CONNECTING: "asking",
    FeedState.LIVE: "",
    FeedState.PARTIAL: "partial",
    FeedState.STALE: "stale",
    FeedState.DOWN: "down",
    FeedState.NO_ACCESS: "no access",
    FeedState.THROTTLED: "throttled",
    FeedState.PAUSED: "",
    FeedState.NOT_CONFIGURED: "not configured",
}


def state_note(snapshot: Snapshot[Any], now: float) -> SafeText:
    """A few words for the pane's border: empty while live, else the state and the data's age."""
    words = _STATE_WORDS[snapshot.state]
    if snapshot.state is FeedState.PARTIAL and snapshot.completeness.wanted > 1:
        words += f" {snapshot.completeness.got}/{snapshot.completeness.wanted}"
    age = snapshot.age(now)
    if words and age is not None and snapshot.state is not FeedState.PARTIAL:
        words += f", data {format_duration(age)} old"
    return SafeText(words)


class Pane(Vertical):
    """A framed part of the screen about one kind of evidence; the screen tells it when to draw."""

    pane_name: ClassVar[PaneName]
    topics: ClassVar[frozenset[TopicKind]] = frozenset()
    """Kinds of snapshot it shows; the screen redraws it when one arrives."""

    def __init__(self, glyphs: Glyphs) -> None:
        """Empty until `draw` is called."""
        super().__init__(id=f"pane-{self.pane_name.value}", classes="pane")
        self.glyphs = glyphs
        self._view: PaneView | None = None

    @property
    def view(self) -> PaneView | None:
        """What was drawn last."""
        return self._view

    @property
    def focus_target(self) -> Widget:
        """The widget that takes the keys when the pane is jumped to."""
        raise NotImplementedError

    def draw(self, view: PaneView) -> None:
        """Show `view`; widgets repaint only what changed."""
        self._view = view
        self._draw(view)

    def _draw(self, view: PaneView) -> None:
        raise NotImplementedError

    def wants(self, topic: Topic) -> bool:
        """Whether a new snapshot of `topic` changes what is shown."""
        return topic.kind in self.topics

    def set_title(self, about: SafeText = SafeText(""), note: SafeText = SafeText("")) -> None:
        """The frame's heading: digit and name, what it is `about`, and in the corner a state `note`."""
        title = f"{self.pane_name.digit} {self.pane_name.title}{f' · {about}' if about else ''}"
        # Textual takes a Content here as it is, and would read a plain string as markup.
        if title != self._title:
            self._title = title
            self.border_title = Content(title)  # type: ignore[assignment]
        if note != self._note:
            self._note = note
            self.border_subtitle = Content(note)  # type: ignore[assignment]

    _title = ""
    _note = ""


def pane_bindings(pane: PaneName) -> list[BindingType]:
    """The registry's bindings of one pane."""
    return [Binding(one.keys, one.id, one.title, show=False, id=one.id) for one in ACTIONS if pane in one.panes]
