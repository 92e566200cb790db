"""How probes read: their signs, counts and the time left."""

from __future__ import annotations

from opsconsole.domain.pod import Container, Evidence, Pod, Probe, ProbeKind, ProbeState
from opsconsole.domain.text import SafeText
from opsconsole.domain.time_range import format_duration
from opsconsole.widgets.glyphs import Glyphs

PROBE_WORDS: dict[ProbeKind, SafeText] = {
    ProbeKind.STARTUP: SafeText("startup"),
    ProbeKind.READINESS: SafeText("ready"),
    ProbeKind.LIVENESS: SafeText("live"),
}
PROBE_STYLES: dict[ProbeState, str] = {
    ProbeState.PASSING: "$probe-passing",
    ProbeState.FAILING: "$probe-failing bold",
    ProbeState.SUSPENDED: "$muted",
    ProbeState.UNKNOWN: "$muted",
}
_WORST_FIRST = (ProbeState.FAILING, ProbeState.UNKNOWN, ProbeState.SUSPENDED, ProbeState.PASSING)

_TELLING_FIRST = (ProbeKind.LIVENESS, ProbeKind.STARTUP, ProbeKind.READINESS)


def probe_sign(state: ProbeState | None, glyphs: Glyphs) -> SafeText:
    """The sign of a probe's state, one cell; None means there is no such probe."""
    if state is None:
        return glyphs.unset
    return {
        ProbeState.PASSING: glyphs.passing,
        ProbeState.FAILING: glyphs.failing,
        ProbeState.SUSPENDED: glyphs.suspended,
        ProbeState.UNKNOWN: glyphs.unknown,
    }[state]


def worst_state(pod: Pod, kind: ProbeKind) -> ProbeState | None:
    """The worst state of `kind` over the pod's containers, None when none has such a probe."""
    states = {probe.state for container in pod.containers for probe in container.probes if probe.kind is kind}
    return next((state for state in _WORST_FIRST if state in states), None)


def failures_text(probe: Probe, glyphs: Glyphs) -> str:
    """`2/3` failures against the threshold, `≈2/3` where the source only lets us estimate."""
    if probe.failures is None:
        return ""
    about = "" if probe.exact or probe.killed_at is not None else glyphs.about
    return f"{about}{probe.failures}/{probe.failure_threshold}"


def restart_text(probe: Probe, now: float) -> str:
    """When the kubelet will restart the container, if the probe goes on failing.

    Empty for readiness, and when too little is known. The time the container takes to end, at most its grace
    period, comes on top.
    """
    if probe.kind is ProbeKind.READINESS or probe.state is not ProbeState.FAILING or probe.failures is None:
        return ""
    if probe.restarts_at is None:
        left = max(0, probe.failure_threshold - probe.failures)
        return f"restart after {left} more" if left else "restart due"
    seconds = probe.restarts_at - now
    return f"restart in ~{format_duration(seconds)}" if seconds >= 1 else "restart due"


def source_text(probe: Probe, now: float) -> str:
    """Who told the figures and what they are worth: `events, an estimate`, `prober_probe_total, read 4s ago`."""
    parts = [str(probe.evidence.value)]
    if probe.evidence is not Evidence.STATUS and probe.failures is not None and not probe.exact:
        parts.append("an estimate" if probe.killed_at is None else "the threshold is certain")
    if probe.as_of is not None and probe.exact:
        parts.append(f"read {format_duration(now - probe.as_of)} ago")
    if probe.throttled:
        parts.append("event-throttled")
    return ", ".join(parts)


def endpoints_text(pod: Pod) -> str:
    """Whether a Service sends the pod traffic; nothing when no Service selects it or nobody can say."""
    if pod.in_endpoints is None:
        return ""
    return "in its Service's endpoints" if pod.in_endpoints else "out of its Service's endpoints: no traffic"


def back_off_text(container: Container, now: float) -> str:
    """When a container that backs off is started again; nothing when it doesn't or nobody can say."""
    if container.back_off_until is None:
        return ""
    seconds = container.back_off_until - now
    return f"starts again in ~{format_duration(seconds)}" if seconds >= 1 else "start due"


def telling_probe(pod: Pod) -> Probe | None:
    """The failing probe to speak of: one that restarts before one that only takes out of traffic."""
    failing = [probe for container in pod.containers for probe in container.probes if probe.state is ProbeState.FAILING]
    return min(failing, key=lambda probe: _TELLING_FIRST.index(probe.kind)) if failing else None
