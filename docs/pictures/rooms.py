"""Draws the rooms of the house, the way of a fact and the way of an order: `python docs/pictures/rooms.py`.

Facts go up on the left in whole lines, orders go down on the right in dashed ones; a test holds the picture against
this file, and the rooms against the folders.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from pathlib import Path

PICTURE = Path(__file__).with_name("rooms.svg")
WIDTH, HEIGHT = 960, 880
INK, PAPER, QUIET = "#1f2933", "#ffffff", "#52606d"
SIZE = f'width="{WIDTH}" height="{HEIGHT}"'
FONT = 'font-family="Verdana, DejaVu Sans, sans-serif"'
FACTS, ORDERS, DOOR = "#1d5fa6", "#a6400d", "#6b21a8"


@dataclass(frozen=True)
class Box:
    """A room at a place of the sheet; `lines` stand below its name."""

    name: str
    lines: tuple[str, ...]
    left: int
    top: int
    width: int
    height: int = 74
    fill: str = "#f1f5f9"


ROOMS = (
    Box("widgets/", ("draw values and know nothing else",), 40, 130, 300),
    Box(
        "console/screens/",
        ("panes, views, dialogs, jumps; themes/", "one selection, one window of time"),
        360,
        130,
        300,
    ),
    Box("console/actions.py", ("the one registry: keys, help,", "palette, key page"), 680, 130, 240),
    Box("console/feeds/", ("when to ask, how fresh the answer is;", "a snapshot never changes"), 40, 300, 300),
    Box("console/incidents/", ("the record that", "writes itself"), 360, 300, 145),
    Box("console/runbooks/", ("checks ask; acts go", "the way of all orders"), 515, 300, 145),
    Box("console/operations/", ("check, confirm, record,", "send once, watch"), 680, 300, 240),
    Box("console/sources/", ("bytes become values of console/domain/, or a SourceError",), 40, 490, 620),
    Box(
        "console/sources/wire/",
        ("HTTP for all of them: deadline, size, number of requests", "what changes something needs a permit"),
        40,
        600,
        880,
    ),
)
"""The rooms; each name is a folder or file of the repository."""

OUTSIDE = (
    Box("your terminal", (), 40, 24, 880, 44, "#e2e8f0"),
    Box("your disk: audit log, incidents.db", (), 360, 412, 300, 40, "#e2e8f0"),
    Box("Prometheus · Alertmanager · Elasticsearch · Jaeger · Kubernetes", (), 40, 748, 880, 44, "#e2e8f0"),
    Box("console/practice/", ("a shop that breaks, behind the same wire formats",), 40, 806, 880, 52, "#fef9c3"),
)


@dataclass(frozen=True)
class Arrow:
    """A way from one point to the next, with words beside its end."""

    points: tuple[tuple[int, int], ...]
    colour: str
    words: str = ""
    beside: tuple[int, int] = (0, 0)

    @property
    def dashed(self) -> bool:
        """Orders and what follows from them are dashed: colour is never the only sign."""
        return self.colour == ORDERS


ARROWS = (
    Arrow(((150, 748), (150, 674)), FACTS, "answers: bytes of strangers", (162, 732)),
    Arrow(((150, 600), (150, 564)), FACTS),
    Arrow(((150, 490), (150, 374)), FACTS, "values, texts made safe", (162, 400)),
    Arrow(((300, 300), (400, 204)), FACTS, "snapshots", (268, 250)),
    Arrow(((360, 167), (340, 167)), FACTS),
    Arrow(((150, 130), (150, 68)), FACTS, "cells", (162, 124)),
    Arrow(((800, 68), (800, 130)), ORDERS, "keys", (812, 104)),
    Arrow(((680, 167), (660, 167)), ORDERS),
    Arrow(((620, 204), (720, 300)), ORDERS, "an order", (684, 250)),
    Arrow(((660, 337), (680, 337)), ORDERS),
    Arrow(((720, 374), (720, 432), (660, 432)), ORDERS, "first recorded", (728, 410)),
    Arrow(((432, 374), (432, 412)), ORDERS),
    Arrow(((860, 374), (860, 600)), ORDERS, "then sent, once", (756, 480)),
    Arrow(((860, 674), (860, 748)), ORDERS, "one request", (776, 732)),
)

DOORS = (
    ("terminal_guard.py: nothing else gets out", 40, 88, 300),
    ("safe_text.py: the one door for text", 40, 430, 300),
    ("the read-only guard", 680, 690, 240),
)


def picture() -> str:
    """The SVG as text."""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" {SIZE} {FONT}>',
        "<title>Rooms of the console: facts go up, orders go down</title>",
        "<defs>",
        *(_head(name, colour) for name, colour in (("facts", FACTS), ("orders", ORDERS))),
        "</defs>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" rx="10" fill="{PAPER}"/>',
        *(_box(one) for one in (*OUTSIDE, *ROOMS)),
        *(_arrow(one) for one in ARROWS),
        *(_door(*one) for one in DOORS),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _head(name: str, colour: str) -> str:
    return (
        f'<marker id="{name}" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto">'
        f'<path d="M0 0 10 5 0 10z" fill="{colour}"/></marker>'
    )


def _text(words: str, left: float, top: float, colour: str = INK, size: int = 12, anchor: str = "start") -> str:
    place = f'x="{left:g}" y="{top:g}" fill="{colour}" font-size="{size}" text-anchor="{anchor}"'
    return f"<text {place}>{escape(words)}</text>"


def _box(box: Box) -> str:
    middle = box.left + box.width / 2
    first = box.top + box.height / 2 + 5 - 9 * len(box.lines)
    place = f'x="{box.left}" y="{box.top}" width="{box.width}" height="{box.height}" rx="6"'
    return "\n".join(
        (
            f'<rect {place} fill="{box.fill}" stroke="{QUIET}"/>',
            _text(box.name, middle, first, size=14, anchor="middle"),
            *(_text(one, middle, first + 18 * row, QUIET, 11, "middle") for row, one in enumerate(box.lines, 1)),
        )
    )


def _arrow(arrow: Arrow) -> str:
    name = "orders" if arrow.dashed else "facts"
    way = " ".join(f"{left},{top}" for left, top in arrow.points)
    stroke = f'stroke="{arrow.colour}" stroke-width="2"' + (' stroke-dasharray="6 4"' if arrow.dashed else "")
    line = f'<polyline points="{way}" fill="none" {stroke} marker-end="url(#{name})"/>'
    return f"{line}\n{_text(arrow.words, *arrow.beside, arrow.colour)}" if arrow.words else line


def _door(words: str, left: int, top: int, width: int) -> str:
    return "\n".join(
        (
            f'<rect x="{left}" y="{top}" width="{width}" height="22" rx="11" fill="{PAPER}" stroke="{DOOR}"/>',
            _text(words, left + width / 2, top + 15, DOOR, 11, "middle"),
        )
    )


if __name__ == "__main__":
    PICTURE.write_text(picture(), encoding="utf-8")
