"""A pod described: what is noted of it first, then what it is."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import tzinfo

from textual.content import Content

from opsconsole.domain.pod import Pod, Probe, ProbeState
from opsconsole.domain.pod_description import (
    DescribedCondition,
    DescribedContainer,
    DescribedEvent,
    DescribedState,
    Pairs,
    PodDescription,
)
from opsconsole.domain.text import SafeText
from opsconsole.domain.time_range import format_duration
from opsconsole.widgets.details.facts import BLANK, fact, facts, heading, mapping, moment, paragraph
from opsconsole.widgets.glyphs import Glyphs
from opsconsole.widgets.probes import PROBE_STYLES, failures_text, probe_sign, restart_text

_GOOD = {"DisruptionTarget": "False"}
"""Conditions that are well with another status than True (API reference, PodCondition)."""


def pod_description(
    told: PodDescription, pod: Pod | None, *, now: float, zone: tzinfo, glyphs: Glyphs
) -> tuple[Content, ...]:
    """Lines: the trouble, events, conditions, containers, owners and the rest.

    `pod` is what the list knows of it, for its verdicts on probes and its sentence; None when it knows nothing.
    """
    return (
        *_state(told, pod, now, zone),
        *_events(told.events, now, glyphs),
        *_conditions(told.conditions, now, glyphs),
        *(line for one in told.containers for line in _container(one, pod, now, zone, glyphs)),
        BLANK,
        heading("pod"),
        *facts([("owner", f" {glyphs.path} ".join(told.owners)), *told.facts]),
        *facts([("started", "" if told.started is None else moment(told.started, now, zone))]),
        *facts([("grace", "" if told.grace is None else f"{format_duration(told.grace)} to end")]),
        *mapping("volumes", told.volumes),
        *mapping("labels", told.labels),
        *mapping("annotations", told.annotations),
        *facts([("uid", told.ref.uid), ("version", told.ref.resource_version)]),
    )


def _state(told: PodDescription, pod: Pod | None, now: float, zone: tzinfo) -> tuple[Content, ...]:
    created = "" if told.created is None else moment(told.created, now, zone)
    lines = [fact("state", " ".join(part for part in (told.phase, told.reason) if part), "bold")]
    if told.deleting is not None:
        lines.append(fact("ending", f"told to end {moment(told.deleting, now, zone)}", "$probe-failing bold"))
    if pod is not None and pod.trouble:
        since = "" if pod.since is None else f" for {format_duration(now - pod.since)}"
        lines.append(fact("trouble", f"{pod.trouble}{since}", "$probe-failing bold"))
        lines.extend(facts([("why", pod.why)]))
    if pod is not None and pod.in_endpoints is not None:
        lines.append(fact("traffic", "sent to it" if pod.in_endpoints else "not sent to it"))
    lines.extend(facts([("says", told.message), ("created", created)]))
    lines.extend(fact("not read", words, "$level-warn") for words in told.missing)
    return tuple(lines)


def _events(events: tuple[DescribedEvent, ...], now: float, glyphs: Glyphs) -> tuple[Content, ...]:
    title = heading(f"events ({len(events)})")
    if not events:
        return (BLANK, title, Content.assemble(("  none; the API server forgets them after an hour", "$muted")))
    return (BLANK, title, *(_event(event, now, glyphs) for event in events))


def _event(event: DescribedEvent, now: float, glyphs: Glyphs) -> Content:
    """`  4m  Unhealthy ×12 app: Liveness probe failed`, one line, wrapped where it is long."""
    age = "?" if event.last is None else format_duration(now - event.last)
    times = f" {glyphs.times}{event.count}" if event.count > 1 else ""
    over = ""
    if event.count > 1 and event.first is not None and event.last is not None:
        over = f" in {format_duration(event.last - event.first)}"
    place = f" {event.container}" if event.container else ""
    return Content.assemble(
        (f"  {age:>6}  ", "$muted"),
        (f"{event.reason}", "$probe-failing bold" if event.warning else "bold"),
        (f"{times}{over}{place}: ", "$muted"),
        (event.message.replace("␊", " "), ""),
        (f"  ({event.source})" if event.source else "", "$muted"),
    )


def _conditions(conditions: tuple[DescribedCondition, ...], now: float, glyphs: Glyphs) -> tuple[Content, ...]:
    if not conditions:
        return ()
    # What is not as it should be comes first.
    ordered = sorted(conditions, key=lambda one: one.status == _GOOD.get(one.kind, "True"))
    return (BLANK, heading("conditions"), *(_condition(one, now, glyphs) for one in ordered))


def _condition(one: DescribedCondition, now: float, glyphs: Glyphs) -> Content:
    well = one.status == _GOOD.get(one.kind, "True")
    since = "" if one.since is None else f" for {format_duration(now - one.since)}"
    said = ": ".join(part for part in (one.reason, one.message) if part)
    return Content.assemble(
        (
            f"  {glyphs.passing if well else glyphs.failing} {one.kind} {one.status}",
            "$probe-passing" if well else "$probe-failing bold",
        ),
        (since, "$muted"),
        (f"  {said}" if said else "", ""),
    )


def _container(
    one: DescribedContainer, pod: Pod | None, now: float, zone: tzinfo, glyphs: Glyphs
) -> tuple[Content, ...]:
    ready = "ready" if one.ready else "not ready"
    known = None if pod is None else next((held for held in pod.containers if held.name == one.name), None)
    back_off = "" if known is None or known.back_off_until is None else format_duration(known.back_off_until - now)
    return (
        BLANK,
        heading(f"{one.role} {one.name}"),
        *_told_state("state", one.state, ready if one.role != "init" else "", now, zone),
        *_told_state("last ended", one.last_state, "", now, zone),
        *facts([("restarts", f"{one.restarts}" if one.restarts else "")]),
        *facts([("tried again", f"in {back_off}" if back_off else "")]),
        fact("image", one.image),
        *facts([("image id", one.image_id), ("command", one.command), ("ports", ", ".join(one.ports))]),
        *(fact(name, value) for name, value in one.resources),
        *([] if one.resources else [fact("resources", "no requests, no limits: first to be evicted", "$level-warn")]),
        *_probes(one, () if known is None else known.probes, now, glyphs),
        *_pairs("env", one.environment),
        *_pairs("mounts", one.mounts),
    )  # fmt: skip


def _told_state(name: str, state: DescribedState | None, ready: str, now: float, zone: tzinfo) -> tuple[Content, ...]:
    """`terminated OOMKilled, exit code 137 (signal 9), 2026-03-02 14:11:58 UTC, 2s ago` and what it said."""
    if state is None:
        return ()
    code = "" if state.exit_code is None else f"exit code {state.exit_code}"
    if state.exit_code is not None and 128 < state.exit_code < 160:
        code += f" (signal {state.exit_code - 128})"  # POSIX shells' and the runtime's way to tell of a signal
    when = state.finished if state.word == "terminated" else state.started
    lasted = ""
    if state.started is not None and state.finished is not None:
        lasted = f"after {format_duration(state.finished - state.started)}"
    at = "" if when is None else moment(when, now, zone)
    words = ", ".join(part for part in (f"{state.word} {state.reason}".strip(), ready, code, lasted, at) if part)
    bad = state.word != "running" and state.reason not in ("Completed", "ContainerCreating", "PodInitializing")
    return (
        fact(name, words, "$probe-failing bold" if bad else ""),
        *(line for line in paragraph(state.message, "$probe-failing") if state.message),
    )


def _probes(one: DescribedContainer, verdicts: Iterable[Probe], now: float, glyphs: Glyphs) -> tuple[Content, ...]:
    known = {probe.kind.value: probe for probe in verdicts}
    lines = []
    for kind, words in one.probes:
        probe = known.get(kind)
        lines.append(fact(kind, words) if probe is None else _judged(kind, words, probe, now, glyphs))
        if probe is not None and probe.last_failure:
            lines.append(_said(probe, now))
    if not lines and one.role != "init":
        lines.append(fact("probes", "none: the kubelet only sees whether the process runs", "$muted"))
    return tuple(lines)


def _said(probe: Probe, now: float) -> Content:
    """What it said when it failed last; of a probe that fails no more, that this was before."""
    if probe.state is ProbeState.FAILING:
        return fact("", probe.last_failure, "$probe-failing")
    ago = "" if probe.last_failure_at is None else f" {format_duration(now - probe.last_failure_at)} ago"
    return fact("", f"failed{ago or ' before'}: {probe.last_failure}", "$muted")


def _judged(kind: str, words: SafeText, probe: Probe, now: float, glyphs: Glyphs) -> Content:
    figures = " ".join(text for text in (failures_text(probe, glyphs), restart_text(probe, now)) if text)
    verdict = f"{probe_sign(probe.state, glyphs)} {probe.state.value} {figures}".strip()
    return Content.assemble(
        (f"  {kind:<13} ", "$muted"), (verdict, PROBE_STYLES[probe.state]), (f"  {words} ({probe.evidence.value})", "")
    )


def _pairs(title: str, pairs: Pairs) -> tuple[Content, ...]:
    return tuple(fact(title if place == 0 else "", f"{name} = {value}") for place, (name, value) in enumerate(pairs))
