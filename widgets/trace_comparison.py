"""Two traces side by side: a line a step, what made the second one slower first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo

import msgspec
from textual.content import Content

from opsconsole.domain.text import SafeText
from opsconsole.domain.trace_comparison import GRAIN, SpanPair, TraceComparison
from opsconsole.domain.trace_shape import SpanNode, TraceShape
from opsconsole.widgets.glyphs import UNICODE, Glyphs
from opsconsole.widgets.marking import marked
from opsconsole.widgets.one_line import OneLine
from opsconsole.widgets.problem_note import clock_text
from opsconsole.widgets.rows import RowView, fit, pad, width_of
from opsconsole.widgets.waterfall.times import precise

NAMES = (SafeText("A"), SafeText("B"))
_TIME = 9
_NAMED = 3
"""Steps that the summary names."""
_DEEPEST = 10
_WENT_ON = 1.01
"""Times the request's own duration from which a trace is told to be longer than it."""


class Columns(msgspec.Struct, frozen=True):
    """Cells of each column; 0 leaves one out."""

    name: int
    time: int
    own: int
    share: int


def columns_of(width: int, name_cells: int) -> Columns:
    """The columns of a line of `width` cells for names of up to `name_cells`.

    The self time and the share give way before the durations.
    """
    own = _TIME if width >= 72 else 0
    share = _TIME if width >= 60 else 0
    room = width - 4 - 3 * _TIME - own - share
    return Columns(max(8, min(room, name_cells)), _TIME, own, share)


def signed(seconds: float, glyphs: Glyphs) -> SafeText:
    """`+1.90 s`, `-50.0 ms`, and `=` where nothing differs."""
    if abs(seconds) <= GRAIN:
        return SafeText("=")
    return SafeText(f"{'+' if seconds > 0 else '-'}{precise(abs(seconds), glyphs.micro)}")


def style_of(seconds: float) -> str:
    """Slower is loud, quicker is quiet."""
    return "$level-error" if seconds > GRAIN else "$state-live" if seconds < -GRAIN else "$muted"


def name_of(pair: SpanPair) -> SafeText:
    """Who did what, in A and in B where that is called otherwise."""
    span, left = pair.node.span, pair.left.span if pair.left is not None else None
    before = f"{left.operation} / " if left is not None and left.operation != span.operation else ""
    return SafeText(f"{span.service} {before}{span.operation}")


class PairRow(msgspec.Struct, frozen=True):
    """One step; `as_tree` they are indented. `name_cells` is the longest name of the list."""

    key: str
    pair: SpanPair
    as_tree: bool
    name_cells: int
    words: tuple[str, ...] = ()

    @property
    def height(self) -> int:
        """One line."""
        return 1

    def lines(self, view: RowView) -> tuple[Content, ...]:
        """`+✘ orders wait          not in A     2.00 s    +2.00 s    +1.90 s    +1.90 s`."""
        glyphs, pair, columns = view.glyphs, self.pair, columns_of(view.width, self.name_cells)
        sign, style = self._sign(glyphs)
        indent = _indent(pair) if self.as_tree else ""
        room = columns.name - width_of(indent)
        name = Content.assemble((indent, ""), (pad(name_of(pair), max(4, room), glyphs.cut), style or "bold"))
        failed = any(node is not None and node.span.error for node in (pair.left, pair.right))
        figures = (
            (columns.time, self._took(pair.left, NAMES[0], glyphs), "$muted" if pair.added else ""),
            (columns.time, self._took(pair.right, NAMES[1], glyphs), "$muted" if pair.missing else ""),
            (columns.time, signed(pair.duration, glyphs), ""),
            (columns.own, signed(pair.own, glyphs), "$muted"),
            (columns.share, signed(pair.share, glyphs), f"{style_of(pair.share)} bold"),
        )
        return (
            Content.assemble(
                (f"{sign}", style),
                (glyphs.error if failed else " ", "$level-error bold"),
                " ",
                marked(name, self.words) if self.words else name,
                " ",
                *((pad(SafeText(text), cells, glyphs.cut, right=True), look) for cells, text, look in figures if cells),
            ),
        )

    def _sign(self, glyphs: Glyphs) -> tuple[str, str]:
        if self.pair.added:
            return "+", "$level-warn bold"
        if self.pair.missing:
            return "-", "$level-warn bold"
        if abs(self.pair.duration) <= GRAIN:
            return " ", ""
        return (glyphs.above if self.pair.duration > 0 else glyphs.below), ""

    @staticmethod
    def _took(node: SpanNode | None, name: SafeText, glyphs: Glyphs) -> str:
        if node is None:
            return f"not in {name}"
        return f"{glyphs.error if node.span.error else ''}{precise(node.span.duration, glyphs.micro)}"


def _indent(pair: SpanPair) -> str:
    return "  " * min(pair.depth, _DEEPEST)


def pair_rows(comparison: TraceComparison, *, as_tree: bool, words: tuple[str, ...] = ()) -> tuple[PairRow, ...]:
    """A row a step: all in the order of the tree, or those that differ, what made B slower first."""
    place = {id(pair): number for number, pair in enumerate(comparison.pairs)}
    shown = comparison.pairs if as_tree else comparison.differences
    cells = max((width_of(name_of(pair)) + (len(_indent(pair)) if as_tree else 0) for pair in shown), default=0)
    return tuple(PairRow(str(place[id(pair)]), pair, as_tree, cells, words) for pair in shown)


class ComparisonHead(OneLine):
    """What the columns are."""

    def __init__(self, glyphs: Glyphs = UNICODE) -> None:
        """Nothing is compared yet."""
        super().__init__()
        self._glyphs = glyphs
        self._name_cells = 0

    def show(self, rows: Sequence[PairRow]) -> None:
        """Over `rows`."""
        self._name_cells = rows[0].name_cells if rows else 0
        self.changed()

    def longest(self) -> Content:
        """With room to spare."""
        return self.line(120)

    def line(self, width: int) -> Content:
        """Over the columns of the rows below."""
        columns = columns_of(width, self._name_cells)
        names = (
            (columns.time, NAMES[0]),
            (columns.time, NAMES[1]),
            (columns.time, "B less A"),
            (columns.own, "itself"),
            (columns.share, "share"),
        )
        cells = (pad(SafeText(name), room, self._glyphs.cut, right=True) for room, name in names if room)
        return Content.assemble(
            (f"   {pad(SafeText('step'), columns.name, self._glyphs.cut)} {''.join(cells)}", "$muted")
        )


def trace_line(name: SafeText, shape: TraceShape, zone: tzinfo, glyphs: Glyphs) -> Content:
    """`A  14:11:03  500 ms  4 spans, none failed  gateway pay  trace 4bf92f35`."""
    if not shape.nodes:
        return Content.assemble(
            (name, "$primary bold"), (f"  trace {shape.trace.trace_id[:8]} without spans", "$muted")
        )
    root, errors = shape.trace.root, shape.errors
    failed = f"{glyphs.error} {errors:,} failed" if errors else "none failed"
    count = len(shape.nodes)
    went_on = shape.duration > shape.critical_time * _WENT_ON
    after = f" ({precise(shape.duration, glyphs.micro)} in all)" if went_on else ""
    return Content.assemble(
        (name, "$primary bold"),
        (f"  {clock_text(shape.start, zone)}  ", "$muted"),
        (precise(shape.critical_time, glyphs.micro), "bold"),
        (after, "$muted"),
        f"  {count:,} span{'s' * (count != 1)}, ",
        (failed, "$level-error bold" if errors else "$muted"),
        f"  {root.service} {root.operation}",
        (f"  trace {shape.trace.trace_id[:8]}", "$muted"),
    )


def explanation(comparison: TraceComparison, glyphs: Glyphs) -> Content:
    """`B took 2.00 s longer: +1.90 s orders wait (only in B), +50.0 ms checkout pay; 1 step missing, 2 added`."""
    total = comparison.total
    if not comparison.differences:
        return Content("the same steps took the same time")
    if abs(total) <= GRAIN:
        head = "both took the same time"
    else:
        head = f"B took {precise(abs(total), glyphs.micro)} {'longer' if total > 0 else 'less'}"
    causes = _causes(comparison, slower=total >= 0)
    told = ", ".join(f"{signed(one.share, glyphs)} {fit(name_of(one), 48, glyphs.cut)}{_whose(one)}" for one in causes)
    words = [f"{head}: {told}" if told else head]
    if comparison.missing:
        words.append(f"{comparison.missing:,} step{'s' * (comparison.missing != 1)} of A missing in B")
    if comparison.added:
        words.append(f"{comparison.added:,} added")
    return Content("; ".join(words))


def _causes(comparison: TraceComparison, *, slower: bool) -> Sequence[SpanPair]:
    """The steps that did most to the difference, in its own direction."""
    found = comparison.differences if slower else comparison.differences[::-1]
    return [one for one in found[:_NAMED] if (one.share > GRAIN if slower else one.share < -GRAIN)]


def _whose(pair: SpanPair) -> str:
    return " (only in B)" if pair.added else " (only in A)" if pair.missing else ""
