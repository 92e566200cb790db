"""Which cells of a line look otherwise than before."""

from __future__ import annotations

from rich.cells import get_character_cell_size
from rich.style import Style
from textual.strip import Strip

Cell = tuple[str, Style | None]


def changed_cells(old: Strip | None, new: Strip) -> tuple[int, int] | None:
    """First differing cell and how many up to the last, or None when nothing differs.

    Without an `old` line, or with one of another width, the whole line differs.
    """
    if old is None or old.cell_length != new.cell_length:
        return (0, new.cell_length)
    if old == new:
        return None
    pairs = zip(_cells(old), _cells(new), strict=False)
    differing = [place for place, (before, after) in enumerate(pairs) if before != after]
    return (differing[0], differing[-1] - differing[0] + 1) if differing else None


def _cells(strip: Strip) -> list[Cell]:
    """Every cell as (character, style); a wide character fills two, a mark belongs to the cell before it."""
    cells: list[Cell] = []
    for segment in strip:
        for char in segment.text:
            size = get_character_cell_size(char)
            if size == 0 and cells:
                cells[-1] = (cells[-1][0] + char, segment.style)
            else:
                cells.extend([(char, segment.style)] * size)
    return cells
