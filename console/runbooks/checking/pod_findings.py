"""Which pods are found with what a runbook looks for."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from opsconsole.domain.pod import Container, Pod, ProbeKind, ProbeState
from opsconsole.domain.runbook import PodFinding

_F = PodFinding

_PROBES = {
    _F.STARTUP_FAILING: (ProbeKind.STARTUP, ProbeState.FAILING),
    _F.READINESS_FAILING: (ProbeKind.READINESS, ProbeState.FAILING),
    _F.LIVENESS_FAILING: (ProbeKind.LIVENESS, ProbeState.FAILING),
}
_IMAGE_PULL = ("ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull")


def pods_found(pods: Sequence[Pod], finding: PodFinding, since: float) -> tuple[Pod, ...] | None:
    """Those of `pods` with `finding`; `since` (unix seconds) bounds what happened once. None: nobody tells.

    A probe that every pod lacks, or that no source tells of, is no probe that passes.
    """
    if finding in _PROBES:
        return _probes_found(pods, *_PROBES[finding])
    if finding is _F.NOT_STARTED:
        return _not_started(pods)
    test = _tests(since)[finding]
    return tuple(pod for pod in pods if test(pod))


def _tests(since: float) -> dict[PodFinding, Callable[[Pod], bool]]:
    return {
        _F.NOT_READY: lambda pod: not pod.ready and pod.phase != "Succeeded",
        _F.RESTARTED: lambda pod: any(_ended_since(one, since) for one in pod.containers),
        _F.CRASH_LOOP: lambda pod: pod.trouble == _F.CRASH_LOOP.value or _waits(pod, (_F.CRASH_LOOP.value,)),
        _F.OOM_KILLED: lambda pod: any(_killed_for_memory(one, since) for one in pod.containers),
        _F.IMAGE_PULL: lambda pod: _waits(pod, _IMAGE_PULL),
        _F.PENDING: lambda pod: pod.phase == "Pending",
    }


def _ended_since(container: Container, since: float) -> bool:
    return container.restarts > 0 and (container.last_finished_at or 0.0) >= since


def _killed_for_memory(container: Container, since: float) -> bool:
    now = container.state == "terminated" and container.reason == _F.OOM_KILLED.value
    return now or (container.last_reason == _F.OOM_KILLED.value and (container.last_finished_at or 0.0) >= since)


def _waits(pod: Pod, reasons: tuple[str, ...]) -> bool:
    return any(one.state == "waiting" and one.reason in reasons for one in pod.containers)


def _probes_found(pods: Sequence[Pod], kind: ProbeKind, state: ProbeState) -> tuple[Pod, ...] | None:
    probes = [
        (pod, one) for pod in pods for container in pod.containers for one in container.probes if one.kind is kind
    ]
    found = {id(pod): pod for pod, probe in probes if probe.state is state}
    if not found and probes and all(probe.state is ProbeState.UNKNOWN for _, probe in probes):
        return None
    return tuple(found.values())


def _not_started(pods: Sequence[Pod]) -> tuple[Pod, ...] | None:
    """Running containers whose startup probe has not passed: their other probes are suspended meanwhile."""
    found = {
        id(pod): pod
        for pod in pods
        for container in pod.containers
        for probe in container.probes
        if container.state == "running"
        and (
            probe.state is ProbeState.SUSPENDED
            or (probe.kind is ProbeKind.STARTUP and probe.state is ProbeState.FAILING)
        )
    }
    return tuple(found.values())
