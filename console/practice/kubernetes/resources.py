"""Which resources the practice cluster has, and how their objects are made of the shop."""

from __future__ import annotations

from opsconsole.practice.kubernetes import cluster, endpoints, pods, policies
from opsconsole.practice.kubernetes.jobs import Jobs
from opsconsole.practice.kubernetes.registry import Resource
from opsconsole.practice.kubernetes.revisions import controller_revision_object, replica_set_object
from opsconsole.practice.kubernetes.selection import Item
from opsconsole.practice.kubernetes.workloads import workload_object
from opsconsole.practice.shop.shop import Shop
from opsconsole.practice.shop.topology import WorkloadKind
from opsconsole.practice.shop.workload import Workload

_APPS = "apps/v1"
_OLD_ENDPOINTS = "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice"
_DEPLOYMENT = WorkloadKind.DEPLOYMENT


class Workloads:
    """Objects of apps/v1."""

    def __init__(self, shop: Shop) -> None:
        """Those of `shop`."""
        self._shop = shop

    def _of(self, kind: WorkloadKind) -> list[Workload]:
        return [one for one in self._shop.control.workloads if one.kind is kind]

    def objects(self, kind: WorkloadKind) -> list[Item]:
        """Every workload of one kind."""
        fleet, now = self._shop.control.fleet, self._shop.now()
        return [workload_object(one, fleet.of(one), now) for one in self._of(kind)]

    def replica_sets(self) -> list[Item]:
        """Every ReplicaSet."""
        fleet = self._shop.control.fleet
        return [
            replica_set_object(revision, one, fleet.of(one))
            for one in self._of(_DEPLOYMENT)
            for revision in one.revisions
        ]

    def controller_revisions(self) -> list[Item]:
        """Every ControllerRevision."""
        return [
            controller_revision_object(revision, one)
            for one in self._shop.control.workloads
            if one.kind is not _DEPLOYMENT
            for revision in one.revisions
        ]


def resources(shop: Shop) -> list[Resource]:
    """All of them."""
    return [*_core(shop), *_apps(shop), *_others(shop)]


def _core(shop: Shop) -> list[Resource]:
    control, begin = shop.control, shop.begin
    return [
        Resource("Pod", "v1", "pods", lambda: [pods.pod_object(pod) for pod in control.pods], pods.SELECTABLE),
        Resource(
            "Event", "v1", "events",
            lambda: [cluster.event_object(event) for event in control.events.at(shop.now())], cluster.EVENT_FIELDS,
        ),
        Resource("Namespace", "v1", "namespaces", lambda: cluster.namespace_objects(begin), namespaced=False),
        Resource(
            "Node", "v1", "nodes", lambda: cluster.node_objects(control.nodes, begin, shop.now()),
            frozenset(("metadata.name", "spec.unschedulable")), namespaced=False,
        ),
        Resource("Service", "v1", "services", lambda: endpoints.service_objects(begin)),
        Resource(
            "Endpoints", "v1", "endpoints", lambda: endpoints.endpoint_objects(begin, control.pods),
            warning=_OLD_ENDPOINTS,
        ),
    ]  # fmt: skip


def _apps(shop: Shop) -> list[Resource]:
    made = Workloads(shop)
    return [
        Resource("Deployment", _APPS, "deployments", lambda: made.objects(_DEPLOYMENT)),
        Resource("ReplicaSet", _APPS, "replicasets", made.replica_sets),
        Resource("StatefulSet", _APPS, "statefulsets", lambda: made.objects(WorkloadKind.STATEFUL_SET)),
        Resource("DaemonSet", _APPS, "daemonsets", lambda: made.objects(WorkloadKind.DAEMON_SET)),
        Resource("ControllerRevision", _APPS, "controllerrevisions", made.controller_revisions),
    ]


def _others(shop: Shop) -> list[Resource]:
    control = shop.control
    return [
        Resource("Job", "batch/v1", "jobs", Jobs(control.fleet).objects),
        Resource(
            "PodDisruptionBudget", "policy/v1", "poddisruptionbudgets", lambda: policies.budget_objects(shop)
        ),
        Resource(
            "HorizontalPodAutoscaler", "autoscaling/v2", "horizontalpodautoscalers",
            lambda: policies.autoscaler_objects(shop),
        ),
        Resource(
            "EndpointSlice", "discovery.k8s.io/v1", "endpointslices",
            lambda: endpoints.slice_objects(shop.begin, control.pods),
        ),
    ]  # fmt: skip
