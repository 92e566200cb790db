"""The shop as it stood before the history begins."""

from __future__ import annotations

import copy
from typing import Any

from opsconsole.practice.shop import identity, templates
from opsconsole.practice.shop.topology import WORKLOADS, Kind, Service, WorkloadKind
from opsconsole.practice.shop.workload import Pod, Revision, Run, Workload

REVISION = "deployment.kubernetes.io/revision"
CHANGE_CAUSE = "kubernetes.io/change-cause"
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
TEMPLATE_GENERATION = "deprecated.daemonset.template.generation"
_DAY = 86_400

_SETTINGS: dict[WorkloadKind, dict[str, Any]] = {
    WorkloadKind.DEPLOYMENT: {
        "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1, "maxSurge": 1}},
        "revisionHistoryLimit": 10,
        "progressDeadlineSeconds": 600,
    },
    WorkloadKind.STATEFUL_SET: {
        "podManagementPolicy": "OrderedReady",
        "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}},
        "revisionHistoryLimit": 10,
        "persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Retain", "whenScaled": "Retain"},
    },
    WorkloadKind.DAEMON_SET: {
        "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1, "maxSurge": 0}},
        "revisionHistoryLimit": 10,
    },
}


def revision(
    workload: Workload, number: int, template: dict[str, Any], at: int, annotations: dict[str, str]
) -> Revision:
    """A new revision for `template`, named as the workload's controller names it."""
    hashed = identity.template_hash(template)
    return Revision(
        name=f"{workload.name}-{hashed}",
        uid=identity.uid("replicaset", workload.uid, hashed, at),
        template_hash=hashed,
        template=template,
        number=number,
        created_at=at,
        annotations=annotations,
    )


def found(service: Service, seed: int, begin: int, *, held_back: int) -> Workload:
    """The workload of `service` with its past revisions; `held_back` of them come later."""
    tags = service.revisions[: len(service.revisions) - held_back]
    settings = copy.deepcopy(_SETTINGS[service.workload])
    if service.workload is WorkloadKind.STATEFUL_SET:
        settings["serviceName"] = service.name
    workload = Workload(
        kind=service.workload,
        name=service.name,
        namespace=service.namespace,
        uid=identity.uid("deployment", seed, service.name),
        service=service,
        template=templates.pod_template(service, tags[-1]),
        replicas=service.replicas,
        created_at=begin - 96 * _DAY,
        settings=settings,
        labels={"app": service.name, "app.kubernetes.io/part-of": templates.part_of(service)},
        generation=len(tags),
        observed_generation=len(tags),
    )
    for number, tag in enumerate(tags, start=1):
        days = 9 * (len(tags) - number) + 2 + identity.digest(seed, service.name)[0] % 5
        at = begin - days * _DAY - identity.digest(seed, tag)[1] * 97
        annotations = {CHANGE_CAUSE: f"deploy {service.name} {tag}"}
        template = templates.pod_template(service, tag)
        workload.revisions.append(revision(workload, number, template, at, annotations))
    workload.annotations = dict(workload.current.annotations)
    if service.workload is WorkloadKind.DEPLOYMENT:
        workload.annotations[REVISION] = str(len(tags))
    workload.rolled_out = workload.current.name
    workload.progress_at = workload.current.created_at
    return workload


def pod_labels(workload: Workload, owner: Revision, ordinal: int) -> dict[str, str]:
    """The template's labels and those that the workload's controller adds."""
    labels = dict(owner.template["metadata"].get("labels") or {})
    if workload.kind is WorkloadKind.DEPLOYMENT:
        return {**labels, "pod-template-hash": owner.template_hash}
    if workload.kind is WorkloadKind.DAEMON_SET:
        return {**labels, "controller-revision-hash": owner.template_hash, "pod-template-generation": str(owner.number)}
    return {
        **labels,
        "apps.kubernetes.io/pod-index": str(ordinal),
        "controller-revision-hash": owner.name,
        "statefulset.kubernetes.io/pod-name": f"{workload.name}-{ordinal}",
    }


def new_pod(
    workload: Workload, owner: Revision, seed: int, at: int, number: int,
    *, afflicted: bool, ordinal: int | None = None, node: int | None = None,
) -> Pod:  # fmt: skip
    """Pod number `number` of the workload's life, made at `at`, its image there in a few seconds.

    `ordinal` is its place in a StatefulSet, `node` the index of the node it must run on.
    """
    service = workload.service
    stateful = workload.kind is WorkloadKind.STATEFUL_SET
    place = number if ordinal is None else ordinal
    stem = workload.name if workload.kind is WorkloadKind.DAEMON_SET else owner.name
    name = f"{workload.name}-{place}" if stateful else f"{stem}-{identity.suffix(seed, owner.uid, number)}"
    chosen = service.nodes[number % len(service.nodes)] if node is None else node
    address = 17 * (1 + WORKLOADS.index(service)) + number
    pod = Pod(
        name=name,
        namespace=workload.namespace,
        uid=identity.uid("pod", seed, name, number) if stateful else identity.uid("pod", seed, name),
        service=service,
        template=owner.template,
        address=f"10.0.0.{11 + chosen}" if service.kind is Kind.AGENT else identity.pod_address(chosen + 1, address),
        node=chosen,
        created_at=at,
        start_at=at + 2 + identity.digest(seed, name)[0] % 3,
        workload=workload,
        owner=owner,
        afflicted=afflicted,
        ordinal=place,
    )
    pod.labels = pod_labels(workload, owner, place)
    pod.annotations = dict(owner.template["metadata"].get("annotations") or {})
    return pod


def old_pod(workload: Workload, seed: int, begin: int, number: int) -> Pod:
    """A pod that has run without trouble since its revision was rolled out."""
    owner, daemon = workload.current, workload.kind is WorkloadKind.DAEMON_SET
    pod = new_pod(
        workload, owner, seed, owner.created_at + 12 * number, number,
        afflicted=False, ordinal=number, node=number if daemon else None,
    )  # fmt: skip
    pod.runs.append(Run(identity.container_id(pod.uid, 0), pod.start_at))
    pod.started = pod.ready = True
    pod.ready_at = pod.start_at + pod.service.boot + 6
    pod.waiting = ""
    checks = (begin - pod.start_at) // 10
    spec = pod.template["spec"]["containers"][0]
    pod.probes = [int("startupProbe" in spec), 0, checks, 0, checks - 3, 0]
    return pod


def services_held_back(rolled_today: dict[str, int]) -> list[tuple[Service, int]]:
    """Every service with the number of its revisions that come within the history."""
    return [(service, int(service.name in rolled_today)) for service in WORKLOADS]
