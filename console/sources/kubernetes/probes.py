"""Probes of a container: what they do, and what is known of how they fare."""

from __future__ import annotations

from dataclasses import dataclass

from opsconsole.domain.pod import Evidence, Probe, ProbeKind, ProbeState
from opsconsole.domain.text import SafeText
from opsconsole.safe_text import safe_text
from opsconsole.sources.kubernetes.objects import ContainerSpec, ContainerStatus, ProbeSpec
from opsconsole.sources.kubernetes.probe_events import STAMP_RESOLUTION, ProbeHistory, ProbeKey
from opsconsole.sources.moments import parse_moment

EVENT_SLACK = 5.0
"""Seconds an event may lag behind its probe before silence means success."""

_NO_HISTORY = ProbeHistory()


@dataclass(frozen=True)
class Verdict:
    """A probe's state, who says so, and failures in a row where they can be estimated."""

    state: ProbeState
    evidence: Evidence = Evidence.STATUS
    failures: int | None = None


def probes_of(
    spec: ContainerSpec,
    status: ContainerStatus | None,
    pod_uid: str,
    histories: dict[ProbeKey, ProbeHistory],
    now: float,
) -> tuple[Probe, ...]:
    """The container's probes in the order the kubelet runs them. `now` is the server's unix seconds."""
    specified = (
        (ProbeKind.STARTUP, spec.startup_probe),
        (ProbeKind.READINESS, spec.readiness_probe),
        (ProbeKind.LIVENESS, spec.liveness_probe),
    )
    return tuple(
        _probe(kind, probe, spec, status, histories.get((pod_uid, spec.name, kind), _NO_HISTORY), now)
        for kind, probe in specified
        if probe is not None
    )


def handler_text(spec: ProbeSpec) -> SafeText:
    """What the probe does, such as `GET /healthz:8080`, `tcp :5432`, `exec pg_isready -h db` or `grpc :9090`."""
    if spec.http_get is not None:
        get = spec.http_get
        note = " (https)" if get.scheme.upper() == "HTTPS" else ""
        return safe_text(f"GET {get.host}{get.path}:{get.port}{note}", 200)
    if spec.tcp_socket is not None:
        return safe_text(f"tcp {spec.tcp_socket.host}:{spec.tcp_socket.port}", 200)
    if spec.exec is not None:
        return safe_text(f"exec {' '.join(spec.exec.command or ())}", 200)
    if spec.grpc is not None:
        service = f" {spec.grpc.service}" if spec.grpc.service else ""
        return safe_text(f"grpc :{spec.grpc.port}{service}", 200)
    return SafeText("unknown handler")


def _probe(
    kind: ProbeKind,
    probe: ProbeSpec,
    container: ContainerSpec,
    status: ContainerStatus | None,
    history: ProbeHistory,
    now: float,
) -> Probe:
    verdict = _verdict(kind, probe, container, status, history, now)
    newest = history.newest
    return Probe(
        kind=kind,
        handler=handler_text(probe),
        state=verdict.state,
        evidence=verdict.evidence,
        initial_delay=float(probe.initial_delay_seconds),
        period=float(probe.period_seconds),
        timeout=float(probe.timeout_seconds),
        success_threshold=probe.success_threshold,
        failure_threshold=probe.failure_threshold,
        failures=verdict.failures,
        last_failure=newest.text if newest else SafeText(""),
        last_failure_at=newest.last if newest else None,
    )


def _verdict(
    kind: ProbeKind,
    probe: ProbeSpec,
    container: ContainerSpec,
    status: ContainerStatus | None,
    history: ProbeHistory,
    now: float,
) -> Verdict:
    if status is None or status.state.running is None:
        return _of_stopped(probe, status, history)
    if kind is not ProbeKind.STARTUP and container.startup_probe is not None and not status.started:
        return Verdict(ProbeState.SUSPENDED)
    started = parse_moment(status.state.running.started_at or "") or 0.0
    failing = _failing(probe, history, started, now)
    if kind is ProbeKind.STARTUP:
        return Verdict(ProbeState.PASSING) if status.started else failing or Verdict(ProbeState.UNKNOWN)
    if kind is ProbeKind.LIVENESS:
        return failing or Verdict(ProbeState.PASSING)
    return _readiness(probe, status, failing, now - started)


def _readiness(probe: ProbeSpec, status: ContainerStatus, failing: Verdict | None, running_for: float) -> Verdict:
    """The kubelet's own word is `ready`; before the first result it says false as well.

    Below the threshold a failing probe leaves `ready` true: it passes, with failures.
    """
    if status.ready:
        if failing is None or failing.failures is None:
            return Verdict(ProbeState.PASSING)
        return Verdict(ProbeState.PASSING, failing.evidence, min(failing.failures, probe.failure_threshold - 1))
    waiting = failing is None and running_for < probe.initial_delay_seconds + probe.period_seconds
    return failing or Verdict(ProbeState.UNKNOWN if waiting else ProbeState.FAILING)


def _failing(probe: ProbeSpec, history: ProbeHistory, started: float, now: float) -> Verdict | None:
    """FAILING when the events of this container's life say so now.

    Each failed check is one event until the kubelet's event budget is spent (25 a pod, one back every 5 min).
    """
    since = started - STAMP_RESOLUTION
    if history.killed_at is not None and history.killed_at >= since:
        return Verdict(ProbeState.FAILING, Evidence.EVENTS, probe.failure_threshold)
    newest = history.newest
    reach = probe.period_seconds + probe.timeout_seconds + EVENT_SLACK
    if newest is None or newest.last < since or now - newest.last > reach:
        return None
    failures = history.run(since, max(1.0, probe.period_seconds), reach)
    return Verdict(ProbeState.FAILING, Evidence.EVENTS, min(failures, probe.failure_threshold))


def _of_stopped(probe: ProbeSpec, status: ContainerStatus | None, history: ProbeHistory) -> Verdict:
    """A stopped container isn't probed; what counts is whether this probe is why it stopped."""
    last = status and (status.state.terminated or status.last_state.terminated)
    began = parse_moment(last.started_at or "") if last else None
    if history.killed_at is not None and began is not None and history.killed_at >= began - STAMP_RESOLUTION:
        return Verdict(ProbeState.FAILING, Evidence.EVENTS, probe.failure_threshold)
    return Verdict(ProbeState.UNKNOWN)
