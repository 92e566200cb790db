"""Probes of a container: what they do, and what is known of how they fare."""

from __future__ import annotations

import msgspec

from opsconsole.domain.pod import Container, Evidence, Probe, ProbeKind, ProbeState
from opsconsole.domain.text import SafeText
from opsconsole.sources.kubernetes.objects import ContainerSpec, ContainerStatus
from opsconsole.sources.kubernetes.probing.handlers import handler_in_full, handler_text
from opsconsole.sources.kubernetes.probing.probe_run import ProbeHistory
from opsconsole.sources.kubernetes.probing.probe_watch import ProbeHistories
from opsconsole.sources.kubernetes.probing.verdict import Case, verdict

__all__ = ["handler_text", "probes_of", "sharing_throttle"]

GRACE = 30.0
"""Seconds a pod gives its containers to end unless it says otherwise (the API server's default)."""

_NO_HISTORY = ProbeHistory()


def probes_of(
    spec: ContainerSpec,
    status: ContainerStatus | None,
    pod_uid: str,
    histories: ProbeHistories,
    now: float,
    grace: float = GRACE,
) -> tuple[Probe, ...]:
    """The container's probes in the order the kubelet runs them. `now` is the server's unix seconds.

    `histories` is a `ProbeWatch`, or what `histories()` made of one list of events. `grace` is the pod's
    termination grace period in seconds, which a probe may replace by its own.
    """
    specified = (
        (ProbeKind.STARTUP, spec.startup_probe),
        (ProbeKind.READINESS, spec.readiness_probe),
        (ProbeKind.LIVENESS, spec.liveness_probe),
    )
    startup = spec.startup_probe is not None
    return _sharing(
        tuple(
            _probe(
                Case(kind, probe, status, startup, histories.get((pod_uid, spec.name, kind), _NO_HISTORY), now), grace
            )
            for kind, probe in specified
            if probe is not None
        )
    )


def sharing_throttle(containers: tuple[Container, ...]) -> tuple[Container, ...]:
    """A pod's containers, all of them throttled where one is: they share the kubelet's event budget."""
    if not any(probe.throttled for container in containers for probe in container.probes):
        return containers
    return tuple(
        msgspec.structs.replace(container, probes=tuple(_throttled(probe) for probe in container.probes))
        for container in containers
    )


def _sharing(probes: tuple[Probe, ...]) -> tuple[Probe, ...]:
    return tuple(map(_throttled, probes)) if any(probe.throttled for probe in probes) else probes


def _throttled(probe: Probe) -> Probe:
    """A probe of a pod the kubelet sends no events about. No event is then no success: liveness is unknown."""
    silence = probe.kind is ProbeKind.LIVENESS and probe.evidence is Evidence.STATUS
    state = ProbeState.UNKNOWN if silence and probe.state is ProbeState.PASSING else probe.state
    return msgspec.structs.replace(probe, throttled=True, state=state)


def _probe(case: Case, grace: float) -> Probe:
    found, spec, newest = verdict(case), case.spec, case.history.newest
    own_grace = spec.termination_grace_period_seconds if case.kind is not ProbeKind.READINESS else None
    return Probe(
        kind=case.kind,
        handler=handler_text(spec),
        state=found.state,
        evidence=found.evidence,
        initial_delay=float(spec.initial_delay_seconds),
        period=float(spec.period_seconds),
        timeout=float(spec.timeout_seconds),
        success_threshold=spec.success_threshold,
        failure_threshold=spec.failure_threshold,
        failures=found.failures,
        last_failure=newest.text if newest else SafeText(""),
        last_failure_at=found.failed_at or (newest.last if newest else None),
        throttled=found.throttled,
        successes=found.successes,
        grace=float(grace if own_grace is None else own_grace),
        approximate=found.approximate,
        as_of=found.as_of,
        killed_at=found.killed_at,
        command=handler_in_full(spec),
    )
