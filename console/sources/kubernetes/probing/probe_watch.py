"""What is known of every probe while the cluster is watched."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Protocol

from opsconsole.domain.pod import ProbeKind
from opsconsole.domain.probe_counters import ProbeCounters
from opsconsole.sources.kubernetes.objects import ContainerStatus, EventObject
from opsconsole.sources.kubernetes.probe_events import ProbeKey, probe_news, times_of
from opsconsole.sources.kubernetes.probing.event_budget import EventBudget
from opsconsole.sources.kubernetes.probing.event_counts import NAMES, EventCounts
from opsconsole.sources.kubernetes.probing.probe_run import ProbeHistory


class ProbeHistories(Protocol):
    """Who knows probes' histories: a `ProbeWatch`, or a mapping made of one list of events."""

    def get(self, key: ProbeKey, default: ProbeHistory, /) -> ProbeHistory:
        """The history of one probe, `default` when nothing was seen of it."""
        ...


class Unheard:
    """Histories while events can't be read: what was seen stays, and silence says nothing."""

    def __init__(self, histories: ProbeHistories) -> None:
        """The same as `histories` otherwise."""
        self._histories = histories

    def get(self, key: ProbeKey, default: ProbeHistory, /) -> ProbeHistory:
        """The history of one probe, `default` when nothing was seen of it."""
        return replace(self._histories.get(key, default), heard=False)


class _PodEvents:
    """Of one pod: its probes' histories, its events' counts, and what is left of the kubelet's budget."""

    __slots__ = ("budget", "counts", "histories", "ready", "tally")

    def __init__(self) -> None:
        self.histories: dict[tuple[str, ProbeKind], ProbeHistory] = {}
        self.counts = EventCounts()
        self.budget = EventBudget()
        self.tally: dict[str, int] = {}
        self.ready: dict[str, tuple[bool, bool]] = {}


class ProbeWatch:
    """Keeps the histories of probes by pod: events, counters and statuses go in, `get` gives a probe's history.

    Everything is told in the order in which it was seen. Memory is held only for pods with warnings or with
    counters, and bounded for each.
    """

    def __init__(self) -> None:
        """Nothing is known yet."""
        self._pods: dict[str, _PodEvents] = {}
        self._stirred: set[str] = set()

    def get(self, key: ProbeKey, default: ProbeHistory, /) -> ProbeHistory:
        """The history of one probe, `default` when nothing was seen of it."""
        pod = self._pods.get(key[0])
        if pod is None:
            return default
        return replace(pod.histories.get((key[1], key[2]), default), budget=pod.budget)

    def saw_event(self, event: EventObject) -> None:
        """An event of a pod was listed, added or changed.

        Give warnings of every reason: all of them spend the kubelet's budget, and a pod whose burst went on
        others says nothing of its probes any more.
        """
        uid = event.involved_object.uid
        warning, news = event.type == "Warning", probe_news(event)
        if event.involved_object.kind not in ("", "Pod") or not (warning or news):
            return
        pod = self._pods.setdefault(uid, _PodEvents())
        if warning:
            self._spend(pod, event)
        if news is None:
            return
        key = (news.key[1], news.key[2])
        before = pod.histories.get(key, ProbeHistory())
        history, pod.counts = news.told(before, pod.counts)
        if history is not before:
            pod.histories[key] = history
            self._stirred.add(uid)

    def saw_status(self, uid: str, status: ContainerStatus, at: float) -> None:
        """A container's status was seen at `at` (unix seconds); turning ready or started proves a success."""
        pod = self._pods.get(uid)
        if pod is None:
            return
        ready, started = pod.ready.get(status.name, (status.ready, bool(status.started)))
        for kind, turned in (
            (ProbeKind.READINESS, status.ready and not ready),
            (ProbeKind.STARTUP, bool(status.started) and not started),
        ):
            history = pod.histories.get((status.name, kind))
            if turned and history is not None:
                pod.histories[status.name, kind] = history.observe_success(at)
        pod.ready[status.name] = (status.ready, bool(status.started))

    def learn(self, counters: ProbeCounters) -> None:
        """Counters were read."""
        if counters.evidence is None:
            return
        for counter in counters.counters:
            pod = self._pods.setdefault(counter.pod_uid, _PodEvents())
            key = (str(counter.container), counter.kind)
            before = pod.histories.get(key, ProbeHistory())
            after = before.observe_counter(counter.samples, counters.evidence)
            if after.samples != before.samples:
                pod.histories[key] = after
                self._stirred.add(counter.pod_uid)

    def stirred(self) -> frozenset[str]:
        """Uids of pods of which something new was learned since the last call."""
        stirred, self._stirred = frozenset(self._stirred), set()
        return stirred

    def forget(self, uids: Iterable[str]) -> None:
        """Pods are gone."""
        for uid in uids:
            self._pods.pop(uid, None)
            self._stirred.discard(uid)

    @staticmethod
    def _spend(pod: _PodEvents, event: EventObject) -> None:
        """Take an event off the budget. A count that has grown was sent once, by however much it grew."""
        first, last, count = times_of(event)
        name = event.metadata.uid or event.metadata.name
        known = pod.tally.get(name)
        if first is None or last is None or known == count:
            return
        pod.tally[name] = count
        while len(pod.tally) > NAMES:
            pod.tally.pop(next(iter(pod.tally)))
        pod.budget = pod.budget.spend(count if known is None else 1, first if known is None else last, last)
