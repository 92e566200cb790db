"""What the five panes have in common."""

from __future__ import annotations

from datetime import tzinfo
from typing import ClassVar, Self

import msgspec
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.geometry import Region
from textual.widget import Widget

from opsconsole.actions import ACTIONS, PaneName
from opsconsole.domain.evidence import Pinned
from opsconsole.domain.scope import Scope
from opsconsole.domain.text import SafeText
from opsconsole.domain.time_range import TimeRange
from opsconsole.feeds.cluster_feeds import ClusterFeeds
from opsconsole.feeds.topic import Topic, TopicKind
from opsconsole.screens.jumps.jump import NOWHERE, Jump, Spot
from opsconsole.screens.jumps.leads import Here
from opsconsole.screens.messages import EvidenceAsked, JumpAsked
from opsconsole.widgets.glyphs import Glyphs


class PaneView(msgspec.Struct, frozen=True):
    """What a pane draws from: the feeds, and the scope resolved at `now` (unix seconds)."""

    feeds: ClusterFeeds
    scope: Scope
    span: TimeRange
    now: float
    zone: tzinfo

    @property
    def here(self) -> Here:
        """What a jump starts from."""
        return Here(self.scope, self.now, self.zone)


class Pane(Vertical):
    """A framed part of the screen about one kind of evidence; the screen tells it when to draw."""

    pane_name: ClassVar[PaneName]
    shown_topics: ClassVar[frozenset[TopicKind]] = frozenset()
    """Kinds of snapshot it shows; the screen redraws it when one arrives."""

    def __init__(self, glyphs: Glyphs) -> None:
        """Empty until `draw` is called."""
        super().__init__(id=f"pane-{self.pane_name.value}", classes="pane")
        self.glyphs = glyphs
        self._view: PaneView | None = None
        self._title = ""
        self._frame_alone = False
        self._spot = NOWHERE

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
        if self._spot and self._take(self._spot):
            self._spot = NOWHERE

    def _draw(self, view: PaneView) -> None:
        raise NotImplementedError

    # -- jumps -----------------------------------------------------------------------------------

    def jumps(self, view: PaneView) -> tuple[Jump, ...]:  # noqa: ARG002  - for panes whose rows lead somewhere
        """Where what is under the cursor leads, in the order of the list; none when nothing is under it."""
        return ()

    @property
    def row_key(self) -> str:
        """What `stand_on` needs to come back to the row under the cursor; empty when there is none."""
        return ""

    def about_moment(self, view: PaneView) -> tuple[SafeText | None, float | None]:
        """The service (None: any) and the moment (None: now) that what is under the cursor speaks of."""
        return view.scope.selection.service, view.scope.cursor

    def stand_on(self, spot: Spot) -> None:
        """Put the cursor on `spot` as soon as it is there; NOWHERE waits for nothing any more."""
        self._spot = NOWHERE if self._view is not None and spot and self._take(spot) else spot

    def _take(self, spot: Spot) -> bool:  # noqa: ARG002  - for panes that have a cursor
        """Put the cursor on `spot`; False while what it names may still come."""
        return True

    def action_leap(self, action_id: str) -> None:
        """Go where what is under the cursor leads by the action `action_id`, or say why there is nowhere to go."""
        view = self._view
        jump = next((one for one in self.jumps(view) if one.id == action_id), None) if view is not None else None
        if jump is None:
            self.notify("nothing is under the cursor here that leads anywhere", markup=False)
        elif jump.scope is None or not jump.possible:
            self.notify(jump.obstacle, markup=False)
        else:
            self.post_message(JumpAsked(jump.scope, jump.pane, jump.words, spot=jump.spot))

    # -- evidence --------------------------------------------------------------------------------

    def evidence(self, view: PaneView) -> Pinned | None:  # noqa: ARG002  - for panes that have something to keep
        """What is under the cursor, as it can be kept in an incident; None when nothing is."""
        return None

    def pin(self, view: PaneView) -> None:
        """Ask to keep what is under the cursor, or say that nothing is."""
        pinned = self.evidence(view)
        if pinned is None:
            self.notify("nothing is under the cursor here that can be kept", markup=False)
        else:
            self.post_message(EvidenceAsked(pinned))

    # -- drawing ---------------------------------------------------------------------------------

    def light_frame(self, lit: bool) -> None:
        """Show by the frame whether the pane has the keys.

        `:focus-within` would restyle every widget inside (a seventh of a second for the charts), and a
        plain repaint would send the whole pane; this sends the frame.
        """
        color = self.app.theme_variables["primary" if lit else "muted"]
        self._frame_alone = True
        self.styles.border = ("ascii", color) if self.app.has_class("ascii") else ("round", color)
        self.styles.border_title_style = "bold" if lit else "none"
        self._frame_alone = False

    def refresh(self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False) -> Self:
        """As Textual's; while the frame is lit or dimmed, of the frame alone."""
        if self._frame_alone:
            width, height = self.outer_size
            regions = (
                Region(0, 0, width, 1),
                Region(0, height - 1, width, 1),
                Region(0, 0, 1, height),
                Region(width - 1, 0, 1, height),
            )
            layout = False
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)

    def step_back(self) -> bool:
        """Undo what the pane alone hides or enlarges, for `back`; False when there is nothing to undo."""
        return False

    def wants(self, topic: Topic) -> bool:
        """Whether a new snapshot of `topic` changes what is shown."""
        return topic.kind in self.shown_topics

    def set_title(self, *about: SafeText) -> None:
        """The frame's heading: digit, name and what it is `about`."""
        parts = (f"{self.pane_name.digit} {self.pane_name.title}", *(part for part in about if part))
        title = f" {self.glyphs.dot} ".join(parts)
        if title != self._title:
            self._title = title
            # Textual takes a Content here as it is, and would read a plain string as markup.
            self.border_title = Content(title)


def pane_bindings(pane: PaneName) -> list[BindingType]:
    """The registry's bindings of one pane."""
    return [Binding(one.keys, one.handler, one.title, show=False, id=one.id) for one in ACTIONS if pane in one.panes]
