"""The one screen: five panes, one selection, one time range."""

from __future__ import annotations

from collections.abc import Callable
from datetime import tzinfo
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.geometry import Size
from textual.reactive import Reactive
from textual.screen import Screen
from textual.widget import Widget

from opsconsole.actions import ACTIONS, Action, PaneName, available, key_words
from opsconsole.clock import Clock
from opsconsole.domain.scope import Scope
from opsconsole.domain.snapshot import FeedState
from opsconsole.domain.text import SafeText
from opsconsole.feeds import topic as topics
from opsconsole.feeds.cluster_feeds import ClusterFeeds
from opsconsole.feeds.topic import Topic, TopicKind
from opsconsole.screens.choosers import range_chooser, service_chooser
from opsconsole.screens.detail_screen import DetailScreen
from opsconsole.screens.following import follow_alert, most_urgent, widened
from opsconsole.screens.headline import headline
from opsconsole.screens.help_screen import HelpScreen
from opsconsole.screens.layout import Placement
from opsconsole.screens.messages import DetailAsked, ScopeChosen, TopicChanged
from opsconsole.screens.pane import Pane, PaneView
from opsconsole.screens.pane_board import PaneBoard
from opsconsole.screens.scope_history import ScopeHistory
from opsconsole.screens.services import known_services, with_service
from opsconsole.screens.time_travel import TRAVELS, with_range
from opsconsole.widgets.freshness_line import FreshnessLine
from opsconsole.widgets.glyphs import Glyphs
from opsconsole.widgets.headline import HeadlineBar
from opsconsole.widgets.key_line import KeyLine
from opsconsole.widgets.scope_header import HeaderFacts, ScopeHeader
from opsconsole.widgets.tab_strip import TabStrip

_TICK = 1.0
"""Seconds between two looks at the clock; only digits that changed are sent."""
_ALERT_PATIENCE = 0.8
"""Seconds that the other panes wait for the alerts to say which service is in trouble."""
_AGES = 5.0
"""Seconds between two looks at the ages inside panes."""


class ConsoleScreen(Screen[None]):
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
        write: bool = False,
        full: PaneName | None = None,
    ) -> None:
        """`feeds` makes the feeds that report to this screen; `actions` carry the operator's keys."""
        super().__init__(id="console")
        self._history = ScopeHistory(scope)
        self.feeds = feeds(self)
        self._clock = clock
        self._zone = zone
        self._glyphs = glyphs
        self._actions = actions
        self._production = production
        self._write = write
        self._service_chosen = scope.selection.service is not None
        self._laid_out: tuple[Size, Placement | None] | None = None
        self._changed: set[Topic] = set()
        self._ages_drawn_at = 0.0
        self._board = PaneBoard(glyphs, zone, full)

    # -- life ------------------------------------------------------------------------------------

    def compose(self) -> ComposeResult:
        """Header, headline, tabs (on small terminals), panes, keys and freshness."""
        yield ScopeHeader(glyphs=self._glyphs, zone=self._zone, id="header")
        yield HeadlineBar(glyphs=self._glyphs, id="headline")
        yield TabStrip(tuple((pane.digit, SafeText(pane.title)) for pane in PaneName), id="tabs")
        yield self._board
        with Horizontal(id="bottom"):
            yield KeyLine(id="keys")
            yield FreshnessLine(glyphs=self._glyphs, id="freshness")

    def on_mount(self) -> None:
        """Paint what is known, then start asking."""
        self._board.pane(self._board.full or PaneName.ALERTS).focus_target.focus()
        self._arrange()
        self._draw_all()
        self.app.theme_changed_signal.subscribe(self, lambda _: self._board.light_frames())
        self.set_interval(_TICK, self.tick)
        self.call_after_refresh(self._start)

    def _start(self) -> None:
        self.feeds.start(alerts_first=not self._service_chosen)
        self.set_timer(_ALERT_PATIENCE, self.feeds.go_on)

    async def on_unmount(self) -> None:
        """Drop all requests."""
        await self.feeds.stop()

    @property
    def scope(self) -> Scope:
        """What every pane follows now."""
        return self._history.now

    @property
    def actions(self) -> tuple[Action, ...]:
        """The registry with the operator's keys, without what this mode forbids."""
        return tuple(one for one in self._actions if self._write or not one.needs_write)

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
        if not self._changed:
            self.call_later(self._draw_changed)
        self._changed.add(event.topic)

    def _draw_changed(self) -> None:
        changed, self._changed = self._changed, set()
        view = self._view()
        with self.app.batch_update():
            self._board.draw_topics(view, changed)
            self._draw_lines(view)

    def on_scope_chosen(self, event: ScopeChosen) -> None:
        """A row was followed."""
        self.follow(event.scope)

    def on_detail_asked(self, event: DetailAsked) -> None:
        """A row was opened."""
        self.app.push_screen(DetailScreen(event, self._glyphs, self._clock))

    def _follow_first_alert(self) -> None:
        """While nobody has chosen anything, show the most urgent alert's service."""
        alerts = self.feeds.snapshot(topics.ALERTS)
        if self._service_chosen or alerts.state is FeedState.CONNECTING:
            return
        alert = most_urgent(alerts.value or ())
        if alert is None:
            self.feeds.go_on()
        else:
            self._service_chosen = True
            followed = follow_alert(self.scope, alert, self._clock.now())
            # Nobody asked for a moment yet: the charts speak of now.
            self._go(Scope(followed.selection, followed.window))

    # -- the scope -------------------------------------------------------------------------------

    def follow(self, scope: Scope) -> None:
        """Go to `scope`; Esc comes back."""
        self._service_chosen = True
        self._history.follow(scope)
        self._scope_changed()

    def _go(self, scope: Scope) -> None:
        self._history.move(scope)
        self._scope_changed()

    def _scope_changed(self) -> None:
        self.feeds.set_scope(self.scope)
        self._draw_all()

    def action_back(self) -> None:
        """Leave the enlarged panel or the full pane, else go to the scope before."""
        if self._board.metrics.enlarged:
            self._board.metrics.action_enlarge()
        elif self._board.full is not None:
            self.action_full()
        elif self._history.back() is not None:
            self._scope_changed()

    def action_widen(self) -> None:
        """Let go of the narrowest part of the selection."""
        self.follow(widened(self.scope))

    def action_choose_service(self) -> None:
        """Offer every service that any source knows."""

        def chosen(name: str | None) -> None:
            if name is not None:
                self.follow(with_service(self.scope, SafeText(name) or None))

        self.app.push_screen(service_chooser(known_services(self.feeds), self.scope.selection.service), chosen)

    def action_choose_range(self) -> None:
        """Offer the presets; any duration may be typed."""

        def chosen(text: str | None) -> None:
            if text is not None:
                self._go(with_range(self.scope, text))

        self.app.push_screen(range_chooser(self.scope.window.duration), chosen)

    def action_travel(self, move: str) -> None:
        """Move the time range or its cursor; `move` is a key of `TRAVELS`."""
        self._go(TRAVELS[move](self.scope, self._clock.now()))

    def action_refresh(self) -> None:
        """Ask everything now."""
        self.feeds.refresh()

    # -- panes -----------------------------------------------------------------------------------

    def action_jump(self, name: str) -> None:
        """`jump_to` for keys; `name` is the pane's."""
        self.jump_to(PaneName(name))

    def jump_to(self, name: PaneName) -> None:
        """Give the keys to a pane, making it visible if it is not."""
        target = self._board.bring_up(name, self.app.size)
        self._show_tabs()
        # At once, not when the queue comes to it: the next key may already be on its way.
        self.set_focus(target, scroll_visible=False)

    def action_next_pane(self) -> None:
        """The pane after the focused one."""
        self._jump_by(1)

    def action_previous_pane(self) -> None:
        """The pane before the focused one."""
        self._jump_by(-1)

    def _jump_by(self, places: int) -> None:
        names = list(PaneName)
        focused = self.focused_pane
        start = names.index(focused) if focused else -places
        self.jump_to(names[(start + places) % len(names)])

    def action_full(self) -> None:
        """The focused pane alone, or all again."""
        self._board.toggle_full(self.focused_pane or PaneName.ALERTS, self.app.size)
        self._show_tabs()

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Remember the pane, and show its keys."""
        del event
        name = self.focused_pane
        if name is not None:
            self._board.note_use(name)
        self._draw_keys()

    def on_resize(self, event: events.Resize) -> None:
        """Lay out for the new size."""
        del event
        self._arrange()

    def _arrange(self) -> None:
        self._board.lay_out(self.app.size)
        self._show_tabs()

    def _show_tabs(self) -> None:
        """After the panes were laid out, perhaps anew, for a size of the terminal, perhaps another."""
        laid_out = (self.app.size, self._board.placement)
        if laid_out == self._laid_out:
            return
        self._laid_out = laid_out
        tabs = self.query_one(TabStrip)
        tabs.display = self._board.crowded
        tabs.show(frozenset(name.digit for name in self._board.in_sight))
        # What came into sight is drawn, and charts ask for samples, once the new sizes are known.
        self.call_after_refresh(self._fit)

    def _fit(self) -> None:
        if self._board.metrics.display:
            self.feeds.set_columns(self._board.metrics.plot_columns())
        self._draw_all()

    # -- drawing ---------------------------------------------------------------------------------

    def _view(self) -> PaneView:
        now = self._clock.now()
        return PaneView(self.feeds, self.scope, self.scope.window.resolve(now), now, self._zone)

    def _draw_all(self) -> None:
        view = self._view()
        with self.app.batch_update():
            self._board.draw(view)
            self._draw_lines(view)
            self._draw_keys()

    def tick(self) -> None:
        """Let ages and the clock go on; charts wait for data.

        Ages inside panes are read in minutes, or beside data that is known to be old: every few
        seconds is enough for them, and a third of the idle cost.
        """
        view = self._view()
        if view.now - self._ages_drawn_at >= _AGES:
            self._ages_drawn_at = view.now
            self._board.draw(view, lambda pane: pane is not self._board.metrics)
        self._draw_lines(view)

    def _draw_lines(self, view: PaneView) -> None:
        self.query_one(ScopeHeader).show(
            HeaderFacts(view.scope, view.now, production=self._production, write=self._write)
        )
        self.query_one(HeadlineBar).show(headline(self.feeds, view.scope, view.now, self._zone))
        self.query_one(FreshnessLine).show(self.feeds.freshness(), now=view.now)

    def _draw_keys(self) -> None:
        shown = available(self.focused_pane, write=self._write, actions=self._actions)
        pairs = tuple((SafeText(key_words(one.keys).split()[0]), SafeText(one.short)) for one in shown if one.short)
        self.query_one(KeyLine).show(pairs)

    def action_help(self) -> None:
        """The keys of the focused pane."""
        self.app.push_screen(HelpScreen(self.focused_pane, self._actions, self._glyphs, write=self._write))
