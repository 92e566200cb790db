"""What each kind of workload does next, as its controller decides it."""

from __future__ import annotations

from opsconsole.practice.shop.workload import Pod, Revision, Workload


def available(pods: list[Pod]) -> int:
    """How many of `pods` count as available."""
    return sum(pod.serving for pod in pods)


def settled(workload: Workload, pods: list[Pod]) -> bool:
    """Whether `pods` (all of the workload's) are what it wants, and ready."""
    current = workload.current
    return len(pods) == workload.replicas and all(pod.serving and pod.owner is current for pod in pods)


def to_remove(deployment: Workload, pods: list[Pod]) -> list[Pod]:
    """A Deployment's pods that have to go now.

    Too many of the newest revision, or of older ones as availability allows.
    """
    living = [pod for pod in pods if pod.deleted_at is None]
    current = deployment.current
    young = [pod for pod in living if pod.owner is current]
    old = [pod for pod in living if pod.owner is not current]
    doomed = sorted(young, key=lambda pod: (pod.serving, -pod.created_at))[: max(0, len(young) - deployment.replicas)]
    if deployment.paused:
        return doomed
    spare = available(living) - max(0, deployment.replicas - deployment.max_unavailable)
    for pod in sorted(old, key=lambda pod: (pod.serving, pod.created_at)):
        if not pod.serving:
            doomed.append(pod)
        elif spare > 0:
            doomed.append(pod)
            spare -= 1
    return doomed


def missing(deployment: Workload, pods: list[Pod]) -> tuple[Revision, int]:
    """The ReplicaSet that is short of pods now, and by how many."""
    living = [pod for pod in pods if pod.deleted_at is None]
    current = deployment.current
    young = sum(pod.owner is current for pod in living)
    room = deployment.replicas + deployment.max_surge - len(living)
    if deployment.paused:
        owners = [pod.owner for pod in living if pod.owner is not None]
        return (owners[0] if owners else current), max(0, deployment.replicas - len(living))
    return current, max(0, min(deployment.replicas - young, room))


def next_ordinal(stateful_set: Workload, pods: list[Pod]) -> int | None:
    """The lowest ordinal without a pod, once all below are ready (`podManagementPolicy: OrderedReady`)."""
    there = {pod.ordinal: pod for pod in pods}
    for ordinal in range(stateful_set.replicas):
        pod = there.get(ordinal)
        if pod is None:
            return ordinal
        if not pod.serving:
            return None
    return None


def next_to_replace(stateful_set: Workload, pods: list[Pod]) -> Pod | None:
    """The pod that a StatefulSet deletes now: beyond its replicas, or the highest of an older revision.

    One at a time, and none while another is not ready: that a broken pod keeps its own cure from being rolled out
    is known (kubernetes#67250).
    """
    if any(pod.deleted_at is not None for pod in pods):
        return None
    surplus = [pod for pod in pods if pod.ordinal >= stateful_set.replicas]
    if surplus:
        return max(surplus, key=lambda pod: pod.ordinal)
    if stateful_set.strategy != "RollingUpdate" or not all(pod.serving for pod in pods):
        return None
    partition = int(stateful_set.rolling.get("partition", 0))
    old = [pod for pod in pods if pod.owner is not stateful_set.current and pod.ordinal >= partition]
    return max(old, key=lambda pod: pod.ordinal) if old else None


def agents_to_replace(daemon_set: Workload, pods: list[Pod]) -> list[Pod]:
    """The pods of an older revision that a DaemonSet deletes now, as `maxUnavailable` allows."""
    if daemon_set.strategy != "RollingUpdate":
        return []
    old = [pod for pod in pods if pod.owner is not daemon_set.current and pod.deleted_at is None]
    broken = [pod for pod in old if not pod.serving]
    spare = daemon_set.max_unavailable - sum(not pod.serving for pod in pods)
    return broken + [pod for pod in old if pod.serving][: max(0, spare)]
