"""A chart's lines for a size: what is said where, and how much room the plot gets."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from opsconsole.domain.marker import Marker
from opsconsole.domain.series import PanelReading, Series
from opsconsole.domain.snapshot import FeedState
from opsconsole.domain.text import SafeText
from opsconsole.domain.time_range import TimeRange
from opsconsole.widgets.chart.axes import clock
from opsconsole.widgets.chart.figures import (
    Answer,
    Figure,
    Moment,
    SeriesKey,
    crossed_since,
    moment_of,
    name_of,
    read_figures,
    read_worst,
    seats_of,
    series_key,
    work_out,
    worst_severity,
)
from opsconsole.widgets.chart.header import OLD_STATES, Headline, absence, header_line, problem_text
from opsconsole.widgets.chart.legend import Notation, legend_lines, legend_table, more_note
from opsconsole.widgets.chart.lines import Line, Role, fit_line, joined, piece, wrapped
from opsconsole.widgets.chart.plotted import Plotter, scale_of, snapped
from opsconsole.widgets.chart.scale import Scale
from opsconsole.widgets.chart.signs import MARKER_LETTERS, signs_for
from opsconsole.widgets.chart.view import ChartView
from opsconsole.widgets.glyphs import Glyphs
from opsconsole.widgets.problem_note import asks_again

AXES_FROM = (24, 6)
"""Columns and rows from which a chart has axes and a legend."""
TABLE_FROM = (60, 18)
"""Columns and rows from which the legend is a table."""
MARKERS_FROM = 12
"""Rows from which the markers are written out."""


class Options(msgspec.Struct, frozen=True):
    """The reader's choices: hidden series, the one drawn on top, the scale."""

    hidden: frozenset[SeriesKey] = frozenset()
    foremost: SeriesKey | None = None
    logarithmic: bool = False


class Listing(msgspec.Struct, frozen=True):
    """What an answer reads at a moment: the legend's entries and the worst value of all series."""

    figures: tuple[Figure, ...]
    worst: tuple[Series, float] | None
    moment: Moment


class Painter:
    """Turns views into lines. Keeps the last answer worked out, and the seats of its series."""

    def __init__(self, glyphs: Glyphs) -> None:
        """`glyphs` also decide between braille and ASCII."""
        self._glyphs = glyphs
        self._signs = signs_for(glyphs)
        self._plotter = Plotter(glyphs, self._signs)
        self._answer: Answer | None = None
        self._seats: tuple[SeriesKey | None, ...] = ()

    def figures(self, view: ChartView, options: Options, width: int) -> tuple[Figure, ...]:
        """The listed series of `view`."""
        reading = view.snapshot.value
        if reading is None:
            return ()
        return self._listing(view, self._worked_out(view, reading, options, width), options).figures

    def lines(self, view: ChartView, options: Options, width: int, height: int) -> tuple[list[Line], bool]:
        """At most `height` lines of `width` cells, and whether their series are to be dimmed."""
        reading, snapshot = view.snapshot.value, view.snapshot
        again = asks_again(snapshot, view.time_zone)
        dimmed = snapshot.state in OLD_STATES
        if reading is None or snapshot.state is FeedState.NOT_CONFIGURED:
            return self._without_value(view, absence(snapshot, again), width, height), dimmed
        answer = self._worked_out(view, reading, options, width)
        listing = self._listing(view, answer, options)
        lines = [header_line(self._headline(view, answer, listing, options), width, self._glyphs)]
        problem = problem_text(snapshot, again)
        if problem is not None and height >= 3:
            lines.append(fit_line((piece(" "), piece(*problem)), width, self._glyphs.cut))
        room = height - len(lines)
        if answer.empty:
            return [*lines, *self._nothing(reading, width, room)], dimmed
        return [*lines, *self._body(view, answer, listing, options, width, room)], dimmed

    # --- values

    def _worked_out(self, view: ChartView, reading: PanelReading, options: Options, width: int) -> Answer:
        span = snapped(view.span, reading.step, width)
        if self._answer is None or not self._answer.fits(reading, span, logarithmic=options.logarithmic):
            self._answer = work_out(reading, span, view.panel.thresholds, self._seats, logarithmic=options.logarithmic)
            self._seats = seats_of(self._answer)
        return self._answer

    def _listing(self, view: ChartView, answer: Answer, options: Options) -> Listing:
        moment = moment_of(answer.reading, view.snapshot.as_of, view.span, view.cursor)
        now = moment_of(answer.reading, view.snapshot.as_of, view.span, None)
        figures = read_figures(answer, options.hidden, moment, now)
        return Listing(figures, read_worst(answer, options.hidden, moment, view.panel.thresholds), moment)

    # --- words

    def _without_value(
        self, view: ChartView, said: Sequence[tuple[SafeText, Role]], width: int, height: int
    ) -> list[Line]:
        glyphs = self._glyphs
        head = Headline(view.panel.title, view.panel.unit, state=view.snapshot.state, selected=view.selected)
        lines: list[Line] = [header_line(head, width, glyphs)]
        for text, role in said:
            room = height - len(lines)
            lines.extend((piece(" "), *line) for line in wrapped(text, role, width - 1, room, glyphs.cut))
        return lines

    def _nothing(self, reading: PanelReading, width: int, room: int) -> list[Line]:
        """An answer without samples: that is said, with the query to check."""
        said = SafeText("no data: the query found no samples in this span")
        lines = wrapped(said, Role.TEXT, width - 1, room, self._glyphs.cut)
        lines += wrapped(reading.query, Role.MUTED, width - 1, room - len(lines), self._glyphs.cut)
        return [(piece(" "), *line) for line in lines]

    def _headline(self, view: ChartView, answer: Answer, listing: Listing, options: Options) -> Headline:
        worst, snapshot = listing.worst, view.snapshot
        when, no_value = "", "no value now"
        if answer.empty:
            no_value = "no data"
        elif all(figure.hidden for figure in listing.figures):
            no_value = "all hidden"
        elif view.cursor is not None:
            no_value = "no sample"
        if view.cursor is not None:
            when = f"at {clock(view.cursor, view.time_zone, '%H:%M:%S')}"
        elif view.now - view.span.end > listing.moment.reach:
            when = f"at {clock(view.span.end, view.time_zone, '%H:%M')}"
        return Headline(
            title=view.panel.title,
            unit=view.panel.unit,
            thresholds=view.panel.thresholds,
            value=None if worst is None else worst[1],
            whose=SafeText("") if worst is None or not worst[0].name else name_of(worst[0]),
            when=SafeText(when),
            since=self._since(view, answer, worst) if view.cursor is None else SafeText(""),
            no_value=SafeText(no_value),
            state=snapshot.state,
            age=snapshot.age(view.now),
            whole=snapshot.completeness.whole,
            logarithmic=options.logarithmic,
            selected=view.selected,
            dimmed=snapshot.state in OLD_STATES,
        )

    def _since(self, view: ChartView, answer: Answer, worst: tuple[Series, float] | None) -> SafeText:
        """`since 14:05` for a worst value that is over a threshold."""
        crossed = None if worst is None else worst_severity(worst[1], view.panel.thresholds)
        if worst is None or crossed is None:
            return SafeText("")
        began, known = crossed_since(worst[0], crossed, answer.span, answer.reading.step)
        form = "%m-%d %H:%M" if answer.span.span > 86_400 else "%H:%M"
        return SafeText(f"since {'' if known else 'before '}{clock(began, view.time_zone, form)}")

    def _notes(self, answer: Answer, scale: Scale, options: Options) -> Line:
        """What the legend must add so that nothing is left out unsaid."""
        shown = [item.curve for item in answer.listed if item.key not in options.hidden]
        lost = sum(curve.not_positive for curve in shown)
        infinite = sum(curve.infinite for curve in shown)
        beyond = sum(_outside(curve.low, curve.high, scale) for curve in shown)
        notes: list[Line] = []
        if lost:
            notes.append((piece(f"{lost} {self._signs.at_most} 0 not shown", Role.WARNING),))
        if infinite:
            notes.append((piece(f"{infinite} infinite not shown", Role.WARNING),))
        if beyond:
            notes.append((piece(f"{beyond} beyond the axis", Role.WARNING),))
        return joined(notes)

    # --- layout

    def _body(
        self, view: ChartView, answer: Answer, listing: Listing, options: Options, width: int, room: int
    ) -> list[Line]:
        """Plot, axes and legend in `room` rows below the header."""
        axes = width >= AXES_FROM[0] and room + 1 >= AXES_FROM[1]
        scale = scale_of(answer, view.panel, options.hidden)
        notes = self._notes(answer, scale, options)
        below: list[Line] = []
        if axes:
            below = self._legend(view, answer, listing, notes, width, room)
            if room >= MARKERS_FROM and (written := self._markers(view, answer.span, width)):
                below.insert(0, written)
        elif notes and room >= 3:
            below = [fit_line((piece(" "), *notes), width, self._glyphs.cut)]
        rows = room - len(below)
        if rows < 1 + axes:
            return []
        foremost = options.foremost or (series_key(listing.worst[0]) if listing.worst is not None else None)
        plot = self._plotter.lines(view, answer, listing.figures, foremost, scale, (width, rows), axes=axes)
        return [*plot, *below]

    def _legend(
        self, view: ChartView, answer: Answer, listing: Listing, notes: Line, width: int, room: int
    ) -> list[Line]:
        figures = listing.figures
        notation = Notation(
            view.panel.unit,
            view.panel.thresholds,
            self._glyphs,
            self._signs,
            dimmed=view.snapshot.state in OLD_STATES,
        )
        single = len(figures) == 1 and not answer.others and not figures[0].hidden
        if width >= TABLE_FROM[0] and room + 1 >= TABLE_FROM[1]:
            when = SafeText("at cursor") if view.cursor is not None else SafeText("")
            table = legend_table(figures, when, width, notation)
            rest = joined([more_note(answer.others), notes])
            return [*table, fit_line((piece("  "), *rest), width, self._glyphs.cut)] if rest else table
        most = 1 if room < MARKERS_FROM else 2
        shown = () if single else figures
        return legend_lines(shown, answer.others, notes, width, most, notation)

    def _markers(self, view: ChartView, span: TimeRange, width: int) -> Line:
        """`D 14:08 checkout 1.4.2  R 14:10 …`, or only what the cursor touches; newest first."""
        inside = [marker for marker in view.markers if span.contains(marker.time)]
        if view.cursor is not None:
            reach, cursor = span.span / max(1, width), view.cursor
            inside = [marker for marker in inside if abs(marker.time - cursor) <= reach] or inside
        newest = sorted(inside, key=lambda marker: marker.time, reverse=True)
        return fit_line(joined([self._marker(view, marker) for marker in newest]), width, self._glyphs.cut)

    def _marker(self, view: ChartView, marker: Marker) -> Line:
        when = clock(marker.time, view.time_zone, "%H:%M")
        return (piece(f"{MARKER_LETTERS[marker.kind]} {when} ", Role.MARKER), piece(marker.label, Role.MUTED))


def _outside(low: float | None, high: float | None, scale: Scale) -> int:
    """1 when a curve with these extremes leaves the axis."""
    slack = (scale.high - scale.low) * 1e-9
    return int(low is not None and high is not None and (low < scale.low - slack or high > scale.high + slack))
