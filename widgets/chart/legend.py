"""Which line is which: a line or two of names and values, or a table."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import takewhile

import msgspec

from opsconsole.domain.series import Severity, Threshold, Unit
from opsconsole.domain.text import SafeText
from opsconsole.widgets.chart.figures import Figure, bad_is_high, worst_severity
from opsconsole.widgets.chart.lines import SERIES_ROLES, SEVERITY_ROLES, Line, Role, fit_line, joined, line_width, piece
from opsconsole.widgets.chart.signs import Signs, in_ascii
from opsconsole.widgets.chart.units import format_bare, format_value
from opsconsole.widgets.glyphs import Glyphs
from opsconsole.widgets.rows import fit, fit_start, pad, width_of

_LEAST_NAME = 10
_TIGHT_NAME = 6
"""Cells of a name where not one entry fits otherwise."""
_CAPS = (64, 40, 28, 20, 14, _LEAST_NAME)
"""Cells of a name, tried from the widest until all entries fit."""
_LEAST_PREFIX = 6
_SEPARATORS = "-_./:,= "
_FIGURE = 10


class Notation(msgspec.Struct, frozen=True):
    """How the values of a panel are written."""

    unit: Unit
    thresholds: tuple[Threshold, ...]
    glyphs: Glyphs
    signs: Signs
    dimmed: bool = False
    """Whether the values are old."""

    @property
    def value_role(self) -> Role:
        """How values stand out."""
        return Role.MUTED if self.dimmed else Role.TITLE

    def value(self, value: float | None) -> SafeText:
        """`value` with its unit."""
        text = format_value(value, self.unit)
        return text if self.signs.braille else in_ascii(text)

    def bare(self, value: float | None) -> SafeText:
        """`value` without the words of its unit, which the header has said."""
        text = format_bare(value, self.unit)
        return text if self.signs.braille else in_ascii(text)

    def crossed(self, value: float | None) -> SafeText:
        """The sign of the gravest threshold that `value` crosses, empty when it crosses none."""
        crossed = worst_severity(value, self.thresholds)
        if crossed is None:
            return SafeText("")
        return self.glyphs.above if crossed.above else self.glyphs.below


def short_names(names: Sequence[SafeText], cap: int, cut: SafeText) -> list[SafeText]:
    """`names` in at most `cap` cells each, without the start they share, so that they still differ."""
    if all(width_of(name) <= cap for name in names):
        return list(names)
    shared = (
        len(list(takewhile(lambda chars: len(set(chars)) == 1, zip(*names, strict=False)))) if len(names) > 1 else 0
    )
    while shared and names[0][shared - 1] not in _SEPARATORS:
        shared -= 1
    if shared < _LEAST_PREFIX:
        return [fit(name, cap, cut) for name in names]
    return [fit_start(name, max(2, min(cap, width_of(name[shared:]) + 1)), cut) for name in names]


def entry(figure: Figure, name: SafeText, notation: Notation) -> Line:
    """`1━name 8.1 %▲`; a hidden one is struck and carries its sign instead of a value."""
    if figure.hidden:
        return (piece(f"{figure.number}{notation.signs.hidden}", Role.MUTED), piece(name, Role.HIDDEN))
    return (
        piece(f"{figure.number}{notation.signs.line}", SERIES_ROLES[figure.number - 1]),
        piece(f"{name} "),
        piece(f"{notation.bare(figure.value)}{notation.crossed(figure.value)}", notation.value_role),
    )


def legend_lines(
    figures: Sequence[Figure], others: int, notes: Line, width: int, most: int, notation: Notation
) -> list[Line]:
    """At most `most` lines of entries, then how many `others` there are, then `notes`.

    Names shrink before entries are left out.
    """
    names = [figure.name for figure in figures]
    for cap in _CAPS:
        shown = short_names(names, cap, notation.glyphs.cut)
        entries = [entry(figure, name, notation) for figure, name in zip(figures, shown, strict=True)]
        lines = _flow([*entries, more_note(others), notes], width)
        if len(lines) <= most and all(line_width(line) <= width for line in lines):
            return lines
    return _worst_first(figures, others, notes, width, most, notation)


def _worst_first(
    figures: Sequence[Figure], others: int, notes: Line, width: int, most: int, notation: Notation
) -> list[Line]:
    """As many whole entries as fit `most` lines, the worst first, those that have ended last; the rest is counted."""
    high = bad_is_high(notation.thresholds)

    def rank(figure: Figure) -> tuple[bool, bool, int, float, int]:
        crossed = worst_severity(figure.value, notation.thresholds)
        value = figure.value
        size = 0.0 if value is None or math.isnan(value) else value
        return (
            figure.hidden,
            value is None,
            len(Severity) if crossed is None else crossed.severity.rank,
            -size if high else size,
            figure.number,
        )

    lines: list[Line] = []
    entries: list[Line] = []
    for cap in (_LEAST_NAME, _TIGHT_NAME):
        names = short_names([figure.name for figure in figures], cap, notation.glyphs.cut)
        ranked = sorted(zip(figures, names, strict=True), key=lambda item: rank(item[0]))
        entries = [entry(figure, name, notation) for figure, name in ranked]
        for kept in range(len(entries) - 1, 0, -1):
            lines = _flow([*entries[:kept], more_note(others + len(entries) - kept), notes], width)
            if len(lines) <= most and all(line_width(line) <= width for line in lines):
                return lines
    # A count that names no series is not worth a line of the plot.
    lines = _flow([entries[0], notes] if entries and not notes else [notes], width)
    return [fit_line(line, width, notation.glyphs.cut) for line in lines[:most]]


def more_note(count: int) -> Line:
    """`+3 more`, or nothing for none."""
    return (piece(f"+{count} more", Role.MUTED),) if count else ()


def _flow(groups: Sequence[Line], width: int) -> list[Line]:
    """`groups` side by side, on as many lines as they need."""
    lines: list[Line] = []
    current: list[Line] = []
    for group in groups:
        if not group:
            continue
        if current and line_width(joined([*current, group])) > width:
            lines.append(joined(current))
            current = []
        current.append(group)
    return [*lines, joined(current)] if current else lines


def legend_table(figures: Sequence[Figure], when: SafeText, width: int, notation: Notation) -> list[Line]:
    """A head and a row a series: its lowest, highest and newest value, and that at the cursor (`when`)."""
    cut, signs = notation.glyphs.cut, notation.signs
    plain = Role.MUTED if notation.dimmed else Role.TEXT
    titles = ["min", "max", "now", *([when] if when else [])]
    room = max(8, width - 2 - len(titles) * (_FIGURE + 1))
    cap = min(room, max(width_of(figure.name) for figure in figures))
    names = short_names([figure.name for figure in figures], cap, cut)
    head = "".join(f" {title:>{_FIGURE}}" for title in titles)
    lines: list[Line] = [(piece(f"  {' ' * cap}{head}", Role.MUTED),)]
    for figure, name in zip(figures, names, strict=True):
        values = [figure.low, figure.high, figure.last, *([figure.value] if when else [])]
        row = [piece(f" {pad(notation.value(value), _FIGURE, cut, right=True)}", plain) for value in values]
        padded = pad(name, cap, cut)
        if figure.hidden:
            lines.append((piece(f"{figure.number}{signs.hidden}", Role.MUTED), piece(padded, Role.HIDDEN), *row))
            continue
        crossed = worst_severity(figure.value, notation.thresholds)
        word = "" if crossed is None else f" {notation.crossed(figure.value)} {crossed.severity.value}"
        role = plain if crossed is None or notation.dimmed else SEVERITY_ROLES[crossed.severity]
        mark = piece(f"{figure.number}{signs.line}", SERIES_ROLES[figure.number - 1])
        lines.append((mark, piece(padded), *row, piece(word, role)))
    return [fit_line(line, width, cut) for line in lines]
