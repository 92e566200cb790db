"""Rows of a waterfall, made when they are drawn."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from textual.content import Content

from opsconsole.domain.text import SafeText
from opsconsole.domain.trace_shape import SpanNode
from opsconsole.widgets.glyphs import Glyphs
from opsconsole.widgets.marking import marked
from opsconsole.widgets.rows import Row, RowSequence, RowView, fit, pad, width_of
from opsconsole.widgets.waterfall.axis import Axis, Window
from opsconsole.widgets.waterfall.bars import bar
from opsconsole.widgets.waterfall.columns import Columns, columns_of
from opsconsole.widgets.waterfall.outline import Outline
from opsconsole.widgets.waterfall.times import precise

_CELLS_A_LEVEL = 2


class Drawing(msgspec.Struct, frozen=True):
    """How the rows are drawn: the part of the time, the services' colours, more room for names, words to underline."""

    window: Window
    colours: dict[SafeText, str]
    widened: int = 0
    words: tuple[str, ...] = ()


class SpanRow(msgspec.Struct, frozen=True):
    """One span: guides and name, bar, offset from the trace's start, duration, self time."""

    key: str
    node: SpanNode
    guides: tuple[bool, ...]
    """Of its nearest ancestors and itself, from the top: whether it is its parent's last child."""
    folded: bool
    aside: bool
    """Whether it is listed only because something below it has the words."""
    start: float
    drawing: Drawing

    @property
    def height(self) -> int:
        """One line."""
        return 1

    def lines(self, view: RowView) -> tuple[Content, ...]:
        """`├▾✘ checkout POST /pay │   ━━██━━◆   │ +120 ms  812 ms  30 ms`."""
        columns = columns_of(view.width, self.drawing.widened)
        glyphs, span = view.glyphs, self.node.span
        colour = self.drawing.colours.get(span.service, "$series-1")
        figures = (
            (columns.offset, f"+{precise(span.start - self.start, glyphs.micro)}", "$muted"),
            (columns.duration, precise(span.duration, glyphs.micro), "bold" if self.node.critical else ""),
            (columns.own, precise(self.node.own, glyphs.micro), "$muted"),
        )
        line = Content.assemble(
            self._name(columns, colour, glyphs),
            (glyphs.trunk, "$muted"),
            bar(self.node, Axis(self.drawing.window, columns.bar), colour, glyphs),
            (glyphs.trunk, "$muted"),
            *((pad(SafeText(text), cells, glyphs.cut, right=True), style) for cells, text, style in figures if cells),
        )
        return (line,)

    def _name(self, columns: Columns, colour: str, glyphs: Glyphs) -> Content:
        node, span = self.node, self.node.span
        guides = self._guides(columns, glyphs)
        fold = (glyphs.folded if self.folded else glyphs.unfolded) if node.below else " "
        sign = glyphs.error if span.error else glyphs.about if span.warnings or node.early or node.orphan else " "
        tail = f" +{node.below:,}" if self.folded else ""
        hidden = f" {glyphs.error}{node.errors_below:,}" if self.folded and node.errors_below else ""
        room = columns.name - width_of(guides) - 2 - len(tail) - len(hidden)
        service = fit(span.service, max(4, room), glyphs.cut)
        left = room - width_of(service) - 1
        operation = SafeText(f" {fit(span.operation, left, glyphs.cut)}") if left > 2 else SafeText("")
        name = Content.assemble(
            (guides, "$muted"),
            (fold, "bold"),
            (sign, "$level-error bold" if span.error else "$level-warn bold"),
            (service, "$muted" if self.aside else f"{colour} bold"),
            (operation, "$muted" if self.aside else ""),
            (tail, "$muted"),
            (hidden, "$level-error bold"),
        )
        name = marked(name, self.drawing.words) if self.drawing.words and not self.aside else name
        gap = columns.name - name.cell_length
        return Content.assemble(name, " " * gap) if gap > 0 else name.truncate(columns.name)

    def _guides(self, columns: Columns, glyphs: Glyphs) -> SafeText:
        """The branches; where there is no room for all of them the depth and the nearest ones."""
        most = max(1, columns.name // (3 * _CELLS_A_LEVEL))
        shown = self.guides[-most:]
        drawn = "".join(" " * _CELLS_A_LEVEL if last else f"{glyphs.trunk} " for last in shown[:-1])
        own = (glyphs.branch_last if shown[-1] else glyphs.branch) if shown else ""
        return SafeText((f"{self.node.depth}{glyphs.cut}" if self.node.depth > len(shown) else "") + drawn + own)


class SpanRows(RowSequence):
    """The listed spans of an outline."""

    def __init__(self, outline: Outline, drawing: Drawing) -> None:
        """As they are listed now."""
        self._outline = outline
        self._drawing = drawing
        self._listed = outline.listed()
        self._folded = frozenset(place for place in self._listed if outline.is_folded(place))
        self._rows: dict[str, int] | None = None

    def __len__(self) -> int:
        """How many are listed."""
        return len(self._listed)

    @property
    def line_count(self) -> int:
        """One line a span."""
        return len(self._listed)

    @property
    def listed(self) -> Sequence[int]:
        """Their places in the tree."""
        return self._listed

    def start_of(self, index: int) -> int:
        """Its line."""
        return index

    def index_at(self, line: int) -> int:
        """Its row."""
        return line

    def index_of(self, key: str) -> int | None:
        """Where the span with `key` stands, or the nearest ancestor that is listed; None when there is neither."""
        if self._rows is None:
            self._rows = {self._outline.keys[place]: row for row, place in enumerate(self._listed)}
        if (found := self._rows.get(key)) is not None:
            return found
        place = self._outline.place_of(key)
        while place is not None:
            if (found := self._rows.get(self._outline.keys[place])) is not None:
                return found
            place = self._outline.nodes[place].parent
        return None

    def key_at(self, index: int) -> str:
        """The key of the span at `index`."""
        return self._outline.keys[self._listed[index]]

    def row_at(self, index: int) -> Row:
        """The span at `index`."""
        outline, place = self._outline, self._listed[index]
        node = outline.nodes[place]
        return SpanRow(
            outline.keys[place],
            node,
            self._guides_of(node),
            place in self._folded,
            outline.narrowed and place not in outline.matches,
            outline.shape.start,
            self._drawing,
        )

    def _guides_of(self, node: SpanNode) -> tuple[bool, ...]:
        """For as many levels as any width has room for."""
        found: list[bool] = []
        at: SpanNode | None = node
        while at is not None and at.parent is not None and len(found) < 24:
            found.append(at.last)
            at = self._outline.nodes[at.parent]
        return tuple(reversed(found))
