"""Lines of text whose pieces say what they are; the widget gives each role its colour."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from itertools import groupby

from textual.content import Content

from opsconsole.domain.series import Severity
from opsconsole.domain.text import SafeText
from opsconsole.widgets.rows import fit, width_of


class Role(enum.Enum):
    """What a piece of a chart is; the value is the end of its component class `chart--…`."""

    TEXT = "text"
    TITLE = "title"
    MUTED = "muted"
    HIDDEN = "hidden"
    SERIES_1 = "series-1"
    SERIES_2 = "series-2"
    SERIES_3 = "series-3"
    SERIES_4 = "series-4"
    SERIES_5 = "series-5"
    SERIES_6 = "series-6"
    CRITICAL = "critical"
    WARNING = "warning"
    INFO = "info"
    THRESHOLD = "threshold"
    MARKER = "marker"
    CURSOR = "cursor"


SERIES_ROLES = (Role.SERIES_1, Role.SERIES_2, Role.SERIES_3, Role.SERIES_4, Role.SERIES_5, Role.SERIES_6)
"""The roles of the lines of a chart, by place; there are no more lines than these."""

SEVERITY_ROLES = {
    Severity.CRITICAL: Role.CRITICAL,
    Severity.WARNING: Role.WARNING,
    Severity.INFO: Role.INFO,
    Severity.UNKNOWN: Role.MUTED,
}

Piece = tuple[SafeText, Role]
Line = tuple[Piece, ...]


def piece(text: str, role: Role = Role.TEXT) -> Piece:
    """`text` made of safe parts, as `role`."""
    return SafeText(text), role


def line_width(line: Iterable[Piece]) -> int:
    """Cells that `line` covers."""
    return sum(width_of(text) for text, _ in line)


def joined(groups: Iterable[Line], gap: str = "  ") -> Line:
    """The non-empty `groups` in one line with `gap` between them."""
    out: list[Piece] = []
    for group in groups:
        if group:
            out.extend([piece(gap), *group] if out else group)
    return tuple(out)


def fit_line(line: Line, width: int, cut: SafeText) -> Line:
    """`line` in at most `width` cells; what is cut off ends in `cut`."""
    if line_width(line) <= width:
        return line
    out: list[Piece] = []
    room = width
    for text, role in line:
        cells = width_of(text)
        if cells >= room:
            # Something follows or is cut: the sign must say so.
            shown = fit(SafeText(f"{text}{cut}"), room, cut) if cells == room else fit(text, room, cut)
            out.append((shown, role))
            break
        out.append((text, role))
        room -= cells
    return tuple(out)


def spread(left: Line, right: Line, width: int) -> Line:
    """`left` and `right` at the ends of `width` cells, which hold both."""
    gap = width - line_width(left) - line_width(right)
    return (*left, piece(" " * max(0, gap)), *right) if right else left


def wrapped(text: SafeText, role: Role, width: int, most: int, cut: SafeText) -> list[Line]:
    """`text` in at most `most` lines of `width` cells; what is left out ends in `cut`."""
    if width < 1 or most < 1:
        return []
    rows = [SafeText(row.plain.rstrip()) for row in Content(text).wrap(width)]
    if len(rows) > most:
        rows = [*rows[: most - 1], fit(SafeText(f"{rows[most - 1]} {rows[most]}"), width, cut)]
    return [(piece(fit(row, width, cut), role),) for row in rows]


def runs_of(chars: list[str], roles: list[Role]) -> Line:
    """Cells with a role each, as pieces of equal role."""
    out: list[Piece] = []
    index = 0
    for role, group in groupby(roles):
        length = sum(1 for _ in group)
        out.append((SafeText("".join(chars[index : index + length])), role))
        index += length
    return tuple(out)
