"""Lines broken to a width without losing a character.

Textual's `Content.fold` stops at a run of characters that cover fewer cells than it expects
(combining marks) and drops what follows; evidence must not vanish, so lines are broken here.
"""

from __future__ import annotations

from rich.cells import get_character_cell_size
from textual.content import Content


def wrap(content: Content, width: int, hang: int = 0) -> list[Content]:
    """`content` in lines of at most `width` cells, broken after a space where there is one.

    Lines after the first start with `hang` spaces (fewer where `width` leaves no room for text, 2 cells at least).
    """
    width = max(2, width)
    if content.cell_length <= width:
        return [content]
    hang = min(hang, width // 2, width - 2)
    text = content.plain
    lines: list[Content] = []
    start = 0
    while start < len(text):
        room = width - (hang if lines else 0)
        end = _line_end(text, start, room)
        part = content[start:end]
        lines.append(Content.assemble(" " * hang, part) if lines and hang else part)
        start = end
    return lines


def _line_end(text: str, start: int, room: int) -> int:
    """Where the line that begins at `start` ends; always at least one character on."""
    cells, last_space, place = 0, -1, start
    while place < len(text):
        cells += get_character_cell_size(text[place])
        if cells > room and place > start:
            # Leading spaces are indentation, no place to break at.
            if last_space > start and text[start:last_space].strip(" "):
                return last_space
            return place
        if text[place] == " ":
            last_space = place + 1
        place += 1
    return place


def indent_of(content: Content) -> int:
    """Leading spaces of `content`."""
    text = content.plain
    return len(text) - len(text.lstrip(" "))
