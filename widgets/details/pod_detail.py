"""A pod shown whole: its containers and their probes."""

from __future__ import annotations

from datetime import tzinfo

from textual.content import Content

from opsconsole.domain.pod import Container, Pod, Probe, ProbeKind, ProbeState
from opsconsole.domain.text import SafeText
from opsconsole.domain.time_range import format_duration
from opsconsole.widgets.details.facts import BLANK, fact, facts, heading, mapping, moment
from opsconsole.widgets.glyphs import Glyphs
from opsconsole.widgets.probes import (
    PROBE_STYLES,
    PROBE_WORDS,
    back_off_text,
    endpoints_text,
    failures_text,
    probe_sign,
    restart_text,
)

_SUSPENDED_NOTE = "suspended until the startup probe succeeds"
_THROTTLED_NOTE = "event-throttled: the kubelet has sent all events it may about this pod, silence says nothing"
_LINE_END = "\N{SYMBOL FOR LINE FEED}"


def pod_detail(pod: Pod, *, now: float, zone: tzinfo, glyphs: Glyphs) -> tuple[Content, ...]:
    """Lines: the pod, then each container with its state, last end and probes, then labels."""
    trouble = pod.trouble
    return (
        heading(pod.name),
        fact("state", f"{pod.phase}, {'ready' if pod.ready else 'not ready'}"),
        *((fact("trouble", trouble, "$probe-failing bold"),) if trouble else ()),
        *facts(
            [
                ("says", pod.message),
                ("namespace", pod.namespace),
                ("service", pod.service),
                ("node", pod.node),
                ("owner", pod.owner),
                ("revision", pod.revision),
                ("traffic", endpoints_text(pod)),
                ("why", pod.why),
            ]
        ),
        fact("created", moment(pod.created_at, now, zone)),
        *(line for container in pod.containers for line in _container(container, now, zone, glyphs)),
        *mapping("labels", sorted(pod.labels.items())),
    )


def _container(container: Container, now: float, zone: tzinfo, glyphs: Glyphs) -> tuple[Content, ...]:
    state = " ".join(text for text in (container.state, container.reason) if text)
    ready = "ready" if container.ready else "not ready"
    since = "" if container.started_at is None else moment(container.started_at, now, zone)
    probes = [line for probe in container.probes for line in _probe(probe, now, zone, glyphs)]
    return (
        BLANK,
        heading(f"container {container.name}"),
        fact("image", container.image),
        fact("state", f"{state}, {ready}"),
        *facts([("says", container.message), ("started", since)]),
        fact("restarts", f"{container.restarts}"),
        *facts([("back-off", back_off_text(container, now))]),
        *_last_end(container, now, zone),
        *(probes or [fact("probes", "none: the kubelet only sees whether the process runs")]),
    )


def _last_end(container: Container, now: float, zone: tzinfo) -> tuple[Content, ...]:
    """How the container ended last. An exit code above 128 is a signal's number plus 128 (POSIX shells)."""
    if not container.last_reason and container.last_exit_code is None:
        return ()
    code = container.last_exit_code
    parts = [container.last_reason]
    if code is not None:
        parts.append(SafeText(f"exit code {code}" + (f" (signal {code - 128})" if 128 < code < 160 else "")))
    if container.last_finished_at is not None:
        parts.append(moment(container.last_finished_at, now, zone))
    return (fact("last ended", ", ".join(part for part in parts if part)),)


def _probe(probe: Probe, now: float, zone: tzinfo, glyphs: Glyphs) -> tuple[Content, ...]:
    style = PROBE_STYLES[probe.state]
    state = _SUSPENDED_NOTE if probe.state is ProbeState.SUSPENDED else probe.state.value
    count = failures_text(probe, glyphs)
    figures = "; ".join(text for text in (f"{count} failures" if count else "", restart_text(probe, now)) if text)
    timings = (
        f"every {_seconds(probe.period)}, timeout {_seconds(probe.timeout)}, "
        f"first after {_seconds(probe.initial_delay)}; "
        f"{probe.failure_threshold} failures in a row fail it, {probe.success_threshold} success passes it"
    )
    if probe.kind is not ProbeKind.READINESS:
        timings += f"; then {_seconds(probe.grace)} to end"
    notes = [f"told by {_told(probe, now, glyphs)}"]
    if probe.throttled:
        notes.append(_THROTTLED_NOTE)
    return (
        Content.assemble(
            (f"  {PROBE_WORDS[probe.kind]} {probe_sign(probe.state, glyphs)} {state} {figures}".rstrip(), style)
        ),
        Content.assemble(f"    {probe.handler}"),
        *(Content.assemble((f"      {line}", "$muted")) for line in probe.command.split(_LINE_END) if line),
        Content.assemble((f"    {timings}", "$muted")),
        *_last_failure(probe, now, zone),
        *(Content.assemble((f"    {note}", "$muted")) for note in notes),
    )


def _last_failure(probe: Probe, now: float, zone: tzinfo) -> tuple[Content, ...]:
    if not probe.last_failure and probe.last_failure_at is None:
        return ()
    when = "" if probe.last_failure_at is None else f"{moment(probe.last_failure_at, now, zone)}: "
    said = probe.last_failure or "no text"
    if probe.throttled and probe.last_failure:
        said = f"{said} (the last text that came)"
    return (Content.assemble((f"    last failure {when}{said}", "")),)


def _told(probe: Probe, now: float, glyphs: Glyphs) -> str:
    estimated = failures_text(probe, glyphs).startswith(glyphs.about)
    read = "" if probe.as_of is None else f", read {format_duration(now - probe.as_of)} ago"
    return f"{probe.evidence.value}{read}{', so the count is an estimate' if estimated else ''}"


def _seconds(seconds: float) -> str:
    return format_duration(seconds) if seconds == int(seconds) else f"{seconds:g}s"
