"""One span with everything it tells."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import tzinfo

import msgspec
from textual.content import Content

from opsconsole.domain.text import SafeText
from opsconsole.domain.trace import Span
from opsconsole.domain.trace_shape import SpanNode, TraceShape
from opsconsole.widgets.details.facts import BLANK, fact, facts, heading, mapping, paragraph
from opsconsole.widgets.glyphs import Glyphs
from opsconsole.widgets.problem_note import clock_text
from opsconsole.widgets.waterfall.times import precise

RESOURCE = (
    "service.", "telemetry.", "k8s.", "container.", "host.", "os.", "process.", "cloud.", "deployment.", "faas.",
    "aws.", "gcp.", "azure.", "webengine.", "device.",
)  # fmt: skip
"""How names of a resource's attributes begin (OpenTelemetry's semantic conventions, "Resource")."""


class Reading(msgspec.Struct, frozen=True):
    """How the lines are written: signs, and the zone of times."""

    glyphs: Glyphs
    zone: tzinfo


def span_lines(node: SpanNode, shape: TraceShape, reading: Reading) -> tuple[Content, ...]:
    """What failed first, then times, warnings, events, links, attributes, resource."""
    span = node.span
    own = [(key, value) for key, value in span.attributes.items() if not key.startswith(RESOURCE)]
    resource = [(key, value) for key, value in span.attributes.items() if key.startswith(RESOURCE)]
    return (
        heading(f"{span.service} {span.operation}"),
        *_status(span, reading.glyphs),
        *_times(node, shape, reading),
        *facts((("kind", span.kind), ("pod", span.pod), ("namespace", span.namespace))),
        *_warnings(node, reading.glyphs),
        *_events(span, shape, reading.glyphs),
        *_links(span),
        *mapping("attributes", own),
        *mapping("resource", resource),
        BLANK,
        *facts((("span", span.span_id), ("parent", span.parent_id or "none"), ("trace", span.trace_id))),
    )


def _status(span: Span, glyphs: Glyphs) -> Iterable[Content]:
    if span.error:
        yield Content.assemble((f"  {glyphs.error} failed", "$level-error bold"))
    if span.status_message:
        yield from paragraph(span.status_message, "$level-error" if span.error else "")


def _times(node: SpanNode, shape: TraceShape, reading: Reading) -> Iterable[Content]:
    span, micro = node.span, reading.glyphs.micro
    took = precise(span.duration, micro)
    share = f", {span.duration / shape.duration:.0%} of the trace" if shape.duration > 0 else ""
    yield fact("took", f"{took}{share}")
    if node.below:
        yield fact("self", precise(node.own, micro))
    if node.critical:
        yield fact("critical path", precise(node.critical_time, micro))
    else:
        yield fact("critical path", "no part of it")
    began = clock_text(span.start, reading.zone, "%H:%M:%S.%f")[:-3]
    yield fact("began", f"{began}, +{precise(span.start - shape.start, micro)}")
    if node.below:
        failed = f", {node.errors_below:,} failed" if node.errors_below else ""
        yield fact("below", f"{node.below:,} span{'s' * (node.below != 1)}{failed}")


def _warnings(node: SpanNode, glyphs: Glyphs) -> Iterable[Content]:
    micro = glyphs.micro
    said = [str(words) for words in node.span.warnings]
    if node.early:
        said.append(f"it begins {precise(node.early, micro)} before its parent: clocks differ")
    if node.late:
        said.append(f"it ends {precise(node.late, micro)} after its parent: clocks differ, or nobody waited")
    if node.orphan:
        said.append("its parent is missing from the trace")
    if node.looped:
        said.append("its parents lead back to it")
    if said:
        yield BLANK
        yield heading("warnings")
    for words in said:
        yield Content.assemble((f"  {glyphs.about} {words}", "$level-warn"))
    if node.unwaited:
        yield fact("waited for", "no: its parent went on meanwhile")


def _events(span: Span, shape: TraceShape, glyphs: Glyphs) -> Iterable[Content]:
    if not span.events:
        return
    yield BLANK
    yield heading(f"events ({len(span.events):,})")
    for event in sorted(span.events, key=lambda one: one.time):
        offset = event.time - shape.start
        at = f"{'-' if offset < 0 else '+'}{precise(abs(offset), glyphs.micro)}"
        yield Content.assemble((f"  {glyphs.event} {at:>8} ", "$muted"), (event.name, "bold"))
        for key, value in event.attributes.items():
            yield Content.assemble((f"      {key} ", "$muted"), value or '""')


def _links(span: Span) -> Iterable[Content]:
    if not span.links:
        return
    yield BLANK
    yield heading(f"links ({len(span.links):,}): L follows")
    for number, link in enumerate(span.links, 1):
        there = "this trace" if link.trace_id == span.trace_id else f"trace {link.trace_id}"
        yield Content.assemble((f"  {number} ", "bold"), f"span {link.span_id} of {there}")
        for key, value in link.attributes.items():
            yield Content.assemble((f"      {key} ", "$muted"), value or '""')


def text_of(shape: TraceShape, reading: Reading) -> SafeText:
    """The whole trace as plain text, a line a span, for copying."""
    micro = reading.glyphs.micro
    began = clock_text(shape.start, reading.zone, "%Y-%m-%d %H:%M:%S.%f %Z")
    lines = [f"trace {shape.trace.trace_id}, {began}, {precise(shape.duration, micro)}"]
    for node in shape.nodes:
        span = node.span
        failed = f" {reading.glyphs.error} {span.status_message}".rstrip() if span.error else ""
        indent = "  " * min(node.depth, 40)
        at, took = precise(span.start - shape.start, micro), precise(span.duration, micro)
        lines.append(f"{indent}{span.service} {span.operation}  +{at}  {took}{failed}")
    return SafeText("\n".join(lines))
