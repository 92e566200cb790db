"""The cluster's events, counted up while they repeat, held back when there are too many, gone after an hour."""

from __future__ import annotations

from typing import NamedTuple

from opsconsole.practice.shop import identity
from opsconsole.practice.shop.workload import Event, Pod, Revision, Workload

LIFETIME = 3600
"""Seconds an event is kept: the API server's `--event-ttl` default."""

BURST = 25
REFILL_SECONDS = 300
"""Events that one source may tell of one object at once, and seconds until it may tell one more.

client-go, `tools/record/events_cache.go`, EventSourceObjectSpamFilter.
"""

_CONTROLLERS = {
    "Deployment": "deployment-controller",
    "StatefulSet": "statefulset-controller",
    "DaemonSet": "daemonset-controller",
    "ReplicaSet": "replicaset-controller",
}


class About(NamedTuple):
    """What an event is about."""

    kind: str
    namespace: str
    name: str
    uid: str


class EventLog:
    """Events as the API server would hold them."""

    def __init__(self) -> None:
        """Nothing has happened yet."""
        self._number = 0
        self._events: dict[tuple[str, str, str], Event] = {}
        self._seen: dict[tuple[str, str, str], int] = {}
        """How often each happened, told or not: the count that the next one told will have."""
        self._budgets: dict[tuple[str, str, str], tuple[float, int]] = {}
        """What is left to each source and object, and when that was."""

    def at(self, now: float) -> list[Event]:
        """Those not expired at `now` (unix seconds), oldest first."""
        return sorted((event for event in self._events.values() if event.last > now - LIFETIME), key=lambda e: e.number)

    def forget(self, now: float) -> None:
        """Drop what has expired."""
        self._events = {key: event for key, event in self._events.items() if event.last > now - LIFETIME}
        self._seen = {key: count for key, count in self._seen.items() if key in self._events}
        recent = now - BURST * REFILL_SECONDS
        self._budgets = {key: budget for key, budget in self._budgets.items() if budget[1] > recent}

    def of_pod(self, pod: Pod, at: int, reason: str, message: str, *, warning: bool = False) -> None:
        """Something the kubelet says of a pod's container."""
        field = f"spec.containers{{{pod.service.name}}}"
        about = About("Pod", pod.namespace, pod.name, pod.uid)
        self._add(at, about, field, reason, message, "kubelet", f"node-{pod.node + 1}", warning)

    def of_scheduling(self, pod: Pod, at: int, reason: str, message: str, *, warning: bool = False) -> None:
        """Something the scheduler says of a pod."""
        about = About("Pod", pod.namespace, pod.name, pod.uid)
        self._add(at, about, "", reason, message, "default-scheduler", "", warning)

    def of_workload(self, workload: Workload, at: int, reason: str, message: str) -> None:
        """Something its controller does."""
        about = About(workload.kind.value, workload.namespace, workload.name, workload.uid)
        self._add(at, about, "", reason, message, _CONTROLLERS[about.kind], "", False)

    def of_replica_set(self, owner: Revision, namespace: str, at: int, reason: str, message: str) -> None:
        """A ReplicaSet makes or removes a pod."""
        about = About("ReplicaSet", namespace, owner.name, owner.uid)
        self._add(at, about, "", reason, message, _CONTROLLERS[about.kind], "", False)

    def of_job(self, pod: Pod, at: int, job: str) -> None:
        """A job makes its pod."""
        about = About("Job", pod.namespace, job, identity.uid("job", job))
        self._add(at, about, "", "SuccessfulCreate", f"Created pod: {pod.name}", "job-controller", "", False)

    def _allowed(self, source: tuple[str, str, str], at: int) -> bool:
        """Whether the source may tell one more; takes it from its budget."""
        left, since = self._budgets.get(source, (float(BURST), at))
        left = min(float(BURST), left + (at - since) / REFILL_SECONDS)
        allowed = left >= 1.0
        self._budgets[source] = (left - 1.0 if allowed else left, at)
        return allowed

    def _add(
        self, at: int, about: About, field: str, reason: str, message: str, component: str, host: str, warning: bool
    ) -> None:
        key = (about.uid, reason, message)
        known = self._events.get(key)
        if known is not None and known.last <= at - LIFETIME:
            known = None
            self._seen.pop(key, None)
        count = self._seen[key] = self._seen.get(key, 0) + 1
        if not self._allowed((component, host, about.uid), at):
            return
        self._number += 1
        if known is not None:
            known.last, known.count, known.number = at, count, self._number
            return
        mark = int.from_bytes(identity.digest(about.uid, reason, message, at)[:8], "big")
        self._events[key] = Event(
            uid=identity.uid("event", *key, at),
            namespace=about.namespace,
            kind=about.kind,
            name=f"{about.name}.{mark:016x}",
            object_name=about.name,
            object_uid=about.uid,
            field_path=field,
            type="Warning" if warning else "Normal",
            reason=reason,
            message=message,
            component=component,
            host=host,
            first=at,
            last=at,
            number=self._number,
            count=count,
        )
