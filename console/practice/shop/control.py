"""The cluster's control loops in steps of one second: changes, controllers, kubelets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from opsconsole.practice.shop import founding, identity, rollout, templates
from opsconsole.practice.shop.events import EventLog
from opsconsole.practice.shop.health import level
from opsconsole.practice.shop.kubelet import Kubelet
from opsconsole.practice.shop.noise import Noise
from opsconsole.practice.shop.scenario import Scenario, ScriptedChange
from opsconsole.practice.shop.topology import BATCH_NAMESPACE, NAMESPACE, Kind, Service
from opsconsole.practice.shop.workload import Deployment, Pod, ReplicaSet, Sample

TICK = 10
"""Seconds between two samples of everything."""

BATCH = Service("report-batch", Kind.BATCH, 1, ("1.4.0",), cpu_idle=0.1, memory=600 * 2**20, boot=1, nodes=(1,))
BATCH_JOB = "report-batch-29"
_STOP_SECONDS = 3
_ROLLED_TODAY = {"users": 9_900}
"""An ordinary deploy, that many seconds before the trouble."""


@dataclass(frozen=True)
class SetDeployment:
    """A deployment's new wish; None keeps what is there."""

    name: str
    template: dict[str, Any] | None = None
    replicas: int | None = None
    paused: bool | None = None
    annotations: dict[str, str] | None = None
    labels: dict[str, str] | None = None


@dataclass(frozen=True)
class DeletePod:
    """Delete one pod. `grace` in seconds."""

    namespace: str
    name: str
    grace: int = 30


Change = SetDeployment | DeletePod


class Control:
    """The state of the cluster, second by second.

    `now` is the second that has been done last. Samples collect in each pod until taken.
    """

    def __init__(self, scenario: Scenario, seed: int, begin: int, trouble_at: int) -> None:
        """The cluster as it is at `begin`; the scenario's changes happen around `trouble_at` (unix seconds)."""
        self.scenario, self._seed = scenario, seed
        self._version = 48_211_000
        self.begin, self.now = begin, begin
        self.noise = Noise(seed)
        self.events = EventLog(self.next_version)
        self._kubelet = Kubelet(scenario.fault, self.noise, self.events, self.next_version)
        self.deployments: dict[str, Deployment] = {}
        self.pods: list[Pod] = []
        self.gone: list[Pod] = []
        """Pods that are no more, until their last samples are taken."""
        self._numbers: dict[str, int] = {}
        self._script = self._scripted(trouble_at)
        for service, held_back in founding.services_held_back(_ROLLED_TODAY):
            deployment = founding.found(service, seed, begin, self.next_version, held_back=held_back)
            self.deployments[service.name] = deployment
            for number in range(service.replicas):
                self.pods.append(founding.old_pod(deployment, seed, begin, number, self.next_version()))
            self._numbers[service.name] = service.replicas
            deployment.current.desired = service.replicas
        self._sample_all()

    def next_version(self) -> int:
        """The next resourceVersion."""
        self._version += 1
        return self._version

    @property
    def version(self) -> int:
        """The newest resourceVersion."""
        return self._version

    def pods_of(self, deployment: Deployment) -> list[Pod]:
        """Its pods, those on their way out too."""
        return [pod for pod in self.pods if pod.service is deployment.service]

    def advance(self, until: int) -> None:
        """Live up to and including the second `until`; never backwards."""
        while self.now < until:
            if self._quiet():
                self._skip(min(until, self._script[0][0] - 1 if self._script else until))
                if self.now >= until:
                    return
            self._step(self.now + 1)

    def apply(self, change: Change) -> None:
        """Do `change` now. Raises `KeyError` when what it names is not there."""
        if isinstance(change, SetDeployment):
            self._set_deployment(change)
        else:
            self._delete(self.pod(change.namespace, change.name), change.grace)

    def pod(self, namespace: str, name: str) -> Pod:
        """The pod of that name. Raises `KeyError`."""
        for pod in self.pods:
            if pod.name == name and pod.namespace == namespace:
                return pod
        raise KeyError(name)

    def _scripted(self, trouble_at: int) -> list[tuple[int, ScriptedChange]]:
        ordinary = [
            ScriptedChange(before, name, f"deploy {name} {service.revisions[-1]}", service.image)
            for name, before in _ROLLED_TODAY.items()
            for service in (next(s for s, _ in founding.services_held_back({}) if s.name == name),)
        ]
        changes = [*ordinary, *self.scenario.changes]
        return sorted(((trouble_at - change.before_trouble, change) for change in changes), key=lambda entry: entry[0])

    def _quiet(self) -> bool:
        return all(
            pod.started and pod.serving and pod.stopping_at is None and not pod.afflicted for pod in self.pods
        ) and all(
            one.observed_generation == one.generation and rollout.settled(one, self.pods_of(one))
            for one in self.deployments.values()
        )

    def _skip(self, until: int) -> None:
        """Up to `until` nothing happens but probes that succeed."""
        for tick in range(self.now // TICK + 1, until // TICK + 1):
            for pod in self.pods:
                pod.probes[2] += 1
                pod.probes[4] += 1
                self._sample(pod, tick)
        self.now = max(self.now, until)

    def _step(self, now: int) -> None:
        self.now = now
        while self._script and self._script[0][0] <= now:
            self._enact(self._script.pop(0)[1])
        for deployment in self.deployments.values():
            self._reconcile(deployment)
        for pod in self.pods:
            self._kubelet.step(pod, now)
        for pod in [pod for pod in self.pods if pod.gone_at is not None and now >= pod.gone_at]:
            self.pods.remove(pod)
            self.gone.append(pod)
        if now % TICK == 0:
            self._sample_all()
        if now % 600 == 0:
            self.events.forget(now)

    def _sample_all(self) -> None:
        for pod in self.pods:
            self._sample(pod, self.now // TICK)

    def _sample(self, pod: Pod, tick: int) -> None:
        run, at = pod.run, tick * TICK
        pod.samples.append(
            Sample(
                tick,
                len(pod.runs) if run is not None else 0,
                at - run.started_at if run is not None else 0,
                pod.ready,
                pod.serving,
                level(self.scenario.fault, pod, at),
                pod.restarts,
                tuple(pod.probes),
            )
        )

    def _enact(self, change: ScriptedChange) -> None:
        if change.namespace == BATCH_NAMESPACE:
            self._start_batch()
            return
        template = templates.changed(self.deployments[change.deployment].template, change.image, change.variable)
        self._set_deployment(
            SetDeployment(change.deployment, template, annotations={founding.CHANGE_CAUSE: change.cause})
        )

    def _start_batch(self) -> None:
        name = f"{BATCH_JOB}-{identity.suffix(self._seed, BATCH_JOB)}"
        self.pods.append(
            Pod(
                name=name,
                namespace=BATCH_NAMESPACE,
                uid=identity.uid("pod", self._seed, name),
                service=BATCH,
                template=templates.pod_template(BATCH, BATCH.revisions[-1]),
                address=identity.pod_address(2, 200),
                node=BATCH.nodes[0],
                created_at=self.now,
                start_at=self.now + 2,
                owner=None,
                afflicted=True,
                version=self.next_version(),
            )
        )
        self._scheduled(self.pods[-1])
        self.events.of_job(self.pods[-1], self.now, BATCH_JOB)

    def _set_deployment(self, change: SetDeployment) -> None:
        deployment = self.deployments[change.name]
        if change.annotations is not None:
            kept = {founding.REVISION: deployment.annotations[founding.REVISION]}
            deployment.annotations = {**change.annotations, **kept}
        if change.labels is not None:
            deployment.labels = change.labels
        if change.paused is not None and change.paused is not deployment.paused:
            deployment.paused = change.paused
            deployment.generation += 1
        if change.replicas is not None and change.replicas != deployment.replicas:
            deployment.replicas = change.replicas
            deployment.generation += 1
        if change.template is not None and change.template != deployment.template:
            deployment.template = change.template
            deployment.generation += 1
        deployment.version = self.next_version()

    def _revise(self, deployment: Deployment) -> None:
        """Give the wished template the highest revision, reusing a ReplicaSet that has the same template."""
        newest = max(one.revision for one in deployment.replica_sets)
        cause = deployment.annotations.get(founding.CHANGE_CAUSE, "")
        same = next((one for one in deployment.replica_sets if one.template == deployment.template), None)
        if same is None:
            same = founding.replica_set(
                deployment, newest + 1, deployment.template, self.now, cause, self.next_version()
            )
            deployment.replica_sets.append(same)
        elif same.revision != newest:
            same.revision, same.version = newest + 1, self.next_version()
            same.cause = cause
        deployment.annotations = {**deployment.annotations, founding.REVISION: str(same.revision)}
        deployment.progress_at, deployment.complete = self.now, False

    def _reconcile(self, deployment: Deployment) -> None:
        deployment.observed_generation = deployment.generation
        if not deployment.paused and deployment.current.template != deployment.template:
            self._revise(deployment)
            deployment.version = self.next_version()
        pods = self.pods_of(deployment)
        if rollout.settled(deployment, pods):
            if not deployment.complete:
                deployment.complete, deployment.progress_at = True, self.now
                deployment.version = self.next_version()
            return
        for pod in rollout.to_remove(deployment, pods):
            self._scaled(deployment, pod.owner, -1)
            self._delete(pod, 30)
        owner, count = rollout.missing(deployment, pods)
        for _ in range(count):
            self._scaled(deployment, owner, 1)
            self._create(deployment, owner)

    def _create(self, deployment: Deployment, owner: ReplicaSet) -> None:
        number = self._numbers[deployment.name]
        self._numbers[deployment.name] += 1
        fault = self.scenario.fault
        afflicted = fault is not None and fault.afflicts(deployment.name, owner.template)
        pod = founding.new_pod(deployment, owner, self._seed, self.now, number, afflicted=afflicted)
        pod.version = self.next_version()
        self.pods.append(pod)
        self.events.of_replica_set(
            owner, deployment.namespace, self.now, "SuccessfulCreate", f"Created pod: {pod.name}"
        )
        self._scheduled(pod)

    def _scheduled(self, pod: Pod) -> None:
        message = f"Successfully assigned {pod.namespace}/{pod.name} to node-{pod.node + 1}"
        self.events.of_pod(pod, self.now, "Scheduled", message)

    def _scaled(self, deployment: Deployment, owner: ReplicaSet | None, by: int) -> None:
        if owner is None:
            return
        before = sum(pod.owner is owner and pod.deleted_at is None for pod in self.pods)
        owner.desired = max(0, before + by)
        owner.version = self.next_version()
        deployment.version, deployment.progress_at = self.next_version(), self.now
        way = "up" if by > 0 else "down"
        self.events.of_deployment(
            deployment, self.now, f"Scaled {way} replica set {owner.name} from {before} to {owner.desired}"
        )

    def _delete(self, pod: Pod, grace: int) -> None:
        if pod.deleted_at is not None:
            return
        pod.deleted_at = self.now
        pod.gone_at = self.now + min(grace, _STOP_SECONDS)
        pod.version = self.next_version()
        self.events.of_pod(pod, self.now, "Killing", f"Stopping container {pod.service.name}")
        if pod.owner is not None:
            self.events.of_replica_set(pod.owner, NAMESPACE, self.now, "SuccessfulDelete", f"Deleted pod: {pod.name}")
