"""The characters of a screenshot, read back from its SVG.

Textual exports a screen as SVG only (through Rich's `Console.export_svg`): one `<text>` for each
run of a style, placed by its pixel column and row.
"""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

from rich.cells import cell_len

_SVG = "{http://www.w3.org/2000/svg}"
_CELL_WIDTH = 12.2
"""Pixels of one cell in Rich's terminal SVG (20 px font x 0.61)."""
_LINE = re.compile(r"line-(\d+)\)$")


def screen_text(svg: str) -> str:
    """The screen in `svg` as lines of text, trailing blanks cut off."""
    root = ET.fromstring(svg)  # noqa: S314 - written by Textual a moment ago
    rows: dict[int, list[tuple[int, str]]] = {}
    for element in root.iter(f"{_SVG}text"):
        line = _LINE.search(element.get("clip-path", ""))
        if line is None or element.text is None:
            continue
        column = round(float(element.get("x", "0")) / _CELL_WIDTH)
        rows.setdefault(int(line.group(1)), []).append((column, element.text.replace("\u00a0", " ")))
    return "\n".join(_joined(rows.get(y, [])) for y in range(max(rows, default=-1) + 1))


def _joined(runs: list[tuple[int, str]]) -> str:
    line = ""
    for column, text in sorted(runs):
        line += " " * (column - cell_len(line)) + text
    return line.rstrip()
