"""One pattern of log lines, drawn."""

from __future__ import annotations

from typing import Self

import msgspec
from textual.content import Content

from opsconsole.domain.log_pattern import PatternChange, PatternReport, PatternShift
from opsconsole.domain.log_record import LogLevel
from opsconsole.domain.text import SafeText
from opsconsole.widgets.chart.sparkline import sparkline
from opsconsole.widgets.glyphs import Glyphs
from opsconsole.widgets.log_levels import LEVEL_STYLES, level_word
from opsconsole.widgets.problem_note import clock_text
from opsconsole.widgets.rows import RowView, fit, pad, width_of

CHANGE_STYLES: dict[PatternChange, str] = {
    PatternChange.NEW: "$marker bold",
    PatternChange.GONE: "$marker bold",
    PatternChange.MORE: "$level-warn",
    PatternChange.LESS: "$muted",
    PatternChange.STEADY: "",
}

_FLAG_CELLS = 4
_LEVEL_CELLS = 5
_SHARE_CELLS = 4
_CLOCK_CELLS = 8
_SHORT_COUNT_CELLS = 4
_WILDCARD = "<*>"


class PatternColumns(msgspec.Struct, frozen=True):
    """What holds for all rows of a report, so that columns line up.

    `before` and `after` are lines looked at. `parted` is the part of a trend that lies before the moment, from 0
    to 1, None where nothing was compared. `alike` patterns are all of one service, which the header names.
    """

    before: int
    after: int
    parted: float | None
    count_cells: int
    service_cells: int
    alike: bool

    @classmethod
    def of(cls, report: PatternReport) -> Self:
        """The columns of `report`."""
        before, after = report.before, report.after
        parted = None
        if before is not None and report.moment is not None:
            start, end = before.span.start, after.span.end
            parted = min(1.0, max(0.0, (report.moment - start) / (end - start))) if end > start else 0.0
        services = {shift.pattern.services for shift in report.shifts}
        return cls(
            before=0 if before is None else before.lines,
            after=after.lines,
            parted=parted,
            count_cells=max((len(f"{shift_count(shift):,}") for shift in report.shifts), default=1),
            service_cells=max((width_of(service_text(names)) for names in services), default=0),
            alike=len(services) == 1,
        )


def shift_count(shift: PatternShift) -> int:
    """The lines a row counts: those after the moment, and of a pattern that is gone those before it."""
    return shift.before if shift.change is PatternChange.GONE else shift.after


def flag_word(shift: PatternShift, glyphs: Glyphs) -> SafeText:
    """What became of the pattern in at most four cells: `NEW`, `GONE`, `×12`, `×.2`; nothing for one that is steady."""
    if shift.change in {PatternChange.NEW, PatternChange.GONE}:
        return SafeText(shift.change.value.upper())
    if shift.change is PatternChange.STEADY or shift.ratio is None:
        return SafeText("")
    if shift.ratio >= 9.95:
        return SafeText(f"{glyphs.times}{min(999, round(shift.ratio))}")
    if shift.ratio >= 1:
        return SafeText(f"{glyphs.times}{shift.ratio:.1f}")
    figure = f"{max(0.01, shift.ratio):.2f}".removeprefix("0").rstrip("0")
    return SafeText(f"{glyphs.times}{figure}")


def service_text(services: tuple[SafeText, ...]) -> SafeText:
    """`checkout`, or `checkout +2` for three."""
    if not services:
        return SafeText("")
    return SafeText(services[0] + (f" +{len(services) - 1}" if len(services) > 1 else ""))


def short_count(count: int) -> SafeText:
    """`count` in at most four cells: `9999`, `12k`, `3M`, `42G`."""
    for limit, unit, sign in ((10_000, 1, ""), (1_000_000, 1000, "k"), (1_000_000_000, 1_000_000, "M")):
        if count < limit:
            return SafeText(f"{count // unit}{sign}")
    return SafeText(f"{min(999, count // 1_000_000_000)}G")


def share_text(part: int, whole: int) -> SafeText:
    """`part` of `whole` in at most four cells: `12%`, `<1%`."""
    if not part or not whole:
        return SafeText("0%")
    percent = 100 * part / whole
    return SafeText("<1%" if percent < 1 else f"{percent:.0f}%")


class PatternRow(msgspec.Struct, frozen=True):
    """One pattern and what became of it."""

    key: str
    shift: PatternShift
    columns: PatternColumns

    @property
    def height(self) -> int:
        """One line."""
        return 1

    def lines(self, view: RowView) -> tuple[Content, ...]:
        """`NEW 1,204 12% ▁▁▁▇█ ERROR checkout 14:11:03 pool wait timeout after <*> ms`; narrow panes drop columns.

        The template always stays, and so do flag, count and level.
        """
        columns, shift, cut = self.columns, self.shift, view.glyphs.cut
        pieces: list[Content | tuple[str, str]] = []
        if columns.parted is not None:
            flag = pad(flag_word(shift, view.glyphs), _FLAG_CELLS, cut)
            pieces.append((f"{flag} ", CHANGE_STYLES[shift.change]))
        pieces += self._figures(view)
        style = LEVEL_STYLES[shift.pattern.level]
        word = level_word(shift.pattern.level)
        pieces.append((f"{pad(word, _LEVEL_CELLS if view.width >= 44 else 1, SafeText(word[:1]))} ", style))
        if columns.service_cells and view.width >= 78 and not (columns.alike and view.width < 110):
            cells = min(columns.service_cells, 18 if view.width >= 110 else 12)
            pieces.append((f"{pad(service_text(shift.pattern.services), cells, cut)} ", ""))
        if view.width >= 116:
            clock = clock_text(shift.pattern.first_seen, view.zone)
            pieces.append((f"{pad(clock, _CLOCK_CELLS, cut)} ", "$muted"))
        head = Content.assemble(*pieces)
        room = max(1, view.width - head.cell_length)
        return (Content.assemble(head, self._template(fit(shift.pattern.template, room, cut))),)

    def _figures(self, view: RowView) -> list[Content | tuple[str, str]]:
        """Count, share and trend, as many as there is room for."""
        columns, count, cut = self.columns, shift_count(self.shift), view.glyphs.cut
        gone = self.shift.change is PatternChange.GONE
        wide = view.width >= 60
        text = SafeText(f"{count:,}") if wide else short_count(count)
        cells = columns.count_cells if wide else min(columns.count_cells, _SHORT_COUNT_CELLS)
        # What is gone is counted before the moment: muted, as it is past.
        pieces: list[Content | tuple[str, str]] = [
            (f"{pad(text, cells, cut, right=True)} ", "$muted" if gone else "bold")
        ]
        if wide:
            share = share_text(count, columns.before if gone else columns.after)
            pieces.append((f"{pad(share, _SHARE_CELLS, cut, right=True)} ", "$muted"))
            pieces.append(Content.assemble(self._trend(view), " "))
        return pieces

    def _trend(self, view: RowView) -> Content:
        """The trend, muted before the moment."""
        cells = 8 if view.width < 78 else 12 if view.width < 110 else 16
        drawn = sparkline(self.shift.pattern.trend, cells, view.glyphs, "$series-1")
        if self.columns.parted is None:
            return drawn
        return drawn.stylize("$muted", 0, round(self.columns.parted * cells))

    def _template(self, text: SafeText) -> Content:
        """`text` with its variables muted."""
        level = self.shift.pattern.level
        loud = "$level-error" if level in {LogLevel.ERROR, LogLevel.FATAL} else ""
        pieces: list[tuple[str, str]] = []
        for place, constant in enumerate(text.split(_WILDCARD)):
            if place:
                pieces.append((_WILDCARD, "$muted"))
            if constant:
                pieces.append((constant, loud))
        return Content.assemble(*pieces)
