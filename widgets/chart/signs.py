"""Signs that only charts need, in a Unicode and an ASCII set, each one cell wide."""

from __future__ import annotations

import msgspec

from opsconsole.domain.marker import MarkerKind
from opsconsole.domain.text import SafeText
from opsconsole.widgets.glyphs import Glyphs


class Signs(msgspec.Struct, frozen=True):
    """`braille` says whether the plot has 2×4 dots a cell; `blocks` rise from empty to full."""

    braille: bool
    exemplar: SafeText
    marker_line: SafeText
    cursor_line: SafeText
    axis: SafeText
    dashes: SafeText
    at_most: SafeText
    line: SafeText
    hidden: SafeText
    blocks: tuple[SafeText, ...]


_UNICODE = Signs(
    braille=True,
    exemplar=SafeText("◆"),
    marker_line=SafeText("┊"),
    cursor_line=SafeText("│"),
    axis=SafeText("│"),
    dashes=SafeText("╌"),
    at_most=SafeText("≤"),
    line=SafeText("━"),
    hidden=SafeText("○"),
    blocks=tuple(map(SafeText, " ▁▂▃▄▅▆▇█")),
)

_ASCII = Signs(
    braille=False,
    exemplar=SafeText("x"),
    marker_line=SafeText(":"),
    cursor_line=SafeText("|"),
    axis=SafeText("|"),
    dashes=SafeText("-"),
    at_most=SafeText("<="),
    line=SafeText("="),
    hidden=SafeText("o"),
    blocks=tuple(map(SafeText, " .:-=+*%#")),
)

MARKER_LETTERS: dict[MarkerKind, SafeText] = {
    MarkerKind.DEPLOY: SafeText("D"),
    MarkerKind.INCIDENT: SafeText("I"),
    MarkerKind.ALERT: SafeText("A"),
    MarkerKind.RESTART: SafeText("R"),
}
"""Letters on the time axis. Where several fall into one cell the first of this order is shown: causes first."""

_PLAIN = str.maketrans({"µ": "u", "–": "-", "…": "~", "≥": ">", "×": "x"})


def signs_for(glyphs: Glyphs) -> Signs:
    """The chart's signs that go with `glyphs`."""
    return _UNICODE if not glyphs.bar.isascii() else _ASCII


def in_ascii(text: SafeText) -> SafeText:
    """`text` of our own making (values, units) in ASCII of the same width."""
    return text if text.isascii() else SafeText(text.translate(_PLAIN))
