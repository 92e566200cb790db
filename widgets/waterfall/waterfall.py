"""The rows of a trace: fold, zoom, go to errors."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, tzinfo
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message

from opsconsole.domain.text import SafeText
from opsconsole.domain.trace_shape import SpanNode, TraceShape
from opsconsole.widgets.glyphs import UNICODE, Glyphs
from opsconsole.widgets.rows import RowList
from opsconsole.widgets.waterfall.axis import Window
from opsconsole.widgets.waterfall.colours import service_colours
from opsconsole.widgets.waterfall.columns import Columns, columns_of
from opsconsole.widgets.waterfall.outline import Outline
from opsconsole.widgets.waterfall.rows import Drawing, SpanRows

_EDGES = 2
_ROOM_AROUND = 0.02
"""Share of a span's time left free on both sides when it is zoomed into."""


class Waterfall(RowList):
    """The spans of one trace below each other. Only those in view are drawn."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,space", "fold", "fold", show=False, id="waterfall.fold"),
        Binding("z", "zoom_span", "zoom", show=False, id="waterfall.zoom_span"),
        Binding("Z", "zoom_back", "whole", show=False, id="waterfall.zoom_back"),
        Binding("plus,equals_sign", "zoom(0.5)", "closer", show=False, id="waterfall.zoom_in"),
        Binding("minus", "zoom(2)", "wider", show=False, id="waterfall.zoom_out"),
        Binding("left", "pan(-0.25)", "earlier", show=False, id="waterfall.pan_back"),
        Binding("right", "pan(0.25)", "later", show=False, id="waterfall.pan_forward"),
        Binding("less_than_sign", "names(-4)", "narrower names", show=False, id="waterfall.narrow_names"),
        Binding("greater_than_sign", "names(4)", "wider names", show=False, id="waterfall.widen_names"),
        Binding("n", "error(1)", "next error", show=False, id="waterfall.next_error"),
        Binding("N", "error(-1)", "error before", show=False, id="waterfall.error_before"),
        *(
            Binding(str(level), f"levels({level})", "levels", show=False, id=f"waterfall.level_{level}")
            for level in range(1, 10)
        ),
        Binding("0", "levels(0)", "all levels", show=False, id="waterfall.all_levels"),
    ]

    class Redrawn(Message):
        """The part of the time, the columns or what is listed is another."""

    def __init__(
        self,
        *,
        glyphs: Glyphs = UNICODE,
        zone: tzinfo = UTC,
        id: str | None = None,  # noqa: A002  - Textual's own name for it
    ) -> None:
        """No trace yet."""
        super().__init__(glyphs=glyphs, zone=zone, id=id)
        self._outline: Outline | None = None
        self._whole = Window(0.0, 0.0)
        self._windows: list[Window] = []
        self._widened = 0
        self._words: tuple[str, ...] = ()
        self.colours: dict[SafeText, str] = {}
        """A style for each service."""

    # --- what is shown

    def show_trace(self, shape: TraceShape) -> None:
        """Show `shape`; what was folded, the place of the cursor and the zoom stay where they can."""
        folded = self._outline.folded_keys if self._outline is not None else ()
        self._outline = Outline(shape)
        self._outline.fold(folded)
        self._whole = Window(shape.start, shape.end)
        self._windows = [
            one.within(self._whole) for one in self._windows if one.start < shape.end and one.end > shape.start
        ]
        self.colours = service_colours(share.service for share in shape.services)
        self._list()

    @property
    def outline(self) -> Outline | None:
        """What is listed of the trace."""
        return self._outline

    @property
    def window(self) -> Window:
        """The part of the time that is drawn."""
        return self._windows[-1] if self._windows else self._whole

    @property
    def zoomed(self) -> bool:
        """Whether that is not all of it."""
        return bool(self._windows)

    @property
    def columns(self) -> Columns:
        """Where its columns stand."""
        return columns_of(max(1, self.content_size.width - _EDGES), self._widened)

    @property
    def node(self) -> SpanNode | None:
        """The span under the cursor."""
        place = self._place
        return self._outline.nodes[place] if self._outline is not None and place is not None else None

    @property
    def _place(self) -> int | None:
        key = self.cursor_key
        return self._outline.place_of(key) if self._outline is not None and key is not None else None

    def keep(self, fits: Callable[[int], bool] | None, words: tuple[str, ...]) -> None:
        """List only spans whose places fit, with their ancestors, `words` underlined; all of them for None."""
        if self._outline is None:
            return
        self._outline.keep(fits)
        self._words = words
        self._list()
        place = self._place
        matches = self._outline.matches
        if matches and place is not None and place not in matches:
            self.select(self._outline.keys[min((one for one in matches if one > place), default=min(matches))])

    def _list(self) -> None:
        if self._outline is not None:
            drawing = Drawing(self.window, self.colours, self._widened, self._words)
            self.show(SpanRows(self._outline, drawing), now=0.0)
            self.post_message(self.Redrawn())

    # --- folding

    def action_fold(self) -> None:
        """Fold the span under the cursor, or unfold it."""
        place = self._place
        if self._outline is not None and place is not None:
            self._outline.toggle(place)
            self._list()

    def action_levels(self, levels: int) -> None:
        """List so many levels; all for 0."""
        if self._outline is not None:
            self._outline.show_levels(levels or None)
            self._list()

    def action_error(self, step: int) -> None:
        """The next error, or the one before."""
        if self._outline is None or (place := self._place) is None:
            return
        found = self._outline.next_error(place, step)
        if found is None:
            self.notify("no span of this trace failed", markup=False)
            return
        self.go_to(self._outline.keys[found])

    def go_to(self, key: str) -> bool:
        """Put the cursor on the span with `key`, unfolding what hides it; False when there is none."""
        place = self._outline.place_of(key) if self._outline is not None else None
        if self._outline is None or place is None:
            return False
        self._outline.reveal(place)
        self._list()
        return self.select(key)

    # --- time

    def action_zoom_span(self) -> None:
        """Draw the time of the span under the cursor alone."""
        node = self.node
        if node is not None and node.span.duration > 0:
            span = node.span
            around = Window(span.start, span.start + span.duration)
            self._zoom(around.zoomed(1 + 2 * _ROOM_AROUND, span.start + span.duration / 2))

    def action_zoom(self, factor: float) -> None:
        """Draw `factor` times as much time, around the middle of the span under the cursor."""
        node = self.node
        if node is not None:
            self._zoom(self.window.zoomed(factor, node.span.start + node.span.duration / 2))

    def _zoom(self, window: Window) -> None:
        window = window.within(self._whole)
        if window == self._whole:
            self._windows = []
        elif window != self.window:
            self._windows.append(window)
        self._list()

    def action_zoom_back(self) -> None:
        """The part of the time that was drawn before."""
        self.zoom_back()

    def zoom_back(self) -> bool:
        """Undo the last zoom; False when there was none."""
        if not self._windows:
            return False
        self._windows.pop()
        self._list()
        return True

    def action_pan(self, share: float) -> None:
        """Move the part of the time that is drawn."""
        if self._windows:
            self._windows[-1] = self._windows[-1].moved(share).within(self._whole)
            self._list()

    def action_names(self, cells: int) -> None:
        """Give the names more room, or less."""
        before, self._widened = self.columns, self._widened + cells
        if self.columns == before:
            self._widened -= cells  # as wide as it gets
        self._list()
