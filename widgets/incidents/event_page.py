"""One event whole."""

from __future__ import annotations

from datetime import tzinfo

from textual.content import Content

from opsconsole.domain.event_words import OPERATOR, group_of, told
from opsconsole.domain.incident_event import AlertFired, EvidencePinned, IncidentEvent, OperationTold, WalkStepped
from opsconsole.widgets.details.facts import BLANK, facts, mapping, moment, paragraph
from opsconsole.widgets.evidence import CHART_ROWS, evidence_lines
from opsconsole.widgets.glyphs import Glyphs

_LATE = 2.0
"""Seconds between an event and its writing from which the page tells both."""


def whole_event(
    event: IncidentEvent, width: int, *, now: float, zone: tzinfo, glyphs: Glyphs, rows: int | None = None
) -> tuple[Content, ...]:
    """`event_page`, and before it what was kept as evidence, drawn again for `width` cells.

    With `rows` the chart, or whatever it is, comes first, and a chart is that high.
    """
    page = event_page(event, now=now, zone=zone)
    if not isinstance(event.what, EvidencePinned):
        return page
    chart_rows = CHART_ROWS if rows is None else rows
    drawn = evidence_lines(
        event.what.evidence, width, zone=zone, glyphs=glyphs, chart_rows=chart_rows, facts_first=rows is None
    )
    return (*drawn, BLANK, *page)


def event_page(event: IncidentEvent, *, now: float, zone: tzinfo) -> tuple[Content, ...]:
    """What happened in full, when, and who says so."""
    late = abs(event.recorded_at - event.at) >= _LATE
    own = () if isinstance(event.what, EvidencePinned) and not event.what.words else (told(event.what),)
    return (
        *(line for words in own for line in (*paragraph(words, "bold"), BLANK)),
        *facts(
            (
                ("kind", group_of(event.what).value),
                ("happened", moment(event.at, now, zone)),
                ("written down", moment(event.recorded_at, now, zone) if late else ""),
                ("by" if event.origin == OPERATOR else "written by", event.author.operator),
                ("known as", event.author.identity),
                ("says", "" if event.origin == OPERATOR else event.origin),
                ("event", event.id),
            )
        ),
        *_more(event),
    )


def _more(event: IncidentEvent) -> tuple[Content, ...]:
    match event.what:
        case AlertFired(labels=labels):
            return mapping("Labels", labels.items())
        case OperationTold(operation=operation, identity=identity, reason=reason):
            return (BLANK, *facts((("operation", operation), ("identity", identity), ("reason", reason))))
        case WalkStepped(result=result) if result.output:
            return (BLANK, *paragraph(result.output))
    return ()
