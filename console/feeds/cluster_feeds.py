"""All feeds of one cluster, bound to one scope."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from typing import Any

import msgspec

from opsconsole.clock import Clock
from opsconsole.domain.console_snapshot import ConsoleSnapshot, PanelSnapshot
from opsconsole.domain.scope import Scope
from opsconsole.domain.series import Panel, PanelList
from opsconsole.domain.snapshot import FeedState, Snapshot, SourceFreshness, SourceName
from opsconsole.domain.time_range import TimeRange
from opsconsole.feeds import topic as topics
from opsconsole.feeds.alert_board import alert_board
from opsconsole.feeds.feed import Feed, Pace
from opsconsole.feeds.freshness import worst_of
from opsconsole.feeds.questions import DISCOVERY, OF_THE_WINDOW, SOURCE_OF, Asker
from opsconsole.feeds.topic import Topic, TopicKind, panel_topic
from opsconsole.sources.protocols import Sources

DISCOVERY_INTERVAL = 60.0
"""Seconds between two looks at which metrics and services the server has."""

_OF_ALERTS = (topics.ALERTS, topics.RULE_ALERTS)
_OF_THE_PLACE = (topics.PODS, topics.CHANGES, topics.PANELS)
_LOGS_AND_TRACES = (topics.LOGS, topics.LOG_HISTOGRAM, topics.TRACES)
_OF_THE_SCOPE = (*_LOGS_AND_TRACES, *_OF_THE_PLACE, topics.SERVICES)


class ClusterFeeds:
    """Starts, retargets and stops the feeds; `on_change` is told the topic of every new snapshot."""

    def __init__(
        self,
        connect: Callable[[], Sources],
        scope: Scope,
        on_change: Callable[[Topic], object],
        *,
        clock: Clock,
        chance: random.Random,
        pace: Pace,
        panels: tuple[Panel, ...] = (),
    ) -> None:
        """`connect` makes the sources; it is called by `start`, and nothing is asked before."""
        self.scope = scope
        self._connect = connect
        self._sources = Sources()
        self._started = False
        self._held = False
        self._on_change = on_change
        self._clock = clock
        self._chance = chance
        self._pace = pace
        self._configured_panels = panels
        self._columns = 180
        self._feeds: dict[Topic, Feed[Any]] = {}
        self._panels: dict[Topic, Panel] = {}
        self._started = False
        self._held = False

    # -- life ------------------------------------------------------------------------------------

    def start(self, *, alerts_first: bool = False) -> None:
        """Connect, and ask every configured source. Must run inside the event loop.

        With `alerts_first` the others wait for `set_scope` or `go_on`: where the alerts decide which
        service is looked at, whatever was asked before would be asked twice.
        """
        self._sources = self._connect()
        self._started = True
        self._held = alerts_first
        for topic in _OF_ALERTS if alerts_first else (*_OF_ALERTS, *_OF_THE_SCOPE):
            self._target(topic, keep_value=False)

    def go_on(self) -> None:
        """Ask what `start` held back."""
        if self._held:
            self._held = False
            for topic in _OF_THE_SCOPE:
                self._target(topic, keep_value=False)

    async def stop(self) -> None:
        """End all tasks and close the sources."""
        feeds = list(self._feeds.values())
        self._feeds.clear()
        await asyncio.gather(*(feed.stop() for feed in feeds))
        await asyncio.gather(*(source.close() for source in self._sources.configured()))

    def refresh(self) -> None:
        """Ask everything now, past any back-off."""
        for feed in tuple(self._feeds.values()):
            feed.refresh()

    # -- scope -----------------------------------------------------------------------------------

    def set_scope(self, scope: Scope) -> None:
        """Follow `scope`: what no longer fits is asked anew, older questions are dropped."""
        old, self.scope = self.scope, scope
        if self._held:
            self.go_on()
            return
        place_changed = (old.selection.namespace, old.selection.service, old.selection.pod) != (
            scope.selection.namespace,
            scope.selection.service,
            scope.selection.pod,
        )
        if place_changed:
            self._match_panels(PanelList(()))
            for topic in (*_OF_THE_PLACE, *_LOGS_AND_TRACES):
                self._target(topic, keep_value=False)
            return
        same_trace = old.selection.trace == scope.selection.trace
        same_moment = old.window == scope.window and old.cursor == scope.cursor
        if not same_moment or not same_trace:
            for topic in _LOGS_AND_TRACES:
                self._target(topic, keep_value=same_trace)
        if old.window != scope.window:
            self._retarget_panels()

    def set_columns(self, columns: int) -> None:
        """How many samples across a chart shows; decides the query step."""
        if columns > 0 and columns != self._columns:
            self._columns = columns
            self._retarget_panels()

    def span(self) -> TimeRange:
        """The absolute range of the scope at this moment."""
        return self.scope.window.resolve(self._clock.now())

    # -- what is known ---------------------------------------------------------------------------

    def snapshot(self, topic: Topic) -> Snapshot[Any]:
        """The last snapshot of `topic`; of ALERTS, the joined list of both alert sources."""
        if topic == topics.ALERTS:
            if not self._started:
                return self._unasked
            return alert_board(self._own(topics.ALERTS), self._own(topics.RULE_ALERTS))
        return self._own(topic) or self._unasked

    def answered(self) -> bool:
        """Whether every question that was asked has an answer, or a reason why there is none."""
        waiting = any(feed.snapshot.state is FeedState.CONNECTING for feed in self._feeds.values())
        return self._started and not self._held and not waiting

    def panels(self) -> tuple[Panel, ...]:
        """The panels being read, in their catalogue order."""
        return tuple(self._panels.values())

    def freshness(self) -> tuple[SourceFreshness, ...]:
        """Every source's entry of the freshness line, configured or not."""
        now = self._clock.now()
        stale_after = self._pace.interval * (1 + self._pace.jitter) + self._pace.late
        entries = []
        for source in SourceName:
            snapshots = [
                feed.snapshot
                for topic, feed in self._feeds.items()
                if feed.source is source and topic.kind not in DISCOVERY
            ]
            entries.append(worst_of(source, snapshots or [self._unasked], now, stale_after))
        return tuple(entries)

    def console_snapshot(self) -> ConsoleSnapshot:
        """All that is known, as one value."""
        return ConsoleSnapshot(
            taken_at=self._clock.now(),
            scope=self.scope,
            span=self.span(),
            freshness=self.freshness(),
            alerts=self.snapshot(topics.ALERTS),
            panels=tuple(
                PanelSnapshot(topic.panel, feed.snapshot)
                for topic, feed in self._feeds.items()
                if topic.kind is TopicKind.PANEL
            ),
            logs=self.snapshot(topics.LOGS),
            log_histogram=self.snapshot(topics.LOG_HISTOGRAM),
            traces=self.snapshot(topics.TRACES),
            pods=self.snapshot(topics.PODS),
            changes=self.snapshot(topics.CHANGES),
        )

    @property
    def _unasked(self) -> Snapshot[Any]:
        """What is known of a topic without a feed: nothing yet, or that nobody can answer."""
        asked = self._started and not self._held
        return Snapshot(FeedState.NOT_CONFIGURED if asked else FeedState.CONNECTING)

    # -- inside ----------------------------------------------------------------------------------

    def _own(self, topic: Topic) -> Snapshot[Any] | None:
        feed = self._feeds.get(topic)
        return None if feed is None else feed.snapshot

    def _retarget_panels(self) -> None:
        for topic in tuple(self._panels):
            self._target(topic, keep_value=True)

    def _target(self, topic: Topic, *, keep_value: bool) -> None:
        asker = Asker(self._sources, self.scope, self._clock, self._columns, self._configured_panels)
        ask = asker.question(topic, self._panels.get(topic))
        if ask is None:
            return
        feed = self._feeds.get(topic)
        if feed is None:
            pace = self._pace
            if topic.kind in DISCOVERY:
                pace = msgspec.structs.replace(pace, interval=max(pace.interval, DISCOVERY_INTERVAL))
            feed = Feed(
                SOURCE_OF[topic.kind],
                lambda snapshot: self._arrived(topic, snapshot),
                clock=self._clock,
                chance=self._chance,
                pace=pace,
            )
            self._feeds[topic] = feed
        feed.target(ask, repeats=self.scope.window.live or topic.kind not in OF_THE_WINDOW, keep_value=keep_value)

    def _arrived(self, topic: Topic, snapshot: Snapshot[Any]) -> None:
        if topic.kind is TopicKind.PANELS and isinstance(snapshot.value, PanelList):
            self._match_panels(snapshot.value)
        self._on_change(topics.ALERTS if topic == topics.RULE_ALERTS else topic)

    def _match_panels(self, found: PanelList) -> None:
        """Start a feed for each new or altered panel, end those of panels that are gone."""
        wanted = {panel_topic(panel.id): panel for panel in found.panels}
        old, self._panels = self._panels, wanted
        for topic in old:
            if topic not in wanted:
                self._feeds.pop(topic).cancel()
        for topic, panel in wanted.items():
            if old.get(topic) != panel:
                self._target(topic, keep_value=False)
