"""The one screen: five panes, one selection, one time range."""

from __future__ import annotations

from collections.abc import Callable
from datetime import tzinfo
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.reactive import Reactive
from textual.widget import Widget

from opsconsole.actions import ACTIONS, Action, PaneName
from opsconsole.clock import Clock
from opsconsole.domain.pod import Pod
from opsconsole.domain.scope import Scope
from opsconsole.domain.snapshot import FeedState
from opsconsole.domain.text import SafeText
from opsconsole.feeds import topic as topics
from opsconsole.feeds.cluster_feeds import ClusterFeeds
from opsconsole.feeds.topic import TopicKind
from opsconsole.screens.choosers import choose_range, choose_service
from opsconsole.screens.desk_screen import DeskScreen
from opsconsole.screens.desks import Desks
from opsconsole.screens.detail_screen import DetailScreen
from opsconsole.screens.following import most_urgent, widened
from opsconsole.screens.frame_lines import FrameLines
from opsconsole.screens.help_screen import HelpScreen, help_lines
from opsconsole.screens.jumps.jump import Spot
from opsconsole.screens.jumps.navigation import Navigation
from opsconsole.screens.jumps.signpost import Signpost
from opsconsole.screens.messages import DetailAsked, JumpAsked, ScopeChosen, TopicChanged
from opsconsole.screens.pane import Pane, PaneView
from opsconsole.screens.pane_board import PaneBoard
from opsconsole.screens.redrawing import Redrawing
from opsconsole.screens.time_travel import TRAVELS
from opsconsole.widgets.glyphs import Glyphs
from opsconsole.widgets.runbooks.step_view import WalkView
from opsconsole.widgets.tab_strip import TabStrip

_TICK = 1.0
"""Seconds between two looks at the clock; only digits that changed are sent."""
_ALERT_PATIENCE = 0.8
"""Seconds that the other panes wait for the alerts to say which service is in trouble."""
_RECONCILE_AFTER = 4.0
"""Seconds after the start at which operations that a crash left open are looked into: the panes come first."""


class ConsoleScreen(DeskScreen):
    """Hands the scope to feeds and panes, and snapshots from feeds to panes."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(one.keys, one.handler, one.title, show=False, id=one.id) for one in ACTIONS if not one.panes
    ]

    focused: Reactive[Widget | None] = Reactive(None, repaint=False)
    """As Textual's own, but a change repaints the two panes it concerns, not the whole screen (25 kB over SSH)."""

    def __init__(
        self,
        scope: Scope,
        feeds: Callable[[ConsoleScreen], ClusterFeeds],
        *,
        clock: Clock,
        zone: tzinfo,
        glyphs: Glyphs,
        actions: tuple[Action, ...] = ACTIONS,
        production: bool = False,
        desks: Callable[[ConsoleScreen], Desks],
        full: PaneName | None = None,
    ) -> None:
        """`feeds` makes the feeds that report to this screen, `desks` what operations and incidents are done at.

        `actions` carry the operator's keys.
        """
        super().__init__(id="console")
        self._board = PaneBoard(glyphs, zone, full)
        self._navigation = Navigation(
            scope,
            pane=self._board.pane,
            focused=lambda: self.focused_pane,
            is_full=lambda: self._board.full is not None,
            give_keys=self.jump_to,
            on_change=self._scope_changed,
        )
        self.feeds = feeds(self)
        self._clock = clock
        self._zone = zone
        self._glyphs = glyphs
        self._actions = actions
        self._desks = desks(self)
        self._desk = self._desks.operations
        self._signpost = Signpost(self, self, self._desk.revisions, actions=actions, glyphs=glyphs)
        self._lines = FrameLines(
            glyphs,
            zone,
            production=production,
            write_mode=self._desk.write_mode,
            levels=lambda: self._desk.levels.in_force,
            trail=lambda: self._navigation.trail,
            incident=lambda: self._desks.standing,
        )
        self._tabs = TabStrip(tuple((pane.digit, SafeText(pane.title)) for pane in PaneName), id="tabs")
        self._redrawing = Redrawing(self, self._board, self._lines, self._tabs, view=self._view, actions=actions)

    # -- life ------------------------------------------------------------------------------------

    def compose(self) -> ComposeResult:
        """Header, headline, tabs (on small terminals), panes, keys and freshness."""
        yield self._lines.header
        yield self._lines.headline
        yield self._tabs
        self._board.lay_out(self.app.size)
        yield self._board
        with Horizontal(id="bottom"):
            yield self._lines.keys
            yield self._lines.freshness

    def on_mount(self) -> None:
        """Paint what is known, then start asking."""
        self._board.pane(self._board.full or PaneName.ALERTS).focus_target.focus()
        self._redrawing.arrange()
        self._redrawing.everything()
        self.app.theme_changed_signal.subscribe(self, lambda _: self._board.light_frames())
        self.set_interval(_TICK, self.tick)
        self.call_after_refresh(self._start)

    def _start(self) -> None:
        self.feeds.start(alerts_first=not self._navigation.chosen)
        self.set_timer(_ALERT_PATIENCE, self._go_on)
        self.set_timer(_RECONCILE_AFTER, lambda: self.run_worker(self._desk.reconcile(), group="reconcile"))

    def _go_on(self) -> None:
        self.feeds.go_on()
        self._redrawing.everything()

    async def on_unmount(self) -> None:
        """Let operations that were sent end, drop all requests, and give the records back."""
        await self._desks.runbooks.close()
        await self._desk.drain()
        await self.feeds.stop()
        await self._desks.drill.close()
        await self._desks.incidents.watch.close()

    @property
    def scope(self) -> Scope:
        """What every pane follows now."""
        return self._navigation.scope

    @property
    def actions(self) -> tuple[Action, ...]:
        """The registry with the operator's keys."""
        return self._actions

    def pane(self, name: PaneName) -> Pane:
        """The pane called `name`."""
        return self._board.pane(name)

    @property
    def focused_pane(self) -> PaneName | None:
        """The pane that has the keys."""
        return self._board.holder(self.focused)

    # -- facts come in ---------------------------------------------------------------------------

    def on_topic_changed(self, event: TopicChanged) -> None:
        """Redraw the panes that show it, once for all snapshots that wait in the queue."""
        if event.topic.kind is TopicKind.ALERTS:
            self._follow_first_alert()
        self._redrawing.topic_changed(event.topic)
        self._desks.timeline.topic_changed(event.topic, self.feeds)

    def on_scope_chosen(self, event: ScopeChosen) -> None:
        """A row was followed."""
        self.follow(event.scope, event.words)

    def on_jump_asked(self, event: JumpAsked) -> None:
        """What is under the cursor leads elsewhere."""
        event.stop()
        self._navigation.jump(event)

    def on_detail_asked(self, event: DetailAsked) -> None:
        """A row was opened."""
        self.app.push_screen(DetailScreen(event, self._glyphs, self._clock))

    def _follow_first_alert(self) -> None:
        """While nobody has chosen anything, show the most urgent alert's service."""
        alerts = self.feeds.snapshot(topics.ALERTS)
        if self._navigation.chosen or alerts.state is FeedState.CONNECTING:
            return
        alert = most_urgent(alerts.value or ())
        if alert is None:
            self.feeds.go_on()
        else:
            self._navigation.begin(alert, self._clock.now())

    # -- the scope -------------------------------------------------------------------------------

    def follow(self, scope: Scope, words: SafeText = SafeText("")) -> None:
        """Go to `scope`; Esc comes back. `words` name the step in the trail."""
        self._navigation.follow(scope, words)

    def _scope_changed(self) -> None:
        self.feeds.set_scope(self.scope)
        self._redrawing.everything()

    def action_back(self) -> None:
        """Leave what the pane hides or enlarges, or the full pane, else go to the place before."""
        if self.focused_pane is not None and self.pane(self.focused_pane).step_back():
            return
        if self.focused_pane is PaneName.RUNBOOK and self._board.full is None:
            self.jump_to(self._board.last_live)
            return
        if self._board.full is not None and not self._navigation.came_full:
            self.action_full()
        elif (view := self._navigation.back()) is not None and (screen := view()) is not None:
            self.app.push_screen(screen)

    def action_list_jumps(self) -> None:
        """List where what is under the cursor leads."""
        self._signpost.list_jumps(self._view())

    def action_see_change(self) -> None:
        """Show what changed just before what is under the cursor."""
        self._signpost.see_change(self._view())

    def action_widen(self) -> None:
        """Let go of the narrowest part of the selection."""
        self.follow(widened(self.scope))

    def action_choose_service(self) -> None:
        """Offer every service that any source knows."""
        choose_service(self.app, self.feeds, self.scope, self.follow)

    def action_choose_range(self) -> None:
        """Offer the presets; any duration may be typed."""
        choose_range(self.app, self.scope, self._navigation.move)

    def action_travel(self, move: str) -> None:
        """Move the time range or its cursor; `move` is a key of `TRAVELS`."""
        self._navigation.move(TRAVELS[move](self.scope, self._clock.now()))

    # -- the walk of a runbook -------------------------------------------------------------------

    def show_walk(self, walk: WalkView | None) -> None:
        """Draw `walk` beside the panes; None: it is put away."""
        if walk is None and self.focused_pane is PaneName.RUNBOOK:
            self.jump_to(self._board.last_live)
        self._board.walk.show(walk)
        self._redrawing.arrange()
        # What is told for a while stands where it does not cover the step at hand.
        self.set_class(walk is not None and self._board.beside, "-walk-beside")
        self.set_class(walk is not None and not self._board.beside, "-walk-below")

    def show_beside(self, scope: Scope, pane: PaneName, spot: Spot, *, wanted: bool) -> None:
        """Let the panes follow `scope` and bring `pane` into sight, the keys staying where they are.

        What is full stays so unless the operator `wanted` to see that pane.
        """
        self._board.show_beside(pane, self.app.size, wanted=wanted)
        self._redrawing.laid_out()
        self._navigation.show(scope, pane, spot)

    def action_refresh(self) -> None:
        """Ask everything now."""
        self.feeds.refresh()

    # -- panes -----------------------------------------------------------------------------------

    def action_jump(self, name: str) -> None:
        """`jump_to` for keys; `name` is the pane's."""
        wanted = PaneName(name)
        if wanted in self._board.offered:
            self.jump_to(wanted)
        else:
            self.action_runbooks()

    def jump_to(self, name: PaneName) -> None:
        """Give the keys to a pane, making it visible if it is not."""
        target = self._board.bring_up(name, self.app.size)
        self._redrawing.laid_out()
        # At once, not when the queue comes to it: the next key may already be on its way.
        self.set_focus(target, scroll_visible=False)

    def action_next_pane(self) -> None:
        """The pane after the focused one."""
        self.jump_to(self._board.neighbour(self.focused, 1))

    def action_previous_pane(self) -> None:
        """The pane before the focused one."""
        self.jump_to(self._board.neighbour(self.focused, -1))

    def action_full(self) -> None:
        """The focused pane alone, or all again."""
        self._board.toggle_full(self.focused_pane or PaneName.ALERTS, self.app.size)
        self._redrawing.laid_out()

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Remember the pane, and show its keys."""
        del event
        name = self.focused_pane
        if name is not None:
            self._board.note_use(name)
        self._redrawing.keys()

    def on_screen_resume(self) -> None:
        """What stood over the panes is gone: draw what came meanwhile."""
        self._redrawing.everything()

    def on_resize(self, event: events.Resize) -> None:
        """Lay out for the new size."""
        del event
        self._redrawing.arrange()

    # -- drawing ---------------------------------------------------------------------------------

    def _view(self) -> PaneView:
        now = self._clock.now()
        return PaneView(self.feeds, self.scope, self.scope.window.resolve(now), now, self._zone)

    def _current_pod(self) -> Pod | None:
        return self._board.current_pod(self._view())

    def _draw_frame(self) -> None:
        self._redrawing.frame()

    def tick(self) -> None:
        """Let ages and the clock go on, and see what others wrote into the incident."""
        self._desks.incidents.watch.look()
        self._desks.runbooks.look()
        self._desks.drill.look(self.feeds)
        self._redrawing.tick()

    def action_help(self) -> None:
        """The keys of the focused pane."""
        self.app.push_screen(HelpScreen(help_lines(self.focused_pane, self._actions, self._glyphs), self._glyphs))
