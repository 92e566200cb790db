"""The cluster's events, counted up while they repeat, gone after an hour."""

from __future__ import annotations

from collections.abc import Callable

from opsconsole.practice.shop import identity
from opsconsole.practice.shop.workload import Deployment, Event, Pod, ReplicaSet

LIFETIME = 3600
"""Seconds an event is kept: the API server's `--event-ttl` default."""


class EventLog:
    """Events as the API server would hold them."""

    def __init__(self, next_version: Callable[[], int]) -> None:
        """`next_version` gives the next resourceVersion."""
        self._next_version = next_version
        self._events: dict[tuple[str, str, str], Event] = {}

    def at(self, now: float) -> list[Event]:
        """Those not expired at `now` (unix seconds), oldest first."""
        return sorted(
            (event for event in self._events.values() if event.last > now - LIFETIME), key=lambda e: e.version
        )

    def forget(self, now: float) -> None:
        """Drop what has expired."""
        self._events = {key: event for key, event in self._events.items() if event.last > now - LIFETIME}

    def of_pod(self, pod: Pod, at: int, reason: str, message: str, *, warning: bool = False) -> None:
        """Something the kubelet says of a pod's container, or the scheduler of the pod."""
        scheduler = reason == "Scheduled"
        field = "" if scheduler else f"spec.containers{{{pod.service.name}}}"
        component = "default-scheduler" if scheduler else "kubelet"
        host = "" if scheduler else f"node-{pod.node + 1}"
        self._add(at, ("Pod", pod.namespace, pod.name, pod.uid), field, reason, message, component, host, warning)

    def of_deployment(self, deployment: Deployment, at: int, message: str) -> None:
        """A deployment scales one of its ReplicaSets."""
        about = ("Deployment", deployment.namespace, deployment.name, deployment.uid)
        self._add(at, about, "", "ScalingReplicaSet", message, "deployment-controller", "", False)

    def of_replica_set(self, owner: ReplicaSet, namespace: str, at: int, reason: str, message: str) -> None:
        """A ReplicaSet makes or removes a pod."""
        about = ("ReplicaSet", namespace, owner.name, owner.uid)
        self._add(at, about, "", reason, message, "replicaset-controller", "", False)

    def of_job(self, pod: Pod, at: int, job: str) -> None:
        """A job makes its pod."""
        about = ("Job", pod.namespace, job, identity.uid("job", job))
        self._add(at, about, "", "SuccessfulCreate", f"Created pod: {pod.name}", "job-controller", "", False)

    def _add(
        self,
        at: int,
        about: tuple[str, str, str, str],
        field: str,
        reason: str,
        message: str,
        component: str,
        host: str,
        warning: bool,
    ) -> None:
        kind, namespace, name, uid = about
        key = (uid, reason, message)
        known = self._events.get(key)
        if known is not None and known.last > at - LIFETIME:
            known.last = at
            known.count += 1
            known.version = self._next_version()
            return
        mark = int.from_bytes(identity.digest(uid, reason, message, at)[:8], "big")
        self._events[key] = Event(
            uid=identity.uid("event", *key, at),
            namespace=namespace,
            kind=kind,
            name=f"{name}.{mark:016x}",
            object_name=name,
            object_uid=uid,
            field_path=field,
            type="Warning" if warning else "Normal",
            reason=reason,
            message=message,
            component=component,
            host=host,
            first=at,
            last=at,
            version=self._next_version(),
        )
