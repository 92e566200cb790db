"""The controllers: they compare what workloads wish with the pods there are, once a second."""

from __future__ import annotations

from opsconsole.practice.shop import founding, rollout
from opsconsole.practice.shop.events import EventLog
from opsconsole.practice.shop.fleet import Fleet
from opsconsole.practice.shop.nodes import Node
from opsconsole.practice.shop.topology import WorkloadKind
from opsconsole.practice.shop.workload import Revision, Workload

_GRACE = 30
AUTOSCALED, LEAST, MOST = "users", 2, 5
"""The Deployment that the autoscaler scales, and between which numbers of pods."""

_AUTOSCALER_SECONDS = 15
"""Between two looks (`--horizontal-pod-autoscaler-sync-period`)."""

HISTORY = "deployment.kubernetes.io/revision-history"
_NOT_COPIED = frozenset((founding.REVISION, HISTORY, founding.LAST_APPLIED))
"""Annotations of a Deployment that its ReplicaSets do not get (deployment util, `annotationsToSkip`)."""


class Controllers:
    """Of Deployments, StatefulSets and DaemonSets."""

    def __init__(self, fleet: Fleet, nodes: list[Node], events: EventLog) -> None:
        """They make and delete pods in `fleet`."""
        self._fleet, self._nodes, self._events = fleet, nodes, events

    def reconcile(self, workload: Workload, now: int) -> None:
        """One look at one workload."""
        if workload.name == AUTOSCALED and now % _AUTOSCALER_SECONDS == 0:
            self._autoscale(workload, now)
        workload.observed_generation = workload.generation
        if not workload.paused and workload.current.template != workload.template:
            self._revise(workload, now)
        pods = self._fleet.of(workload)
        if rollout.settled(workload, pods):
            if not workload.complete:
                workload.complete, workload.progress_at = True, now
            workload.rolled_out = workload.current.name
            self._prune(workload)
            return
        match workload.kind:
            case WorkloadKind.DEPLOYMENT:
                self._deployment(workload, now)
            case WorkloadKind.STATEFUL_SET:
                self._stateful_set(workload, now)
            case WorkloadKind.DAEMON_SET:
                self._daemon_set(workload, now)

    def _autoscale(self, workload: Workload, now: int) -> None:
        """Bring the number of pods between the bounds; no pods at all mean that nobody wants it scaled."""
        wanted = min(MOST, max(LEAST, workload.replicas))
        if workload.replicas and wanted != workload.replicas:
            workload.replicas = wanted
            workload.generation += 1
            words = f"New size: {wanted}; reason: Current number of replicas above Spec.MaxReplicas"
            words = words if wanted == MOST else words.replace("above Spec.Max", "below Spec.Min")
            self._events.of_workload(workload, now, "SuccessfulRescale", words)

    def _revise(self, workload: Workload, now: int) -> None:
        """Give the wished template the highest number, reusing a revision that has the same template."""
        newest = max(one.number for one in workload.revisions)
        same = next((one for one in workload.revisions if one.template == workload.template), None)
        copied = {key: value for key, value in workload.annotations.items() if key not in _NOT_COPIED}
        if same is None:
            same = founding.revision(workload, newest + 1, workload.template, now, copied)
            workload.revisions.append(same)
        elif same.number != newest:
            history = [*same.annotations.get(HISTORY, "").split(","), str(same.number)]
            kept = {HISTORY: ",".join(number for number in history if number)}
            same.number = newest + 1
            same.annotations = {**copied, **(kept if workload.kind is WorkloadKind.DEPLOYMENT else {})}
        if workload.kind is WorkloadKind.DEPLOYMENT:
            workload.annotations = {**workload.annotations, founding.REVISION: str(same.number)}
        workload.progress_at, workload.complete = now, False

    def _prune(self, workload: Workload) -> None:
        """Forget the oldest revisions beyond `revisionHistoryLimit`; what pods are made of stays."""
        limit = workload.settings.get("revisionHistoryLimit", 10)
        if len(workload.revisions) <= int(limit):
            return
        old = sorted((one for one in workload.revisions if one is not workload.current), key=lambda one: one.number)
        for revision in old[: max(0, len(old) - int(limit))]:
            workload.revisions.remove(revision)

    def _deployment(self, deployment: Workload, now: int) -> None:
        pods = self._fleet.of(deployment)
        for pod in rollout.to_remove(deployment, pods):
            self._scaled(deployment, pod.owner, -1, now)
            self._fleet.delete(pod, now, _GRACE)
            self._fleet.tell_deleted(pod, now)
        owner, count = rollout.missing(deployment, pods)
        for _ in range(count):
            self._scaled(deployment, owner, 1, now)
            self._fleet.create(deployment, owner, now)

    def _scaled(self, deployment: Workload, owner: Revision | None, by: int, now: int) -> None:
        if owner is None:
            return
        before = sum(pod.owner is owner and pod.deleted_at is None for pod in self._fleet.pods)
        owner.desired = max(0, before + by)
        deployment.progress_at = now
        way = "up" if by > 0 else "down"
        words = f"Scaled {way} replica set {owner.name} from {before} to {owner.desired}"
        self._events.of_workload(deployment, now, "ScalingReplicaSet", words)

    def _stateful_set(self, stateful_set: Workload, now: int) -> None:
        pods = self._fleet.of(stateful_set)
        ordinal = rollout.next_ordinal(stateful_set, pods)
        if ordinal is not None:
            partition = int(stateful_set.rolling.get("partition", 0))
            owner = stateful_set.current
            if ordinal < partition:
                owner = next((one for one in stateful_set.revisions if one.name == stateful_set.rolled_out), owner)
            self._fleet.create(stateful_set, owner, now, ordinal=ordinal)
            return
        doomed = rollout.next_to_replace(stateful_set, pods)
        if doomed is not None:
            self._fleet.delete(doomed, now, _GRACE)
            self._fleet.tell_deleted(doomed, now)

    def _daemon_set(self, daemon_set: Workload, now: int) -> None:
        pods = self._fleet.of(daemon_set)
        taken = {pod.node for pod in pods}
        for node in self._nodes:
            if node.index not in taken:
                self._fleet.create(daemon_set, daemon_set.current, now, node=node.index)
        for pod in rollout.agents_to_replace(daemon_set, self._fleet.of(daemon_set)):
            self._fleet.delete(pod, now, _GRACE)
            self._fleet.tell_deleted(pod, now)
