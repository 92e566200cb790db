"""A kept chart as lines, by the same painter that draws the live one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import tzinfo

from textual.content import Content

from opsconsole.domain.evidence import ChartEvidence
from opsconsole.domain.series import PanelReading
from opsconsole.domain.snapshot import FeedState, Snapshot
from opsconsole.widgets.chart.lines import Line, Role
from opsconsole.widgets.chart.picture import Options, Painter
from opsconsole.widgets.chart.view import ChartView
from opsconsole.widgets.glyphs import Glyphs

_STYLES: Mapping[Role, str] = {
    Role.TEXT: "$text",
    Role.TITLE: "$text bold",
    Role.MUTED: "$muted",
    Role.HIDDEN: "$muted strike",
    Role.SERIES_1: "$series-1",
    Role.SERIES_2: "$series-2",
    Role.SERIES_3: "$series-3",
    Role.SERIES_4: "$series-4",
    Role.SERIES_5: "$series-5",
    Role.SERIES_6: "$series-6",
    Role.CRITICAL: "$severity-critical bold",
    Role.WARNING: "$severity-warning",
    Role.INFO: "$severity-info",
    Role.THRESHOLD: "$threshold",
    Role.MARKER: "$marker",
    Role.CURSOR: "$cursor-line",
}
"""As the widget of the live chart has them."""


def chart_lines(pinned: ChartEvidence, width: int, height: int, *, zone: tzinfo, glyphs: Glyphs) -> tuple[Content, ...]:
    """At most `height` lines of `width` cells, with the cursor on the moment that the evidence speaks of."""
    reading = PanelReading(pinned.panel, pinned.series, pinned.step, pinned.query)
    view = ChartView(
        # How far it could be trusted is said above it, in the words of its completeness.
        Snapshot(FeedState.LIVE, reading, pinned.captured_at),
        pinned.panel,
        pinned.span,
        pinned.captured_at,
        pinned.at,
        pinned.markers,
        time_zone=zone,
    )
    options = Options(logarithmic=pinned.panel.y_axis.logarithmic)
    lines, _ = Painter(glyphs).lines(view, options, max(1, width), max(1, height))
    return tuple(_content(line) for line in lines)


def _content(line: Line) -> Content:
    return Content.assemble(*((str(text), _STYLES[role]) for text, role in line))
