"""Which kinds of objects are watched, and for which questions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from opsconsole.domain.cluster_object import Kind
from opsconsole.sources.kubernetes.listing import Query
from opsconsole.sources.kubernetes.objects import ControllerRevisionObject, EventObject, PodObject, ReplicaSetObject
from opsconsole.sources.kubernetes.watching.cluster_state import WORKLOAD_KINDS, ClusterState
from opsconsole.sources.kubernetes.watching.keeper import Keeper
from opsconsole.sources.kubernetes.workload_objects import (
    AutoscalerObject,
    BudgetObject,
    EndpointSliceObject,
    EndpointsObject,
    NodeObject,
    WorkloadObject,
)
from opsconsole.sources.protocols import Watched

CORE = Kind.POD.api_path
APPS = Kind.DEPLOYMENT.api_path
DISCOVERY = "/apis/discovery.k8s.io/v1"

_OF_PODS = "involvedObject.kind=Pod"
_PODS_AND_CHANGES = frozenset({Watched.PODS, Watched.CHANGES})
_PODS = frozenset({Watched.PODS})
_WORKLOADS = frozenset({Watched.WORKLOADS})


@dataclass(frozen=True)
class Subject:
    """One kind of objects: what to ask, where to keep it, and which answers need it.

    An answer can't be given without its `essential` subjects. Others it says when it lacks, save the `silent` ones,
    without which a figure is missing that few clusters permit to see. `instead` is asked where the first is unknown.
    """

    name: str
    query: Query[Any]
    keeper: Keeper[Any, Any]
    serves: frozenset[Watched]
    essential: frozenset[Watched] = frozenset()
    silent: bool = False
    namespaced: bool = True
    instead: Query[Any] | None = None


def subjects(state: ClusterState) -> tuple[Subject, ...]:
    """All of them, with the keepers of `state`; those of the first screen first.

    Of events only warnings about pods and kills are asked for: the other eight of ten that a pod's start makes
    say what its status says. A field selector can't say "or".
    """
    return (*_of_pods(state), *_of_workloads(state))


def _of_pods(state: ClusterState) -> Iterator[Subject]:
    yield Subject("pods", Query(CORE, "pods", PodObject), state.pods, _PODS_AND_CHANGES, essential=_PODS_AND_CHANGES)
    for selector in (f"{_OF_PODS},type=Warning", f"{_OF_PODS},reason=Killing"):
        query = Query(CORE, "events", EventObject, {"fieldSelector": selector})
        yield Subject(f"events {selector}", query, state.events, _PODS)
    revisions = Query(APPS, "replicasets", ReplicaSetObject)
    yield Subject("replicasets", revisions, state.replica_sets, _PODS_AND_CHANGES)
    others = Query(APPS, "controllerrevisions", ControllerRevisionObject)
    yield Subject("controllerrevisions", others, state.controller_revisions, _PODS_AND_CHANGES, silent=True)
    slices = Query(DISCOVERY, "endpointslices", EndpointSliceObject)
    endpoints = Query(CORE, "endpoints", EndpointsObject)
    yield Subject("endpoints", slices, state.endpoints, _PODS, silent=True, instead=endpoints)
    nodes = Query(CORE, "nodes", NodeObject)
    serves = frozenset({Watched.PODS, Watched.NODES})
    essential = frozenset({Watched.NODES})
    yield Subject("nodes", nodes, state.node_objects, serves, essential, silent=True, namespaced=False)


def _of_workloads(state: ClusterState) -> Iterator[Subject]:
    for kind in WORKLOAD_KINDS:
        query = Query(kind.api_path, kind.plural, WorkloadObject)
        essential = _WORKLOADS if kind is Kind.DEPLOYMENT else frozenset()
        yield Subject(kind.plural, query, state.workload_objects[kind], _WORKLOADS, essential)
    scaler, budget = Kind.HORIZONTAL_POD_AUTOSCALER, Kind.POD_DISRUPTION_BUDGET
    scalers = Query(scaler.api_path, scaler.plural, AutoscalerObject)
    yield Subject(scaler.plural, scalers, state.autoscalers, _WORKLOADS, silent=True)
    budgets = Query(budget.api_path, budget.plural, BudgetObject)
    yield Subject(budget.plural, budgets, state.budgets, _WORKLOADS, silent=True)
