"""Has the incident that is worked on tell what the feeds see."""

from __future__ import annotations

from collections.abc import Callable

from textual.screen import Screen

from opsconsole.domain.errors import OpsConsoleError
from opsconsole.feeds import topic as topics
from opsconsole.feeds.cluster_feeds import ClusterFeeds
from opsconsole.feeds.topic import Topic
from opsconsole.incidents.recording.recorder import Recorder
from opsconsole.incidents.recording.sight import Sight
from opsconsole.incidents.records import Records

_TELLING = frozenset({topics.ALERTS, topics.CHANGES, topics.PODS, topics.WORKLOADS})


class TimelineKeeper:
    """Looks at new snapshots one look at a time, in the background; several that come during one make one more."""

    def __init__(self, screen: Screen[None], opened: Callable[[], Records | None]) -> None:
        """`opened` gives the records while they are open. Says on `screen`, once, that something can't be written."""
        self._screen = screen
        self._opened = opened
        self._recorder: tuple[Records, Recorder] | None = None
        self._looking = False
        self._more = False
        self._trouble = ""

    def topic_changed(self, topic: Topic, feeds: ClusterFeeds) -> None:
        """There is a new snapshot. Nothing happens while no incident is worked on."""
        if topic not in _TELLING or (records := self._opened()) is None or records.book.current is None:
            return
        if self._looking:
            self._more = True
            return
        self._looking = True
        self._screen.run_worker(self._look(records, feeds), group="timeline")

    async def _look(self, records: Records, feeds: ClusterFeeds) -> None:
        # Scalings are told by nobody else.
        feeds.want(topics.WORKLOADS)
        if self._recorder is None or self._recorder[0] is not records:
            self._recorder = (records, Recorder(records))
        recorder = self._recorder[1]
        try:
            self._more = True
            while self._more:
                self._more = False
                await recorder.look(_sight(feeds))
            self._trouble = ""
        except OpsConsoleError as error:
            self._warn(str(error))
        finally:
            self._looking = False

    def _warn(self, trouble: str) -> None:
        """Say it once, until it went well in between."""
        if trouble != self._trouble:
            self._screen.notify(
                f"the incident's timeline is not written: {trouble}", severity="error", markup=False, timeout=20
            )
        self._trouble = trouble


def _sight(feeds: ClusterFeeds) -> Sight:
    return Sight(
        feeds.snapshot(topics.ALERTS),
        feeds.snapshot(topics.CHANGES),
        feeds.snapshot(topics.PODS),
        feeds.snapshot(topics.WORKLOADS),
    )
