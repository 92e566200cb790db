"""A piece of evidence as lines: what it is, when and where it was seen, and the thing itself."""

from __future__ import annotations

from datetime import tzinfo

from textual.content import Content

from opsconsole.domain.evidence import (
    AlertEvidence,
    ChartEvidence,
    LinesEvidence,
    Pinned,
    PodEvidence,
    TraceEvidence,
)
from opsconsole.domain.evidence_words import lines_words, search_words
from opsconsole.domain.text import SafeText
from opsconsole.widgets.details.alert_detail import alert_detail
from opsconsole.widgets.details.facts import BLANK, fact, facts, heading
from opsconsole.widgets.details.pod_detail import pod_detail
from opsconsole.widgets.details.trace_detail import trace_detail
from opsconsole.widgets.evidence.chart_lines import chart_lines
from opsconsole.widgets.glyphs import Glyphs
from opsconsole.widgets.log_row import RecordLook, record_lines
from opsconsole.widgets.problem_note import clock_text
from opsconsole.widgets.rows import width_of

CHART_ROWS = 16
"""Lines of a chart with its axes and legend."""

_LONGEST_SERVICE = 16


def evidence_lines(
    pinned: Pinned,
    width: int,
    *,
    zone: tzinfo,
    glyphs: Glyphs,
    chart_rows: int = CHART_ROWS,
    facts_first: bool = True,
) -> tuple[Content, ...]:
    """`pinned` whole, in lines drawn for `width` cells. Ages are those of the moment it was kept.

    `facts_first` False: what it is comes after the thing itself, for places where the end may be out of sight.
    """
    # A link may be longer than all the rest together.
    link = (BLANK, fact("link", pinned.link)) if pinned.link else ()
    head, body = _head(pinned, zone, glyphs), _body(pinned, width, zone, glyphs, chart_rows)
    return (*head, BLANK, *body, *link) if facts_first else (*body, BLANK, *head, *link)


def _head(pinned: Pinned, zone: tzinfo, glyphs: Glyphs) -> tuple[Content, ...]:
    form = "%Y-%m-%d %H:%M:%S %Z"
    span = f"{clock_text(pinned.span.start, zone, form)} to {clock_text(pinned.span.end, zone, form)}"
    window = span if pinned.span.span >= 1.0 else ""
    missing = (
        (fact("not whole", f"{glyphs.partial} {pinned.completeness}", "$level-warn bold"),)
        if pinned.completeness
        else ()
    )
    return (
        heading(pinned.title),
        *missing,
        fact("at", clock_text(pinned.at, zone, form)),
        *facts([("window", SafeText(window))]),
        fact("kept", f"{clock_text(pinned.captured_at, zone, form)}, from {pinned.source}"),
        *facts(_asked(pinned)),
    )


def _asked(pinned: Pinned) -> list[tuple[str, SafeText]]:
    """What was asked, in the backend's own terms where it has any."""
    match pinned:
        case ChartEvidence():
            return [("query", pinned.query)]
        case LinesEvidence():
            return [("search", search_words(pinned.search)), ("lines", lines_words(pinned))]
        case TraceEvidence() if pinned.chosen:
            chosen = next((span for span in pinned.trace.spans if span.span_id == pinned.chosen), None)
            return [] if chosen is None else [("looked at", SafeText(f"{chosen.service} {chosen.operation}"))]
    return []


def _body(pinned: Pinned, width: int, zone: tzinfo, glyphs: Glyphs, chart_rows: int) -> tuple[Content, ...]:
    match pinned:
        case ChartEvidence():
            return chart_lines(pinned, width, chart_rows, zone=zone, glyphs=glyphs)
        case LinesEvidence():
            return _records(pinned, width, zone, glyphs)
        case TraceEvidence():
            return trace_detail(pinned.trace, width, zone=zone, glyphs=glyphs)
        case PodEvidence():
            return pod_detail(pinned.pod, now=pinned.captured_at, zone=zone, glyphs=glyphs)
        case AlertEvidence():
            return alert_detail(pinned.alert, now=pinned.captured_at, zone=zone, glyphs=glyphs)


def _records(pinned: LinesEvidence, width: int, zone: tzinfo, glyphs: Glyphs) -> tuple[Content, ...]:
    """The lines as the logs pane has them, wrapped, the ones that were meant with the cursor's sign."""
    services = {record.service for record in pinned.records}
    look = RecordLook(
        zone,
        glyphs,
        wrapped=True,
        service_cells=min(_LONGEST_SERVICE, max((width_of(one) for one in services), default=0)),
        alike=len(services) == 1,
    )
    chosen, lines = frozenset(pinned.chosen), []
    several = len(chosen) < len(pinned.records)
    for record in pinned.records:
        sign = glyphs.cursor if several and record.id in chosen else " "
        for number, line in enumerate(record_lines(record, look, max(8, width - 2))):
            lines.append(Content.assemble((sign if number == 0 else " ", "bold"), " ", line))
    return tuple(lines)
