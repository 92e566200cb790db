"""Everything watched of a cluster, and what each kind of object tells of the others."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from itertools import chain

from opsconsole.domain.cluster_object import Kind
from opsconsole.domain.node import Node
from opsconsole.domain.pod import Change, Pod
from opsconsole.domain.text import SafeText
from opsconsole.domain.workload import Workload
from opsconsole.sources.kubernetes.changes import (
    as_replica_set,
    changes_of,
    job_start_of,
    restarts_of,
    revision_of,
    rollouts_of,
)
from opsconsole.sources.kubernetes.nodes import domain_node
from opsconsole.sources.kubernetes.objects import ControllerRevisionObject, PodObject, ReplicaSetObject
from opsconsole.sources.kubernetes.pods import Told
from opsconsole.sources.kubernetes.probing.probe_watch import ProbeWatch, Unheard
from opsconsole.sources.kubernetes.watching.endpoint_keeper import EndpointKeeper
from opsconsole.sources.kubernetes.watching.event_keeper import EventKeeper
from opsconsole.sources.kubernetes.watching.keeper import SLICE, Table
from opsconsole.sources.kubernetes.watching.pod_keeper import PodKeeper
from opsconsole.sources.kubernetes.watching.versions import Versions
from opsconsole.sources.kubernetes.workload_objects import AutoscalerObject, BudgetObject, NodeObject, WorkloadObject
from opsconsole.sources.kubernetes.workloads import domain_workload
from opsconsole.sources.protocols import Watched

WORKLOAD_KINDS = (Kind.DEPLOYMENT, Kind.STATEFUL_SET, Kind.DAEMON_SET, Kind.JOB)

REVISION_HASH = "controller-revision-hash"
"""The label by which a pod of a StatefulSet or DaemonSet names its revision."""
_HASH_LABEL = SafeText(REVISION_HASH)

REVIEWED = 100
"""Pods judged anew at a time only because time has passed; 10 ms."""


class ClusterState:
    """Pods by health, changes, workloads and nodes, each with a version that grows when it changes."""

    def __init__(self, now: Callable[[], float], probes: ProbeWatch) -> None:
        """Empty. `now` gives the server's unix seconds; `probes` is fed with the events."""
        self.versions = Versions()
        self.pods = PodKeeper(self._tell, self._pod_changed, now)
        self.events = EventKeeper(probes, self._may_exist, self.pods.rejudge)
        self.replica_sets: Table[ReplicaSetObject] = Table(self._replica_set_changed)
        self.controller_revisions: Table[ControllerRevisionObject] = Table(self._controller_revision_changed)
        self.endpoints = EndpointKeeper(self._traffic_changed)
        self.node_objects: Table[NodeObject] = Table(self._node_changed)
        self.workload_objects: dict[Kind, Table[WorkloadObject]] = {
            kind: Table(self._workload_changed) for kind in WORKLOAD_KINDS
        }
        self.autoscalers: Table[AutoscalerObject] = Table(self._bounds_changed)
        self.budgets: Table[BudgetObject] = Table(self._bounds_changed)
        self._probes = probes
        self._unheard = Unheard(probes)
        self._heard: Mapping[str | None, bool] = {}
        self._now = now
        self._nodes: dict[str, Node] = {}
        self._numbers: dict[tuple[str, str, str], int] = {}
        self._restarts: dict[str, tuple[Change, ...]] = {}
        self._rollouts: tuple[Change, ...] | None = ()
        self._undated: set[str] = set()
        self._workloads: dict[str, Workload] = {}
        self._pods_whole = False

    # -- answers -----------------------------------------------------------------------------------

    def pods_by_health(self) -> tuple[Pod, ...]:
        """All pods, those in trouble first; a few whose time has come are judged anew before."""
        self.pods.review(REVIEWED)
        return self.pods.by_health()

    def changes(self, namespace: str | None, service: str | None) -> tuple[Change, ...]:
        """Rollouts and restarts, newest first; of one namespace and service, or of all (None)."""
        if self._rollouts is None:
            self._undated.clear()
            others = map(as_replica_set, self.controller_revisions.items.values())
            self._rollouts = tuple(rollouts_of(chain(self.replica_sets.items.values(), others), self._first_pod))
        restarts = (change for changes in self._restarts.values() for change in changes)
        return changes_of(_within(self._rollouts, namespace, service), _within(restarts, namespace, service))

    def workloads(self, namespace: str | None) -> tuple[Workload, ...]:
        """Workloads of one namespace or of all, in no order."""
        found = []
        for kind, table in self.workload_objects.items():
            for item in table.of(namespace):
                uid = item.metadata.uid
                workload = self._workloads.get(uid)
                if workload is None:
                    place = item.metadata.namespace
                    workload = domain_workload(kind, item, self.autoscalers.of(place), self.budgets.of(place))
                    self._workloads[uid] = workload
                found.append(workload)
        return tuple(found)

    def nodes(self) -> tuple[Node, ...]:
        """All nodes, in no order."""
        return tuple(self._nodes.values())

    def learn(self, uids: Iterable[str]) -> None:
        """Something new is known of the probes of these pods."""
        for uid in uids:
            self.pods.rejudge(uid)

    def set_whole(self, whole: bool) -> None:
        """Whether all pods are known; if so, what events told of other pods is of no use."""
        if whole and not self._pods_whole:
            self.events.keep_only(self.pods.__contains__)
        self._pods_whole = whole

    def set_heard(self, heard: Mapping[str | None, bool]) -> bool:
        """By place (a namespace, or None for all others) whether its events can be read.

        Returns whether that is news, and `judge_anew` is due.
        """
        before, self._heard = self._heard, heard
        return {place for place, one in before.items() if not one} != {place for place, one in heard.items() if not one}

    async def judge_anew(self) -> None:
        """Judge all pods once more, in slices so that nothing else waits long; 0.1 ms a pod."""
        uids = self.pods.uids(None)
        for start in range(0, len(uids), SLICE):
            self.learn(uids[start : start + SLICE])
            await asyncio.sleep(0)

    # -- what each tells of the others -------------------------------------------------------------

    def _tell(self, item: PodObject) -> Told:
        uid = item.metadata.uid
        for status in (*(item.status.container_statuses or ()), *(item.status.init_container_statuses or ())):
            self.events.saw_status(uid, status, self._now())
        return Told(
            histories=self._probes if self._hears(item.metadata.namespace) else self._unheard,
            warnings=self.events.warnings(uid),
            revision=self._revision(item),
            in_endpoints=self.endpoints.takes_traffic(uid),
            node=self._nodes.get(item.spec.node_name),
        )

    def _hears(self, namespace: str) -> bool:
        return self._heard.get(namespace, self._heard.get(None, True))

    def _revision(self, item: PodObject) -> str:
        owner, labels = item.metadata.controller, item.metadata.labels or {}
        if owner is None:
            return ""
        replica_set = self.replica_sets.items.get(owner.uid)
        number = revision_of(replica_set) if replica_set is not None else 0
        if REVISION_HASH in labels:
            number = self._numbers.get((item.metadata.namespace, owner.name, labels[REVISION_HASH]), 0)
        return str(number or "")

    def _pod_changed(self, before: Pod | None, after: Pod | None) -> None:
        self.versions.grow(Watched.PODS)
        pod = after or before
        if pod is None:
            return
        restarts = (*restarts_of(pod), *job_start_of(pod)) if after is not None else ()
        if restarts != self._restarts.get(pod.uid, ()):
            self._restarts[pod.uid] = restarts
            self.versions.grow(Watched.CHANGES)
        if before is None and any(self.pods.owned_by(uid) for uid in self._undated):
            # The first pod of a revision that was rolled back to tells when that was.
            self._rollouts = None
            self.versions.grow(Watched.CHANGES)
        if after is None:
            self._restarts.pop(pod.uid, None)
            self.events.forget_pod(pod.uid)

    def _may_exist(self, uid: str) -> bool:
        return not self._pods_whole or uid in self.pods

    def _replica_set_changed(self, before: ReplicaSetObject | None, after: ReplicaSetObject | None) -> None:
        known = after or before
        if known is None:
            return
        was, is_now = (revision_of(one) if one is not None else 0 for one in (before, after))
        if was == is_now:
            return
        self._rollouts = None
        self.versions.grow(Watched.CHANGES)
        if after is not None:
            for pod in self.pods.owned_by(known.metadata.uid):
                self.pods.revise(pod.uid, revision=str(is_now or ""))

    def _controller_revision_changed(
        self, before: ControllerRevisionObject | None, after: ControllerRevisionObject | None
    ) -> None:
        known = after or before
        owner = known.metadata.controller if known is not None else None
        if known is None or owner is None:
            return
        if before is None or after is None or before.revision != after.revision:
            self._rollouts = None
            self.versions.grow(Watched.CHANGES)
        # A StatefulSet's pods carry the revision's name as a label, a DaemonSet's its end alone.
        for mark in (known.metadata.name, known.metadata.name.removeprefix(f"{owner.name}-")):
            key = (known.metadata.namespace, owner.name, mark)
            if after is None:
                self._numbers.pop(key, None)
                continue
            self._numbers[key] = after.revision
            for pod in self.pods.owned_by(owner.uid):
                if pod.labels.get(_HASH_LABEL) == mark:
                    self.pods.revise(pod.uid, revision=str(after.revision))

    def _traffic_changed(self, uid: str) -> None:
        self.pods.revise(uid, in_endpoints=self.endpoints.takes_traffic(uid))

    def _node_changed(self, before: NodeObject | None, after: NodeObject | None) -> None:
        known = after or before
        if known is None:
            return
        name = known.metadata.name
        was = self._nodes.pop(name, None)
        node = domain_node(after) if after is not None else None
        if node is not None:
            self._nodes[name] = node
        if node == was:
            return
        self.versions.grow(Watched.NODES)
        if _answers(was) != _answers(node):
            for uid in self.pods.on_node(name):
                self.pods.rejudge(uid)

    def _workload_changed(self, before: WorkloadObject | None, after: WorkloadObject | None) -> None:
        known = after or before
        if known is not None:
            self._workloads.pop(known.metadata.uid, None)
        self.versions.grow(Watched.WORKLOADS)

    def _bounds_changed(
        self, before: AutoscalerObject | BudgetObject | None, after: AutoscalerObject | BudgetObject | None
    ) -> None:
        known = after or before
        if known is None:
            return
        place = known.metadata.namespace
        for uid in [uid for uid, workload in self._workloads.items() if workload.ref.namespace == place]:
            del self._workloads[uid]
        self.versions.grow(Watched.WORKLOADS)

    def _first_pod(self, replica_set: str) -> float | None:
        first = min((pod.created_at for pod in self.pods.owned_by(replica_set)), default=None)
        if first is None:
            self._undated.add(replica_set)
        return first


def _answers(node: Node | None) -> bool | None:
    """Whether the node reports to be ready; a node nobody told of is taken for well."""
    return True if node is None else node.ready


def _within(changes: Iterable[Change], namespace: str | None, service: str | None) -> Iterable[Change]:
    return (
        change
        for change in changes
        if (namespace is None or change.namespace == namespace) and (service is None or change.service == service)
    )
