"""Evidence as blocks: charts, lines, traces, pods and alerts from their values."""

from __future__ import annotations

from collections.abc import Iterator

from opsconsole.domain.evidence import (
    AlertEvidence,
    ChartEvidence,
    LinesEvidence,
    Pinned,
    PodEvidence,
    TraceEvidence,
)
from opsconsole.domain.evidence_words import lines_words, search_words
from opsconsole.domain.log_record import LogLevel, LogRecord
from opsconsole.domain.pod import Container, Probe
from opsconsole.incidents.post_mortem.blocks import (
    Block,
    Chart,
    Heading,
    Lines,
    Paragraph,
    Run,
    code,
    facts,
    muted,
    strong,
    words,
)
from opsconsole.incidents.post_mortem.moments import Moments
from opsconsole.incidents.post_mortem.post_mortem import Kept, PostMortem
from opsconsole.incidents.post_mortem.text_waterfall import text_waterfall

_LINE_END = "\N{SYMBOL FOR LINE FEED}"


def evidence_blocks(written: PostMortem, moments: Moments) -> Iterator[Block]:
    """Each piece under its number."""
    yield Heading(2, words("Evidence"))
    if not written.evidence:
        yield Paragraph(words(muted("Nothing was kept.")))
    for kept in written.evidence:
        yield from _piece(kept, moments)


def _piece(kept: Kept, moments: Moments) -> Iterator[Block]:
    pinned = kept.evidence
    yield Heading(3, words(f"{kept.number}. {pinned.title}"))
    if pinned.completeness:
        yield Paragraph(words(strong("Not whole: "), pinned.completeness), warned=True)
    if kept.words:
        yield Paragraph(words(kept.words, muted(f" ({kept.author.operator})")))
    window = f"{moments.whole(pinned.span.start)} to {moments.whole(pinned.span.end)}"
    told = facts(
        [
            ("at", moments.whole(pinned.at)),
            ("window", window if pinned.span.span >= 1.0 else ""),
            ("from", f"{pinned.source}, kept {moments.clock(kept.at)} by {kept.author.operator}"),
            *_asked(pinned),
        ]
    )
    if told is not None:
        yield told
    yield from _body(pinned, moments)
    if pinned.link:
        yield Paragraph(words(strong("link: "), code(pinned.link)))


def _asked(pinned: Pinned) -> list[tuple[str, Run | str]]:
    match pinned:
        case ChartEvidence():
            return [("query", code(pinned.query))]
        case LinesEvidence():
            return [("search", code(search_words(pinned.search))), ("lines", lines_words(pinned))]
        case TraceEvidence():
            return [("trace", code(pinned.trace.trace_id))]
    return []


def _body(pinned: Pinned, moments: Moments) -> Iterator[Block]:
    match pinned:
        case ChartEvidence():
            yield Chart(pinned)
        case LinesEvidence():
            yield Lines(tuple(line for one in pinned.records for line in _record(one, pinned, moments)))
        case TraceEvidence():
            yield Lines(text_waterfall(pinned.trace))
        case PodEvidence():
            yield Lines(_pod(pinned, moments))
        case AlertEvidence():
            yield Lines(_alert(pinned, moments))


def _record(record: LogRecord, pinned: LinesEvidence, moments: Moments) -> list[str]:
    """`> 14:11:59.877 ERROR checkout pool wait timeout`; `>` where it is the line that was meant among others."""
    meant = len(pinned.chosen) < len(pinned.records) and record.id in pinned.chosen
    level = "-" if record.level is LogLevel.UNKNOWN else record.level.value.upper()
    time = moments.precise(record.time) or "no time"
    first, *others = record.message.split(_LINE_END)
    head = f"{'>' if meant else ' '} {time} {level:<5} {record.service} {first}"
    trace = f" trace={record.trace_id}" if record.trace_id else ""
    return [f"{head}{trace}", *(f"    {line}" for line in others)]


def _pod(pinned: PodEvidence, moments: Moments) -> tuple[str, ...]:
    pod = pinned.pod
    state = f"{pod.phase}, {'ready' if pod.ready else 'not ready'}"
    lines = [
        f"pod        {pod.namespace}/{pod.name}",
        f"state      {state}{f', {pod.trouble}' if pod.trouble else ''}",
        *(f"{name:<10} {value}" for name, value in _told(pinned, moments) if value),
    ]
    for container in pod.containers:
        lines.extend(_container(container, moments))
    return tuple(lines)


def _told(pinned: PodEvidence, moments: Moments) -> tuple[tuple[str, str], ...]:
    pod = pinned.pod
    return (
        ("why", pod.why),
        ("says", pod.message),
        ("node", pod.node),
        ("owner", pod.owner),
        ("revision", pod.revision),
        ("created", moments.whole(pod.created_at)),
    )


def _container(container: Container, moments: Moments) -> Iterator[str]:
    state = " ".join(part for part in (container.state, container.reason) if part)
    ready = "ready" if container.ready else "not ready"
    yield ""
    yield f"container  {container.name}: {state}, {ready}, {container.restarts} restarts"
    yield f"  image    {container.image}"
    if container.message:
        yield f"  says     {container.message}"
    if container.last_reason or container.last_exit_code is not None:
        code_told = "" if container.last_exit_code is None else f", exit code {container.last_exit_code}"
        when = "" if container.last_finished_at is None else f" at {moments.whole(container.last_finished_at)}"
        yield f"  ended    {container.last_reason}{code_told}{when}"
    for probe in container.probes:
        yield from _probe(probe, moments)


def _probe(probe: Probe, moments: Moments) -> Iterator[str]:
    about = "" if probe.exact else "≈"
    count = "" if probe.failures is None else f", {about}{probe.failures}/{probe.failure_threshold} failures"
    yield f"  {probe.kind.value:<9} {probe.state.value}{count}: {probe.handler} (told by {probe.evidence.value})"
    if probe.last_failure:
        when = "" if probe.last_failure_at is None else f"{moments.clock(probe.last_failure_at)} "
        yield f"            {when}{probe.last_failure}"


def _alert(pinned: AlertEvidence, moments: Moments) -> tuple[str, ...]:
    alert = pinned.alert
    return (
        f"alert      {alert.name}, {alert.severity.value}, {alert.state.value}",
        f"since      {moments.whole(alert.started_at)}",
        *((f"value      {alert.value:g}",) if alert.value is not None else ()),
        *((f"rule       {alert.query}",) if alert.query else ()),
        *(f"label      {name}={value}" for name, value in sorted(alert.labels.items())),
        *(f"annotation {name}: {value}" for name, value in sorted(alert.annotations.items())),
    )
