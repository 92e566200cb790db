"""What events tell of pods: how their probes fare, and warnings about making them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from opsconsole.safe_text import safe_text
from opsconsole.sources.kubernetes.objects import ContainerStatus, EventObject
from opsconsole.sources.kubernetes.pod_health import PodWarning
from opsconsole.sources.kubernetes.probe_events import times_of
from opsconsole.sources.kubernetes.probing.probe_watch import ProbeWatch
from opsconsole.sources.kubernetes.watching.keeper import SLICE, Keeper

WARNED_PODS = 5_000
"""Pods whose warnings are kept; the oldest are forgotten first."""

_TOLD = frozenset(
    {
        "FailedScheduling",
        "Failed",
        "FailedMount",
        "FailedAttachVolume",
        "FailedMapVolume",
        "FailedCreatePodSandBox",
        "NetworkNotReady",
    }
)
"""Reasons that explain why a pod does not run; the others repeat what its status says."""


class EventKeeper(Keeper[EventObject, EventObject]):
    """Feeds a `ProbeWatch`, and keeps the newest warning of each telling reason by pod.

    Events themselves are not kept: that they expire after an hour changes nothing that they said.
    """

    def __init__(self, probes: ProbeWatch, matters: Callable[[str], bool], learned: Callable[[str], None]) -> None:
        """`matters` says whether the pod with a uid is, or may be, there; `learned` hears of which one got news."""
        super().__init__()
        self._probes = probes
        self._matters = matters
        self._learned = learned
        self._warnings: dict[str, dict[str, PodWarning]] = {}
        self._told: dict[str, None] = {}

    def warnings(self, uid: str) -> tuple[PodWarning, ...]:
        """Warnings about a pod, newest first."""
        found = self._warnings.get(uid)
        return () if not found else tuple(sorted(found.values(), key=lambda warning: -warning.at))

    def saw_status(self, uid: str, status: ContainerStatus, at: float) -> None:
        """A container's status was seen at `at` (unix seconds)."""
        if uid in self._told:
            self._probes.saw_status(uid, status, at)

    def keep_only(self, known: Callable[[str], bool]) -> None:
        """Forget pods that are not known."""
        gone = [uid for uid in self._told if not known(uid)]
        for uid in gone:
            self.forget_pod(uid)

    def forget_pod(self, uid: str) -> None:
        """The pod is gone."""
        if self._told.pop(uid, self) is self:
            return
        self._warnings.pop(uid, None)
        self._probes.forget((uid,))

    def begin(self, place: str | None) -> None:
        """A list starts; what was learned before stays."""

    async def page(self, place: str | None, items: Sequence[EventObject]) -> None:
        """The next events, taken in at once: they only add to what is known."""
        del place
        for start in range(0, len(items), SLICE):
            for item in items[start : start + SLICE]:
                self.put(item)
            await asyncio.sleep(0)

    def complete(self, place: str | None) -> None:
        """The list is whole; events that it lacks have expired."""

    def is_known(self, item: EventObject) -> bool:
        """Never: an event that was seen before tells nothing new, and is not counted again."""
        del item
        return False

    def prepare(self, item: EventObject) -> EventObject:
        """The event."""
        return item

    def put(self, prepared: EventObject) -> None:
        """Learn from it."""
        uid = prepared.involved_object.uid
        if not uid or not self._matters(uid):
            return
        self._told[uid] = None
        self._probes.saw_event(prepared)
        if (prepared.reason in _TOLD and self._warned(uid, prepared)) or uid in self._probes.stirred():
            self._learned(uid)

    def drop(self, uid: str) -> None:
        """It has expired; what it said stays."""

    def uids(self, place: str | None) -> list[str]:
        """None: events are not kept."""
        del place
        return []

    def _warned(self, uid: str, event: EventObject) -> bool:
        _, last, count = times_of(event)
        warnings = self._warnings.setdefault(uid, {})
        known = warnings.get(event.reason)
        if last is None or (known is not None and last < known.at):
            return False
        warnings[event.reason] = PodWarning(event.reason, safe_text(event.message, 1024), last, count)
        while len(self._warnings) > WARNED_PODS:
            self._warnings.pop(next(iter(self._warnings)))
        return True
