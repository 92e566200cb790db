"""The shop as it stood before the history begins."""

from __future__ import annotations

from collections.abc import Callable

from opsconsole.practice.shop import identity, templates
from opsconsole.practice.shop.topology import NAMESPACE, SERVICES, Service
from opsconsole.practice.shop.workload import Deployment, Pod, ReplicaSet, Run

REVISION = "deployment.kubernetes.io/revision"
CHANGE_CAUSE = "kubernetes.io/change-cause"
_DAY = 86_400


def replica_set(
    deployment: Deployment, revision: int, template: dict[str, object], at: int, cause: str, version: int
) -> ReplicaSet:
    """A new ReplicaSet for `template`, as the deployment controller names it."""
    hashed = identity.template_hash(template)
    return ReplicaSet(
        name=f"{deployment.name}-{hashed}",
        uid=identity.uid("replicaset", deployment.uid, hashed, at),
        template_hash=hashed,
        template=template,
        revision=revision,
        created_at=at,
        cause=cause,
        version=version,
    )


def found(service: Service, seed: int, begin: int, next_version: Callable[[], int], *, held_back: int) -> Deployment:
    """The deployment of `service` with its past revisions; `held_back` of them come later."""
    tags = service.revisions[: len(service.revisions) - held_back]
    born = begin - 96 * _DAY
    deployment = Deployment(
        name=service.name,
        namespace=NAMESPACE,
        uid=identity.uid("deployment", seed, service.name),
        service=service,
        template=templates.pod_template(service, tags[-1]),
        replicas=service.replicas,
        created_at=born,
        labels={"app": service.name, "app.kubernetes.io/part-of": "shop"},
        generation=len(tags),
        observed_generation=len(tags),
    )
    for revision, tag in enumerate(tags, start=1):
        days = 9 * (len(tags) - revision) + 2 + identity.digest(seed, service.name)[0] % 5
        at = begin - days * _DAY - identity.digest(seed, tag)[1] * 97
        cause = f"deploy {service.name} {tag}"
        template = templates.pod_template(service, tag)
        deployment.replica_sets.append(replica_set(deployment, revision, template, at, cause, next_version()))
    deployment.annotations = {REVISION: str(len(tags)), CHANGE_CAUSE: deployment.current.cause}
    deployment.version = next_version()
    deployment.progress_at = deployment.current.created_at
    return deployment


def new_pod(deployment: Deployment, owner: ReplicaSet, seed: int, at: int, number: int, *, afflicted: bool) -> Pod:
    """Pod number `number` of the deployment's life, scheduled at `at`, its image there in a few seconds."""
    service = deployment.service
    name = f"{owner.name}-{identity.suffix(seed, owner.uid, number)}"
    node = service.nodes[number % len(service.nodes)]
    address = 17 * (1 + SERVICES.index(service)) + number
    return Pod(
        name=name,
        namespace=deployment.namespace,
        uid=identity.uid("pod", seed, name),
        service=service,
        template=owner.template,
        address=identity.pod_address(node + 1, address),
        node=node,
        created_at=at,
        start_at=at + 2 + identity.digest(seed, name)[0] % 3,
        owner=owner,
        afflicted=afflicted,
        ordinal=number,
    )


def old_pod(deployment: Deployment, seed: int, begin: int, number: int, version: int) -> Pod:
    """A pod that has run without trouble since its revision was rolled out."""
    owner = deployment.current
    pod = new_pod(deployment, owner, seed, owner.created_at + 12 * number, number, afflicted=False)
    pod.runs.append(Run(identity.container_id(pod.uid, 0), pod.start_at))
    pod.started = pod.ready = True
    pod.ready_at = pod.start_at + pod.service.boot + 6
    pod.waiting, pod.version = "", version
    checks = (begin - pod.start_at) // 10
    spec = pod.template["spec"]["containers"][0]
    pod.probes = [int("startupProbe" in spec), 0, checks, 0, checks - 3, 0]
    return pod


def services_held_back(rolled_today: dict[str, int]) -> list[tuple[Service, int]]:
    """Every service with the number of its revisions that come within the history."""
    return [(service, int(service.name in rolled_today)) for service in SERVICES]
