"""Deployments roll, scale and settle as the deployment controller makes them."""

from __future__ import annotations

from opsconsole.practice.shop.workload import Deployment, Pod, ReplicaSet


def available(pods: list[Pod]) -> int:
    """How many of `pods` count as available."""
    return sum(pod.serving for pod in pods)


def settled(deployment: Deployment, pods: list[Pod]) -> bool:
    """Whether `pods` (all of the deployment's) are what it wants, and ready."""
    current = deployment.current
    return len(pods) == deployment.replicas and all(pod.serving and pod.owner is current for pod in pods)


def to_remove(deployment: Deployment, pods: list[Pod]) -> list[Pod]:
    """Pods that have to go now: too many of the newest revision, or of older ones as availability allows."""
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


def missing(deployment: Deployment, pods: list[Pod]) -> tuple[ReplicaSet, int]:
    """The ReplicaSet that is short of pods now, and by how many."""
    living = [pod for pod in pods if pod.deleted_at is None]
    current = deployment.current
    young = sum(pod.owner is current for pod in living)
    room = deployment.replicas + deployment.max_surge - len(living)
    if deployment.paused:
        owners = [pod.owner for pod in living if pod.owner is not None]
        return (owners[0] if owners else current), max(0, deployment.replicas - len(living))
    return current, max(0, min(deployment.replicas - young, room))
