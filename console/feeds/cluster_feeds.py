"""All feeds of one cluster, bound to one scope."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from typing import Any

import msgspec

from opsconsole.clock import Clock
from opsconsole.domain.console_snapshot import ConsoleSnapshot, PanelSnapshot
from opsconsole.domain.log_query import LogOrigin, LogSearch
from opsconsole.domain.scope import Scope
from opsconsole.domain.series import Panel, PanelList
from opsconsole.domain.snapshot import FeedState, Snapshot, SourceFreshness, SourceName
from opsconsole.domain.time_range import TimeRange
from opsconsole.feeds import topic as topics
from opsconsole.feeds.alert_board import alert_board
from opsconsole.feeds.feed import Feed, Pace
from opsconsole.feeds.freshness import worst_of
from opsconsole.feeds.questions import (
    DISCOVERY,
    HEARD_WITHIN,
    OF_THE_WINDOW,
    PROBE_INTERVAL,
    SOURCE_OF,
    UNJUDGED,
    WATCHED,
    Asker,
)
from opsconsole.feeds.restraint import Restraint
from opsconsole.feeds.topic import Topic, TopicKind, panel_topic
from opsconsole.sources.protocols import LogSource, Sources, TraceSource, WorkloadSource

DISCOVERY_INTERVAL = 60.0
"""Seconds between two looks at which metrics and services the server has."""

_OF_ALERTS = (topics.ALERTS, topics.RULE_ALERTS)
_OF_THE_PLACE = (topics.PODS, topics.PROBES, topics.CHANGES, topics.PANELS)
_LOGS_AND_TRACES = (topics.LOGS, topics.LOG_HISTOGRAM, topics.TRACES)
_WHEN_WANTED = (topics.WORKLOADS, topics.NODES)
_OF_THE_SCOPE = (*_LOGS_AND_TRACES, *_OF_THE_PLACE, topics.SERVICES)

_WATCHED_SOURCES = frozenset(SOURCE_OF[kind] for kind in WATCHED)


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
        self._restraints = {source: Restraint(clock) for source in SourceName}
        self._started = False
        self._held = False

    # -- life ------------------------------------------------------------------------------------

    def start(self, *, alerts_first: bool = False) -> None:
        """Connect, and ask every configured source. Must run inside the event loop.

        With `alerts_first` the others wait for `set_scope` or `go_on`: where the alerts decide which
        service is looked at, whatever was asked before would be asked twice. Where nothing tells of alerts, nothing
        waits.
        """
        self._sources = self._connect()
        if self._sources.workloads is not None:
            self._sources.workloads.watch()
        self._started = True
        for topic in _OF_ALERTS:
            self._target(topic, keep_value=False)
        self._held = True
        if not alerts_first or not any(topic in self._feeds for topic in _OF_ALERTS):
            self.go_on()

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
        own = (self._sources.container_logs,) if self._sources.container_logs is not None else ()
        await asyncio.gather(*(source.close() for source in (*own, *self._sources.configured())))

    def refresh(self) -> None:
        """Ask everything now, past any back-off."""
        if self._sources.workloads is not None:
            self._sources.workloads.watch()
        for feed in tuple(self._feeds.values()):
            feed.refresh()

    def refresh_topic(self, topic: Topic) -> None:
        """Ask about `topic` now, past any back-off."""
        if (feed := self._feeds.get(topic)) is not None:
            feed.refresh()

    def want(self, topic: Topic) -> None:
        """Ask about `topic`, one of WORKLOADS and NODES, from now on; nothing happens when it is asked already."""
        if self._started and topic not in self._feeds:
            self._target(topic, keep_value=False)

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
            wanted = (topic for topic in _WHEN_WANTED if topic in self._feeds)
            for topic in (*_OF_THE_PLACE, *_LOGS_AND_TRACES, *wanted):
                self._target(topic, keep_value=False)
            return
        if old.traces != scope.traces:
            self._target(topics.TRACES, keep_value=False)
        if (old.logs, old.log_origin) != (scope.logs, scope.log_origin):
            for topic in (topics.LOGS, topics.LOG_HISTOGRAM):
                self._target(topic, keep_value=False)
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

    @property
    def sources(self) -> Sources:
        """All sources, for what is asked once and by hand; none are in it before `start`."""
        return self._sources

    @property
    def workloads(self) -> WorkloadSource | None:
        """The source of pods, for what is asked once and by hand; None before `start` and when not configured."""
        return self._sources.workloads

    def lines(self) -> LogSource | None:
        """The source of the scope's log lines, for what is asked once and by hand; None where there is none."""
        return self._sources.lines(self.scope.log_origin)

    def has_lines_of(self, origin: LogOrigin) -> bool:
        """Whether there is a source of lines from `origin` itself."""
        return (self._sources.logs if origin is LogOrigin.STORE else self._sources.container_logs) is not None

    def log_search(self) -> LogSearch:
        """The search that the newest lines answer, at this moment; for reading on from them."""
        return self._asker().log_search()

    @property
    def traces(self) -> TraceSource | None:
        """The source of traces, for what is asked once and by hand; None where there is none."""
        return self._sources.traces

    @property
    def clock(self) -> Clock:
        """The clock that the feeds go by."""
        return self._clock

    # -- what is known ---------------------------------------------------------------------------

    def snapshot(self, topic: Topic) -> Snapshot[Any]:
        """The last snapshot of `topic`; of ALERTS, the joined list of both alert sources."""
        if topic == topics.ALERTS:
            if not self._started:
                return self._unasked
            return alert_board(self._own(topics.ALERTS), self._own(topics.RULE_ALERTS))
        return self._own(topic) or self._unasked

    def kept(self, topic: Topic) -> bool:
        """Whether the value of `topic` answers the question before the present one, and is shown until that is."""
        feed = self._feeds.get(topic)
        return feed is not None and feed.kept

    def answered(self) -> bool:
        """Whether every question that was asked has an answer, or a reason why there is none."""
        known = [feed.snapshot for feed in self._feeds.values()]
        waiting = any(one.state is FeedState.CONNECTING or one.completeness.arriving for one in known)
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
                if feed.source is source and topic.kind not in UNJUDGED
            ]
            patience = max(stale_after, HEARD_WITHIN) if source in _WATCHED_SOURCES else stale_after
            entry = worst_of(source, snapshots or [self._unasked_of(source)], now, patience)
            entries.append(msgspec.structs.replace(entry, asked=self._sources.asked(source)))
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

    def _unasked_of(self, source: SourceName) -> Snapshot[Any]:
        """What is known of a source that no feed asks: one that is there is merely not wanted now."""
        idle = source in {one.name for one in self._sources.configured()}
        return Snapshot(FeedState.PAUSED) if idle and not self._held else self._unasked

    @property
    def _unasked(self) -> Snapshot[Any]:
        """What is known of a topic without a feed: nothing yet, or that nobody can answer."""
        asked = self._started and not self._held
        return Snapshot(FeedState.NOT_CONFIGURED if asked else FeedState.CONNECTING)

    # -- inside ----------------------------------------------------------------------------------

    def _own(self, topic: Topic) -> Snapshot[Any] | None:
        feed = self._feeds.get(topic)
        return None if feed is None else feed.snapshot

    def _asker(self) -> Asker:
        return Asker(self._sources, self.scope, self._clock, self._columns, self._configured_panels)

    def _retarget_panels(self) -> None:
        for topic in tuple(self._panels):
            self._target(topic, keep_value=True)

    def _target(self, topic: Topic, *, keep_value: bool) -> None:
        asker = self._asker()
        ask = asker.question(topic, self._panels.get(topic))
        if ask is None:
            return
        feed = self._feeds.get(topic)
        if feed is None:
            pace = self._pace
            if topic.kind in DISCOVERY:
                pace = msgspec.structs.replace(pace, interval=max(pace.interval, DISCOVERY_INTERVAL))
            if topic.kind is TopicKind.PROBES:
                pace = msgspec.structs.replace(pace, interval=min(pace.interval, PROBE_INTERVAL))
            feed = Feed(
                asker.source_of(topic),
                lambda snapshot: self._arrived(topic, snapshot),
                clock=self._clock,
                chance=self._chance,
                pace=pace,
                asked=lambda: self._asked_for(topic),
            )
            self._feeds[topic] = feed
        feed.source = asker.source_of(topic)
        feed.restraint = self._restraints[feed.source]
        repeats = self.scope.window.live or topic.kind not in OF_THE_WINDOW
        feed.target(ask, repeats=repeats, keep_value=keep_value, changed=asker.changed(topic))

    def _asked_for(self, topic: Topic) -> int:
        return self._sources.asked(self._feeds[topic].source) if topic in self._feeds else 0

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
