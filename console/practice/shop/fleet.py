"""All pods: made, placed on nodes, told to go, gone."""

from __future__ import annotations

from opsconsole.practice.shop import founding, identity, templates
from opsconsole.practice.shop.events import EventLog
from opsconsole.practice.shop.nodes import Node
from opsconsole.practice.shop.scenario import Fault
from opsconsole.practice.shop.topology import BATCH_NAMESPACE, Kind, Service, WorkloadKind
from opsconsole.practice.shop.workload import Pod, Revision, Workload

BATCH = Service(
    "report-batch", Kind.BATCH, 1, ("1.4.0",), cpu_idle=0.1, memory=600 * 2**20, boot=1, nodes=(1,),
    namespace=BATCH_NAMESPACE,
)  # fmt: skip
BATCH_JOB = "report-batch-29"
_STOP_SECONDS = 3
_RETRY_SECONDS = 10
"""Between two looks of the scheduler at a pod that fits nowhere."""


class Fleet:
    """The pods of the cluster and those who have just gone."""

    def __init__(self, fault: Fault | None, seed: int, nodes: list[Node], events: EventLog) -> None:
        """No pods yet. `fault` afflicts those made from certain templates."""
        self._fault, self._seed, self._nodes, self._events = fault, seed, nodes, events
        self._numbers: dict[str, int] = {}
        self.pods: list[Pod] = []
        self.gone: list[Pod] = []
        """Pods that are no more, until their last samples are taken."""

    def found(self, workload: Workload, begin: int) -> None:
        """The pods that have long been there."""
        for number in range(workload.replicas):
            self.pods.append(founding.old_pod(workload, self._seed, begin, number))
        self._numbers[workload.uid] = workload.replicas
        workload.current.desired = workload.replicas

    def of(self, workload: Workload) -> list[Pod]:
        """Its pods, those on their way out too."""
        return [pod for pod in self.pods if pod.workload is workload]

    def named(self, namespace: str, name: str) -> Pod:
        """The pod of that name. Raises `KeyError`."""
        for pod in self.pods:
            if pod.name == name and pod.namespace == namespace:
                return pod
        raise KeyError(name)

    def create(
        self, workload: Workload, owner: Revision, now: int, *, ordinal: int | None = None, node: int | None = None
    ) -> Pod:
        """A new pod; `ordinal` is a StatefulSet's, `node` a DaemonSet's choice of node."""
        number = self._numbers[workload.uid]
        self._numbers[workload.uid] += 1
        fault = self._fault
        carried = fault is not None and fault.afflicts(workload.name, owner.template)
        afflicted = fault is not None and carried and number % fault.one_in == 0
        pod = founding.new_pod(
            workload, owner, self._seed, now, number, afflicted=afflicted, ordinal=ordinal, node=node
        )
        self.pods.append(pod)
        self._tell(pod, now, "create")
        if node is None:
            pod.scheduled = False
            self.schedule(pod, now)
        else:
            self._scheduled(pod, now)
        return pod

    def start_batch(self, now: int) -> None:
        """The job makes its pod."""
        name = f"{BATCH_JOB}-{identity.suffix(self._seed, BATCH_JOB)}"
        template = templates.pod_template(BATCH, BATCH.revisions[-1])
        job = {"batch.kubernetes.io/job-name": BATCH_JOB, "job-name": BATCH_JOB}
        pod = Pod(
            name=name,
            namespace=BATCH_NAMESPACE,
            uid=identity.uid("pod", self._seed, name),
            service=BATCH,
            template=template,
            address=identity.pod_address(2, 200),
            node=BATCH.nodes[0],
            created_at=now,
            start_at=now + 2,
            workload=None,
            owner=None,
            afflicted=True,
            labels={**template["metadata"]["labels"], **job},
            annotations=dict(template["metadata"]["annotations"]),
        )
        self.pods.append(pod)
        self._scheduled(pod, now)
        self._events.of_job(pod, now, BATCH_JOB)

    def schedule(self, pod: Pod, now: int) -> None:
        """Put a pod that waits for one on a node, if any takes it; look again every ten seconds."""
        if pod.scheduled or (now - pod.created_at) % _RETRY_SECONDS:
            return
        free = [node.index for node in self._nodes if node.schedulable]
        if not free:
            count = len(self._nodes)
            message = (
                f"0/{count} nodes are available: {count} node(s) were unschedulable. preemption: 0/{count} nodes "
                f"are available: {count} Preemption is not helpful for scheduling."
            )
            self._events.of_scheduling(pod, now, "FailedScheduling", message, warning=True)
            return
        if pod.node not in free:
            liked = [index for index in pod.service.nodes if index in free] or free
            pod.node = liked[pod.ordinal % len(liked)]
            pod.address = f"10.244.{pod.node + 1}.{pod.address.rpartition('.')[2]}"
        pod.start_at += now - pod.created_at
        pod.scheduled = True
        self._scheduled(pod, now)

    def delete(self, pod: Pod, now: int, grace: int) -> None:
        """Tell the pod to go; does nothing when it already has been told."""
        if pod.deleted_at is not None:
            return
        pod.deleted_at, pod.grace = now, grace
        stays = pod.run is not None
        pod.gone_at = now + ((min(grace, _STOP_SECONDS) if pod.service.heeds else grace) if stays else 0)
        if stays:
            self._events.of_pod(pod, now, "Killing", f"Stopping container {pod.service.name}")

    def tell_deleted(self, pod: Pod, now: int) -> None:
        """Its controller says that it has deleted the pod."""
        self._tell(pod, now, "delete")

    def reap(self, now: int) -> None:
        """Let those go whose time has come."""
        for pod in [pod for pod in self.pods if pod.gone_at is not None and now >= pod.gone_at]:
            if (run := pod.run) is not None:
                run.finished_at, run.exit_code = now, 143 if pod.service.heeds else 137
            self.pods.remove(pod)
            self.gone.append(pod)

    def _tell(self, pod: Pod, now: int, verb: str) -> None:
        """The event of the pod's controller about a `create` or `delete` that it did."""
        workload = pod.workload
        if workload is None or pod.owner is None:
            return
        reason, words = f"Successful{verb.capitalize()}", f"{verb.capitalize()}d pod: {pod.name}"
        if workload.kind is WorkloadKind.DEPLOYMENT:
            self._events.of_replica_set(pod.owner, workload.namespace, now, reason, words)
            return
        if workload.kind is WorkloadKind.STATEFUL_SET:
            words = f"{verb} Pod {pod.name} in StatefulSet {workload.name} successful"
        self._events.of_workload(workload, now, reason, words)

    def _scheduled(self, pod: Pod, now: int) -> None:
        message = f"Successfully assigned {pod.namespace}/{pod.name} to node-{pod.node + 1}"
        self._events.of_scheduling(pod, now, "Scheduled", message)
