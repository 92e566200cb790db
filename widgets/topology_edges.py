"""Edges between services in words and figures, and the list of all of them."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from textual.content import Content

from opsconsole.domain.service_map import MapEdge
from opsconsole.domain.text import SafeText
from opsconsole.widgets.glyphs import UNICODE, Glyphs
from opsconsole.widgets.one_line import OneLine
from opsconsole.widgets.rows import RowView, fit, pad, width_of
from opsconsole.widgets.waterfall.times import precise

_SIGN = 2
_FAILED = 19
_TIME = 9
_COUNT = 12

Words = tuple[str, str]
"""A text and its style."""


def failed_words(edge: MapEdge) -> Words:
    """How many calls of those in hand failed, in words and a colour.

    No share of all calls: the traces in hand are a sample that has the failed ones first.
    """
    sampled = edge.sampled
    if sampled is None or sampled.errors is None:
        return "failures unknown", "$muted"
    if edge.failing:
        return f"failing {sampled.errors:,} of {sampled.calls:,}", "$level-error bold"
    if sampled.errors:
        return f"{sampled.errors:,} of {sampled.calls:,} failed", "$level-warn"
    return "none failed", "$muted"


def sign_of(edge: MapEdge, glyphs: Glyphs) -> Words:
    """The sign of an edge in trouble, one cell; a blank for others."""
    if edge.failing:
        return glyphs.error, "$level-error bold"
    return (glyphs.about, "$level-warn") if edge.sampled is not None and edge.sampled.errors else (" ", "")


def calls_words(edge: MapEdge) -> str:
    """`12,340 calls` as the store counted them, else `40 in hand`."""
    if edge.counted is not None:
        return f"{edge.counted:,} call{'s' * (edge.counted != 1)}"
    return f"{edge.sampled.calls:,} in hand" if edge.sampled is not None else ""


def times_words(edge: MapEdge, glyphs: Glyphs) -> tuple[str, str]:
    """The median and the 95th percentile; empty where no call was sampled."""
    sampled = edge.sampled
    if sampled is None or sampled.median is None or sampled.p95 is None:
        return "", ""
    return str(precise(sampled.median, glyphs.micro)), str(precise(sampled.p95, glyphs.micro))


def figures(edge: MapEdge, width: int, glyphs: Glyphs) -> Content:
    """Failures, latencies and calls in at most `width` cells; the last ones give way first."""
    median, p95 = times_words(edge, glyphs)
    failed, style = failed_words(edge)
    told = [f"p95 {p95}" if p95 else "", calls_words(edge), f"p50 {median}" if median else ""]
    shown = Content.assemble((fit(SafeText(failed), width, glyphs.cut), style))
    for words in filter(None, told):
        if shown.cell_length + 2 + width_of(words) > width:
            break
        shown = Content.assemble(shown, (f", {words}", "$muted"))
    return shown


class Columns(msgspec.Struct, frozen=True):
    """Cells of each column; 0 leaves one out."""

    caller: int
    callee: int
    median: int
    in_hand: int


def columns_of(width: int, caller_cells: int, callee_cells: int) -> Columns:
    """The columns of a line of `width` cells for the longest names; the sample and the median give way to them."""
    in_hand = _COUNT + 1 if width >= 92 else 0
    median = _TIME if width >= 68 else 0
    room = max(8, width - _SIGN - 4 - _FAILED - median - _TIME - _COUNT - 1 - in_hand)
    caller = min(caller_cells, max(room // 2, room - callee_cells))
    return Columns(max(4, caller), max(4, min(callee_cells, room - caller)), median, in_hand)


class EdgeRow(msgspec.Struct, frozen=True):
    """One edge; `caller_cells` and `callee_cells` are the longest names of the list."""

    key: str
    edge: MapEdge
    caller_cells: int
    callee_cells: int

    @property
    def height(self) -> int:
        """One line."""
        return 1

    def lines(self, view: RowView) -> tuple[Content, ...]:
        """`✘ checkout ▸ orders   failing 5 of 40    41 ms   702 ms   12,340 calls   40 in hand`."""
        glyphs, edge = view.glyphs, self.edge
        columns = columns_of(view.width, self.caller_cells, self.callee_cells)
        sign, loud = sign_of(edge, glyphs)
        failed, style = failed_words(edge)
        median, p95 = times_words(edge, glyphs)
        in_hand = f"{edge.sampled.calls:,} in hand" if edge.sampled is not None else "none in hand"
        counted = "not counted" if edge.counted is None else calls_words(edge)
        figures = ((columns.median, median), (_TIME, p95), (_COUNT + 1, counted), (columns.in_hand, in_hand))
        return (
            Content.assemble(
                (f"{sign} ", loud),
                (pad(edge.caller, columns.caller, glyphs.cut), "bold"),
                (f" {glyphs.path} ", "$muted"),
                (pad(edge.callee, columns.callee, glyphs.cut), "bold"),
                " ",
                (pad(SafeText(failed), _FAILED, glyphs.cut), style),
                *((pad(SafeText(text), cells, glyphs.cut, right=True), "$muted") for cells, text in figures if cells),
            ),
        )


def edge_rows(edges: tuple[MapEdge, ...]) -> tuple[EdgeRow, ...]:
    """A row an edge, in the order given."""
    callers = max((width_of(edge.caller) for edge in edges), default=0)
    callees = max((width_of(edge.callee) for edge in edges), default=0)
    return tuple(EdgeRow("\x00".join(edge.key), edge, callers, callees) for edge in edges)


class EdgeHead(OneLine):
    """What the columns of the edges are."""

    def __init__(self, glyphs: Glyphs = UNICODE) -> None:
        """Over no rows yet."""
        super().__init__()
        self._glyphs = glyphs
        self._row: EdgeRow | None = None

    def show(self, rows: Sequence[EdgeRow]) -> None:
        """Over `rows`."""
        self._row = rows[0] if rows else None
        self.changed()

    def longest(self) -> Content:
        """With room to spare."""
        return self.line(120)

    def line(self, width: int) -> Content:
        """Over the columns of the rows below."""
        if self._row is None:
            return Content("")
        columns = columns_of(width, self._row.caller_cells, self._row.callee_cells)
        names = (
            pad(SafeText("caller"), columns.caller, self._glyphs.cut),
            pad(SafeText("callee"), columns.callee, self._glyphs.cut),
        )
        titles = ((columns.median, "median"), (_TIME, "p95"), (_COUNT + 1, "counted"), (columns.in_hand, "sample"))
        cells = (pad(SafeText(title), room, self._glyphs.cut, right=True) for room, title in titles if room)
        failed = pad(SafeText("failures"), _FAILED, self._glyphs.cut)
        return Content.assemble((f"  {names[0]}   {names[1]} {failed}{''.join(cells)}", "$muted"))
