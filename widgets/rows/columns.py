"""Text measured and cut in terminal cells, where an ideograph counts two and a mark none."""

from __future__ import annotations

from rich.cells import cell_len, set_cell_size

from opsconsole.domain.text import SafeText

_CHARACTERS_PER_CELL = 16


def width_of(text: str) -> int:
    """Cells that `text` covers."""
    return len(text) if text.isascii() else cell_len(text)


def fit(text: SafeText, width: int, cut: SafeText) -> SafeText:
    """`text` in at most `width` cells; what is cut off ends in `cut`, a sign of one cell."""
    if width <= 0:
        return SafeText("")
    # Lines of thousands of characters are cut before they are measured; marks that cover no cell are few.
    head = text[: _CHARACTERS_PER_CELL * width]
    if len(head) == len(text) and width_of(text) <= width:
        return text
    return SafeText(set_cell_size(head, min(width_of(head), width - 1)).rstrip(" ") + cut)


def fit_start(text: SafeText, width: int, cut: SafeText) -> SafeText:
    """`text` in at most `width` cells, losing its start: for names that differ at their end."""
    if width <= 0:
        return SafeText("")
    if width_of(text) <= width:
        return text
    tail = text[-(width - 1) :] if width > 1 else ""
    while width_of(tail) > width - 1:
        tail = tail[1:]
    return SafeText(cut + tail)


def pad(text: SafeText, width: int, cut: SafeText, *, right: bool = False) -> SafeText:
    """`text` in exactly `width` cells, cut or filled with spaces; `right` aligns it to the right."""
    text = fit(text, width, cut)
    gap = " " * max(0, width - width_of(text))
    return SafeText(gap + text if right else text + gap)
