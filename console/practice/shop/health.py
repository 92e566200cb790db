"""What a probe of a pod finds, in the kubelet's own words."""

from __future__ import annotations

from typing import NamedTuple

from opsconsole.practice.shop.noise import Noise
from opsconsole.practice.shop.scenario import Fault, FaultKind
from opsconsole.practice.shop.topology import Kind
from opsconsole.practice.shop.workload import Pod, Run


class Finding(NamedTuple):
    """A probe's result and, when it failed, its output."""

    passed: bool
    output: str = ""


_PASSED = Finding(True)


def level(fault: Fault | None, pod: Pod, now: int) -> float:
    """How far the fault of `pod` has got, 0 to 1."""
    run = pod.run
    if fault is None or not pod.afflicted or run is None:
        return 0.0
    return min(1.0, (now - run.started_at) / fault.rise)


def boot_seconds(fault: Fault | None, pod: Pod) -> int:
    """Seconds from the container's start until its process answers."""
    if fault is not None and pod.afflicted and fault.kind is FaultKind.SLOW_START:
        return fault.patience
    return pod.service.boot


def _url(pod: Pod, probe: str) -> str:
    path = "/readyz" if probe == "Readiness" else "/healthz"
    return f"http://{pod.address}:{pod.service.port}{path}"


def _refused(pod: Pod, probe: str) -> Finding:
    if pod.service.kind is Kind.POSTGRES:
        return Finding(False, f"127.0.0.1:{pod.service.port} - no response")
    dial = f"dial tcp {pod.address}:{pod.service.port}: connect: connection refused"
    return Finding(False, dial if pod.service.kind is Kind.REDIS else f'Get "{_url(pod, probe)}": {dial}')


def _late(pod: Pod, probe: str) -> Finding:
    return Finding(
        False,
        f'Get "{_url(pod, probe)}": context deadline exceeded (Client.Timeout exceeded while awaiting headers)',
    )


def find(fault: Fault | None, pod: Pod, run: Run, probe: str, now: int, noise: Noise) -> Finding:
    """What the probe `probe` (Startup, Readiness or Liveness) finds at `now`."""
    if now - run.started_at < boot_seconds(fault, pod):
        return _refused(pod, probe)
    reached = level(fault, pod, now)
    if fault is None or reached < 0.5 or probe == "Startup":
        return _PASSED
    chance = noise.unit(f"probe/{pod.uid}/{probe}", now)
    if fault.kind is FaultKind.ERRORS:
        first = pod.ordinal % 3 == 0
        if probe == "Readiness":
            failed, status = chance < (0.97 if first else 0.45) * reached, 503
        else:
            failed, status = first and chance < 0.55 * reached, 500
        return Finding(False, f"HTTP probe failed with statuscode: {status}") if failed else _PASSED
    if fault.kind is FaultKind.DEADLOCK:
        return _late(pod, probe) if reached >= 1.0 else _PASSED
    late = {FaultKind.POOL: 0.3 * (probe == "Readiness"), FaultKind.GARBAGE: 0.2}.get(fault.kind, 0.0)
    return _late(pod, probe) if chance < late * reached else _PASSED
