"""The cluster's control loops in steps of one second: changes, controllers, kubelets."""

from __future__ import annotations

from opsconsole.practice.shop import founding, nodes, rollout, templates
from opsconsole.practice.shop.changes import Change, DeletePod, SetNode, SetPod, SetWorkload, SignalContainer
from opsconsole.practice.shop.controllers import Controllers
from opsconsole.practice.shop.events import EventLog
from opsconsole.practice.shop.fleet import Fleet
from opsconsole.practice.shop.health import level
from opsconsole.practice.shop.kubelet import Kubelet
from opsconsole.practice.shop.noise import Noise
from opsconsole.practice.shop.scenario import Scenario, ScriptedChange
from opsconsole.practice.shop.topology import BATCH_NAMESPACE, NODES, WorkloadKind
from opsconsole.practice.shop.workload import Pod, Sample, Workload

TICK = 10
"""Seconds between two samples of everything."""

_ROLLED_TODAY = {"users": 9_900}
"""An ordinary deploy, that many seconds before the trouble."""


class Control:
    """The state of the cluster, second by second.

    `now` is the second that has been done last. Samples collect in each pod until taken.
    """

    def __init__(self, scenario: Scenario, seed: int, begin: int, trouble_at: int) -> None:
        """The cluster as it is at `begin`; the scenario's changes happen around `trouble_at` (unix seconds)."""
        self.scenario = scenario
        self._version = 48_211_000
        self.changed = 0
        """How many changes were made from outside."""
        self.begin, self.now = begin, begin
        self.noise = Noise(seed)
        self.nodes = nodes.founded(NODES)
        self.events = EventLog()
        self.fleet = Fleet(scenario.fault, seed, self.nodes, self.events)
        self._kubelet = Kubelet(scenario.fault, self.noise, self.events)
        self._controllers = Controllers(self.fleet, self.nodes, self.events)
        self._script = self._scripted(trouble_at)
        self.workloads: list[Workload] = []
        for service, held_back in founding.services_held_back(_ROLLED_TODAY):
            self.workloads.append(founding.found(service, seed, begin, held_back=held_back))
            self.fleet.found(self.workloads[-1], begin)
        self._sample_all()

    @property
    def pods(self) -> list[Pod]:
        """All pods there are."""
        return self.fleet.pods

    def next_version(self) -> int:
        """The next resourceVersion."""
        self._version += 1
        return self._version

    @property
    def version(self) -> int:
        """The newest resourceVersion."""
        return self._version

    def workload(self, kind: WorkloadKind, namespace: str, name: str) -> Workload:
        """The workload of that name. Raises `KeyError`."""
        for one in self.workloads:
            if (one.kind, one.namespace, one.name) == (kind, namespace, name):
                return one
        raise KeyError(name)

    def pod(self, namespace: str, name: str) -> Pod:
        """The pod of that name. Raises `KeyError`."""
        return self.fleet.named(namespace, name)

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
        self.changed += 1
        match change:
            case SetWorkload():
                self._set_workload(self.workload(change.kind, change.namespace, change.name), change)
            case SetPod():
                pod = self.pod(change.namespace, change.name)
                pod.labels, pod.annotations = change.labels, change.annotations
            case SetNode():
                self._set_node(change)
            case DeletePod():
                self.fleet.delete(self.pod(change.namespace, change.name), self.now, change.grace)
            case SignalContainer():
                self._kubelet.signal(self.pod(change.namespace, change.name), change.signal, self.now)

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
            one.observed_generation == one.generation
            and (one.paused or one.template == one.current.template)
            and one.complete
            and one.rolled_out == one.current.name
            and rollout.settled(one, self.fleet.of(one))
            for one in self.workloads
        )

    def _skip(self, until: int) -> None:
        """Up to `until` nothing happens but probes that succeed."""
        ticks = range(self.now // TICK + 1, until // TICK + 1)
        for pod in self.pods:
            lives, restarts = len(pod.runs), pod.restarts
            since, probes = pod.runs[-1].started_at, pod.probes
            for tick in ticks:
                probes[2] += 1
                probes[4] += 1
                pod.samples.append(Sample(tick, lives, tick * TICK - since, True, True, 0.0, restarts, tuple(probes)))
        self.now = max(self.now, until)

    def _step(self, now: int) -> None:
        self.now = now
        while self._script and self._script[0][0] <= now:
            self._enact(self._script.pop(0)[1])
        for workload in self.workloads:
            self._controllers.reconcile(workload, now)
        for pod in self.pods:
            self.fleet.schedule(pod, now)
            if pod.scheduled:
                self._kubelet.step(pod, now)
        self.fleet.reap(now)
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
            self.fleet.start_batch(self.now)
            return
        workload = next(one for one in self.workloads if one.name == change.deployment)
        template = templates.changed(workload.template, change.image, change.variable)
        annotations = {founding.CHANGE_CAUSE: change.cause}
        wish = SetWorkload(workload.kind, workload.namespace, workload.name, template=template, annotations=annotations)
        self._set_workload(workload, wish)

    @staticmethod
    def _set_workload(workload: Workload, change: SetWorkload) -> None:
        before = (workload.template, workload.replicas, workload.paused, workload.settings)
        if change.annotations is not None:
            kept = {key: workload.annotations[key] for key in (founding.REVISION,) if key in workload.annotations}
            workload.annotations = {**change.annotations, **kept}
        workload.labels = workload.labels if change.labels is None else change.labels
        workload.settings = workload.settings if change.settings is None else change.settings
        workload.paused = workload.paused if change.paused is None else change.paused
        workload.replicas = workload.replicas if change.replicas is None else change.replicas
        workload.template = workload.template if change.template is None else change.template
        if before != (workload.template, workload.replicas, workload.paused, workload.settings):
            workload.generation += 1

    def _set_node(self, change: SetNode) -> None:
        node = next((one for one in self.nodes if one.name == change.name), None)
        if node is None:
            raise KeyError(change.name)
        node.labels, node.annotations = change.labels, change.annotations
        if change.schedulable:
            node.cordoned_at = None
        elif node.cordoned_at is None:
            node.cordoned_at = self.now
