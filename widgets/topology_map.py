"""One service in the middle, who calls it on the left, whom it calls on the right."""

from __future__ import annotations

from typing import ClassVar

import msgspec
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from opsconsole.domain.service_map import MapEdge, ServiceMap
from opsconsole.domain.text import SafeText
from opsconsole.widgets.glyphs import UNICODE, Glyphs
from opsconsole.widgets.rows import fit, width_of
from opsconsole.widgets.rows.difference import changed_cells
from opsconsole.widgets.topology_edges import figures, sign_of

LINES = 2
"""Lines of a neighbour: its name, and the figures of the edge."""

_ARROW = 3
_WIDEST_CENTRE = 28


class Ego(msgspec.Struct, frozen=True):
    """A service and its neighbours, those in trouble first."""

    centre: SafeText
    callers: tuple[MapEdge, ...] = ()
    callees: tuple[MapEdge, ...] = ()

    @classmethod
    def of(cls, known: ServiceMap, centre: SafeText) -> Ego:
        """The part of `known` around `centre`."""
        return cls(centre, known.callers(centre), known.callees(centre))

    @property
    def height(self) -> int:
        """Lines that show everybody."""
        return LINES * max(1, len(self.callers), len(self.callees))

    def side(self, right: bool) -> tuple[MapEdge, ...]:
        """The edges of one side."""
        return self.callees if right else self.callers


class TopologyMap(Widget, can_focus=True):
    """The neighbours of one service. The arrows choose one, Enter makes it the middle."""

    DEFAULT_CSS = """
    TopologyMap { height: 8; width: 1fr; color: $text; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "up", show=False, id="map.up"),
        Binding("down,j", "move(1)", "down", show=False, id="map.down"),
        Binding("left", "side(False)", "callers", show=False, id="map.callers"),
        Binding("right", "side(True)", "callees", show=False, id="map.callees"),
        Binding("enter", "choose", "centre", show=False, id="map.centre"),
    ]

    class Chosen(Message):
        """A neighbour is to be the middle."""

        def __init__(self, service: SafeText) -> None:
            """`service` is the neighbour."""
            super().__init__()
            self.service = service

    def __init__(self, *, glyphs: Glyphs = UNICODE, id: str | None = None) -> None:  # noqa: A002  - Textual's own name
        """Nobody yet."""
        super().__init__(id=id)
        self._glyphs = glyphs
        self._ego = Ego(SafeText(""))
        self._right = True
        self._index = 0
        self._painted: dict[int, Strip] = {}

    @property
    def edge(self) -> MapEdge | None:
        """The edge under the cursor."""
        side = self._ego.side(self._right)
        return side[self._index] if self._index < len(side) else None

    def show(self, ego: Ego) -> None:
        """Draw `ego`; the cursor stays on its edge, and starts on the callee in most trouble, else on a caller."""
        before = self.edge
        moved = ego.centre != self._ego.centre
        self._ego = ego
        keys = [edge.key for edge in ego.side(self._right)]
        if moved or before is None:
            self._right, self._index = bool(ego.callees), 0
        else:
            self._index = keys.index(before.key) if before.key in keys else max(0, min(self._index, len(keys) - 1))
        self._repaint()

    # --- keys

    def action_move(self, rows: int) -> None:
        """The neighbour above or below."""
        count = len(self._ego.side(self._right))
        self._index = max(0, min(self._index + rows, count - 1))
        self._repaint()

    def action_side(self, right: bool) -> None:
        """The callers, or the callees, where there are any."""
        if self._ego.side(right):
            self._right = right
            self._index = min(self._index, len(self._ego.side(right)) - 1)
            self._repaint()

    def action_choose(self) -> None:
        """Make the neighbour the middle."""
        edge = self.edge
        if edge is not None:
            self.post_message(self.Chosen(edge.callee if self._right else edge.caller))

    def on_focus(self) -> None:
        """Show the cursor."""
        self._repaint()

    def on_blur(self) -> None:
        """Dim the cursor."""
        self._repaint()

    # --- drawing

    def notify_style_update(self) -> None:
        """Forget lines in the old colours."""
        super().notify_style_update()
        self._painted = {}

    def render_line(self, y: int) -> Strip:
        """Line `y` of the picture."""
        self._painted[y] = self._strip(y)
        return self._painted[y]

    def _repaint(self) -> None:
        if not self.is_mounted:
            return
        regions = [
            Region(cells[0], y, cells[1], 1)
            for y in range(self.content_size.height)
            if (cells := changed_cells(self._painted.get(y), self._strip(y))) is not None
        ]
        if regions:
            self.refresh(*regions)

    def _strip(self, y: int) -> Strip:
        width, style = self.content_size.width, self.visual_style
        return Strip(self.line(y).render_segments(style)).adjust_cell_length(width, style.rich_style).simplify()

    def line(self, y: int) -> Content:
        """Line `y` as text."""
        width, height = self.content_size
        centre = fit(self._ego.centre, max(4, min(_WIDEST_CENTRE, width // 3)), self._glyphs.cut)
        side = max(4, (width - width_of(centre) - 4) // 2)
        left, right = (self._beside(y, side - _ARROW - 2, on_right) for on_right in (False, True))
        trunk, path, line = self._glyphs.trunk, self._glyphs.path, self._glyphs.span_line
        arrow = f"{line}{line}{path}" if y % LINES == 0 else " " * _ARROW
        middle = centre if y == (height - 1) // 2 else " " * width_of(centre)
        return Content.assemble(
            " " * max(0, side - _ARROW - 1 - (left.cell_length if left else 0)),
            left or "",
            (f" {arrow}" if left else " " * (_ARROW + 1), "$muted"),
            (f"{trunk} ", "$primary"),
            (middle, "$primary bold"),
            (f" {trunk}", "$primary"),
            (f"{arrow} " if right else " " * (_ARROW + 1), "$muted"),
            right or "",
        )

    def _beside(self, y: int, width: int, right: bool) -> Content | None:
        """What stands on one side of line `y`, None for nothing."""
        edges = self._ego.side(right)
        room = max(1, self.content_size.height // LINES)
        index, figure = divmod(y, LINES)
        if not edges:
            nobody = "calls nobody that is known" if right else "no caller is known"
            return Content.assemble((fit(SafeText(nobody), width, self._glyphs.cut), "$muted")) if y == 0 else None
        first = self._first(len(edges), room, right)
        place = first + index
        if index >= room or place >= len(edges):
            return None
        left_over = len(edges) - first - room
        if figure:
            told = figures(edges[place], width - (8 if left_over > 0 and index == room - 1 else 0), self._glyphs)
            more = f"  +{left_over} more" if left_over > 0 and index == room - 1 else ""
            return Content.assemble(told, (more, "$muted"))
        return self._named(edges[place], width, right, under=place == self._index and right == self._right)

    def _first(self, count: int, room: int, right: bool) -> int:
        """The first neighbour in view: the cursor's own side keeps the cursor in sight."""
        wanted = self._index if right == self._right else 0
        return max(0, min(wanted - room + 1, count - room)) if wanted >= room else 0

    def _named(self, edge: MapEdge, width: int, right: bool, *, under: bool) -> Content:
        sign, style = sign_of(edge, self._glyphs)
        name = fit(edge.callee if right else edge.caller, max(1, width - 4), self._glyphs.cut)
        cursor = (self._glyphs.cursor if self.has_focus else self._glyphs.cursor_blurred) if under else " "
        look = "bold underline" if under and self.has_focus else "bold"
        shown = Content.assemble((sign, style), " " if sign != " " else "", (name, look))
        return Content.assemble((cursor, "$primary"), shown) if right else Content.assemble(shown, (cursor, "$primary"))
