"""One trace: its spans below each other in time, and one of them whole."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import tzinfo
from typing import ClassVar

import msgspec
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.content import Content
from textual.widget import Widget

from opsconsole.clock import Clock
from opsconsole.domain.errors import SourceError
from opsconsole.domain.evidence import Pinned
from opsconsole.domain.snapshot import WHOLE, Completeness
from opsconsole.domain.text import SafeText
from opsconsole.domain.trace import Span, SpanLink, Trace
from opsconsole.domain.trace_shape import TraceShape
from opsconsole.incidents.pinning import pinned_trace
from opsconsole.screens.evidence_view import EvidenceView
from opsconsole.screens.jumps.jump import Jump
from opsconsole.screens.jumps.jump_list import JumpList
from opsconsole.screens.messages import JumpAsked
from opsconsole.screens.traces.link_chooser import link_chooser
from opsconsole.screens.traces.span_filter import SpanFilter
from opsconsole.screens.traces.trace_heading import figures_of, request_of, standing_of
from opsconsole.screens.traces.waterfall_keys import ALWAYS, PAGE, SELDOM
from opsconsole.sources.protocols import TraceSource
from opsconsole.traces import shape_of
from opsconsole.widgets.details import DetailView
from opsconsole.widgets.glyphs import Glyphs
from opsconsole.widgets.rows import RowList
from opsconsole.widgets.text_filter import TextFilter
from opsconsole.widgets.waterfall import Waterfall
from opsconsole.widgets.waterfall.legend import Legend
from opsconsole.widgets.waterfall.remarks import remarks
from opsconsole.widgets.waterfall.ruler import Ruler
from opsconsole.widgets.waterfall.span_lines import Reading as LineReading
from opsconsole.widgets.waterfall.span_lines import span_lines, text_of

_AT_ONCE = 500
"""Spans whose tree is worked out before anything else happens; for more, a thread leaves the screen free."""

_LEAPS = {"l": "see_logs", "d": "see_pod", "m": "see_metrics"}
"""The same keys as in the panes."""

_PLACES = """
WaterfallView {
    #trace-body { height: 1fr; layout: vertical; }
    #trace-rows { height: 62%; width: 1fr; layout: vertical; }
    #trace-span { height: 1fr; width: 1fr; border-top: solid $muted; }
    &.ascii #trace-span { border-top: ascii $muted; }
    &.-wide #trace-body { layout: horizontal; }
    &.-wide #trace-rows { height: 1fr; }
    &.-wide #trace-span { width: 36%; border-top: none; border-left: solid $muted; }
    &.-wide.ascii #trace-span { border-left: ascii $muted; }
}
"""
"""The spans above the span, or, where there is room, beside it."""


class TraceAsked(msgspec.Struct, frozen=True):
    """Which trace is shown, and from where.

    `leads` tells where a span leads. `known` is shown until the store has answered. The cursor goes to `span` (a
    span's id, or its key) when it is there.
    """

    trace_id: SafeText
    source: TraceSource
    leads: Callable[[Span], tuple[Jump, ...]]
    known: Trace | None = None
    span: str = ""


class WaterfallView(EvidenceView):
    """Reads the trace, works out its shape, and shows it."""

    FIND: ClassVar[str] = "words of spans, their ancestors stay; !word leaves spans out"

    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (110, "-wide")]  # noqa: RUF012  - Textual declares it so

    DEFAULT_CSS = _PLACES

    BINDINGS: ClassVar[list[BindingType]] = [
        *(Binding(key, f"leap({leap!r})", leap, show=False, id=f"trace.{leap}") for key, leap in _LEAPS.items()),
        Binding("x", "list_jumps", "jumps", id="trace.jumps"),
        Binding("L", "follow_link", "link", id="trace.link"),
        Binding("c", "critical", "critical path", id="trace.critical"),
        Binding("D", "detail", "detail", id="trace.detail"),
    ]

    def __init__(self, asked: TraceAsked, glyphs: Glyphs, clock: Clock, zone: tzinfo) -> None:
        """Nothing is asked before it is on the screen."""
        super().__init__(glyphs, clock, zone)
        self.asked = asked
        self._shape: TraceShape | None = None
        self._remarks: tuple[SafeText, ...] = ()
        self._problem = ""
        self._read_whole: Completeness | None = None
        self._wanted = asked.span
        self._filter = SpanFilter()
        self._legend = Legend(glyphs=glyphs, id="trace-legend")
        self._ruler = Ruler(glyphs=glyphs, id="trace-ruler")
        self._rows = Waterfall(glyphs=glyphs, zone=zone, id="trace-spans")
        self._box = Container(id="trace-rows")
        self._detail = DetailView(glyphs=glyphs, id="trace-span")
        self._writing = LineReading(glyphs, zone)

    def compose(self) -> ComposeResult:
        """Title, legend, axis and spans with one of them beside or below, remarks, words to find, keys."""
        yield self.title_line
        yield self._legend
        with Container(id="trace-body"):
            with self._box:
                yield self._ruler
                yield self._rows
            yield self._detail
        yield self.note
        yield self.filter_line
        yield self.key_line

    @property
    def body(self) -> Widget:
        """The spans."""
        return self._rows

    @property
    def span(self) -> Span | None:
        """The span under the cursor."""
        node = self._rows.node
        return None if node is None else node.span

    @property
    def shape(self) -> TraceShape | None:
        """What is shown, None while nothing was read."""
        return self._shape

    @property
    def key_pairs(self) -> tuple[tuple[str, str], ...]:
        """Keys, the most important first."""
        linked = self.span is not None and bool(self.span.links)
        return (
            ("Esc", "back"),
            ("Space", "fold"),
            ("n", "next error"),
            ("z", "zoom"),
            *((("Z", "whole"),) if self._rows.zoomed else ()),
            *((("L", "link"),) if linked else ()),
            *ALWAYS,
            ("c", "all spans" if self._filter.critical else "critical path"),
            ("Tab", "detail"),
            ("D", "hide detail" if self._detail.display else "detail"),
            *SELDOM,
        )

    @property
    def key_page(self) -> tuple[tuple[str, str], ...]:
        """Every key, with a sentence."""
        return PAGE

    # --- reading

    def on_mount(self) -> None:
        """Show what is known, and ask for the trace."""
        self._say()
        self.action_again()

    def action_again(self) -> None:
        """Read the trace again."""
        self.run_worker(self._read(), exclusive=True, group="trace")

    async def _read(self) -> None:
        known = self.asked.known
        if self._shape is None and known is not None and known.spans:
            await self._show(known, ())
        try:
            reading = await self.asked.source.trace(self.asked.trace_id)
        except SourceError as error:
            self._problem = error.sentence
            self._say()
            return
        self._problem, self._read_whole = "", reading.completeness
        await self._show(reading.value, reading.completeness.notes)

    async def _show(self, trace: Trace, notes: tuple[SafeText, ...]) -> None:
        """The shape of a large trace is worked out in a thread, what words are looked for in after it is shown."""
        if self._shape is None or trace != self._shape.trace:
            large = len(trace.spans) > _AT_ONCE
            shape = await asyncio.to_thread(shape_of, trace) if large else shape_of(trace)
            self._shape = shape
            self._rows.show_trace(shape)
            if self._wanted:
                self._go_to_wanted(shape)
            self._filter.forget()
            if self._filter:
                self._narrow()
            self.run_worker(self._filter.prepare(shape), exclusive=True, group="words")
        self._remarks = remarks(self._shape, notes, self.glyphs.micro)
        self._draw()

    def _go_to_wanted(self, shape: TraceShape) -> None:
        wanted, self._wanted = self._wanted, ""
        key = next((node.key for node in shape.nodes if wanted in (node.span.span_id, node.key)), None)
        if key is not None:
            self._rows.go_to(key)

    # --- drawing

    def on_row_list_highlighted(self, event: RowList.Highlighted) -> None:
        """Show the span under the cursor."""
        event.stop()
        self._draw_span()

    def on_waterfall_redrawn(self, event: Waterfall.Redrawn) -> None:
        """The axis and the words follow the rows."""
        event.stop()
        self._draw_frame()
        self._draw_span()

    def on_resize(self) -> None:
        """The axis stands over the columns, whose widths are known after the layout."""
        self.call_after_refresh(self._draw_frame)

    def _draw(self) -> None:
        self._draw_frame()
        self._draw_span()

    def _draw_frame(self) -> None:
        shape = self._shape
        if shape is not None:
            # Below each other, a short trace leaves its room to the span.
            below = self.has_class("-narrow") and self._detail.display
            self._box.styles.max_height = len(shape.nodes) + 1 if below else None
            self._legend.show(shape, self._rows.colours)
            self._ruler.show(shape.start, self._rows.window, self._rows.columns)
        self._say()

    def _draw_span(self) -> None:
        node, shape = self._rows.node, self._shape
        if node is not None and shape is not None:
            self._detail.show(span_lines(node, shape, self._writing), key=node.key)
        self.draw_keys()

    def _say(self) -> None:
        glyphs, shape = self.glyphs, self._shape
        if shape is None or not shape.nodes:
            words = Content.assemble((f"{glyphs.down} {self._problem}", "$level-error"))
            asking = Content.assemble((f"asking jaeger{glyphs.more}", "$muted"))
            self.title_line.show(SafeText(f"trace {self.asked.trace_id}"), SafeText(""), Content(""))
            self._rows.show((), now=0.0, placeholder=(words,) if self._problem else (asking,))
            return
        outline = self._rows.outline
        found = len(outline.matches) if outline is not None and self._filter else None
        zoom = self._rows.window if self._rows.zoomed else None
        self.title_line.show(
            request_of(shape), figures_of(shape, glyphs, self.zone), standing_of(shape, found, zoom, glyphs)
        )
        said = list(self._remarks)
        if self._problem:
            said.insert(0, SafeText(f"{self._problem}; this is what was read before"))
        words = Content.assemble((f"{glyphs.about} {'; '.join(said)}", "$level-warn"))
        self.note.say(words if said else Content(""))

    # --- finding

    def narrow(self, wanted: TextFilter) -> None:
        """List only spans with the words, and their ancestors."""
        self._filter.words = wanted
        self._narrow()

    def action_critical(self) -> None:
        """List only spans on the critical path, or all."""
        self._filter.critical = not self._filter.critical
        self._narrow()

    def _narrow(self) -> None:
        if self._shape is not None:
            fits = self._filter.fits(self._shape) if self._filter else None
            self._rows.keep(fits, self._filter.words.wanted)

    def action_leave(self) -> None:
        """Leave the detail, take words away, then the narrowing, then the zoom; else go back."""
        if self.focused is self._detail:
            self._rows.focus()
        elif self.filter_line.typed:
            self.filter_line.clear()
        elif self._filter.critical:
            self.action_critical()
        elif not self._rows.zoom_back():
            self.dismiss()

    def action_detail(self) -> None:
        """Show the span under the cursor whole, or give its room to the others."""
        self._detail.display = not self._detail.display
        self._rows.focus()
        self.call_after_refresh(self._draw)

    # --- going elsewhere

    def action_leap(self, leap: str) -> None:
        """Go where the span under the cursor leads, or say why it leads nowhere."""
        jump = next((one for one in self._jumps() if one.id == leap), None)
        if jump is None:
            self.notify("nothing is under the cursor that leads there", markup=False)
        elif jump.scope is None or not jump.possible:
            self.notify(jump.obstacle, markup=False)
        else:
            self.post_message(JumpAsked(jump.scope, jump.pane, jump.words, spot=jump.spot, view=self._anew()))

    def action_list_jumps(self) -> None:
        """List where the span under the cursor leads."""

        def chosen(leap: str | None) -> None:
            if leap is not None:
                self.action_leap(leap)

        keys = {leap: key for key, leap in _LEAPS.items()}
        jumps = tuple(one for one in self._jumps() if one.id in keys)
        self.app.push_screen(JumpList("Go to, from this span", jumps, keys, self.glyphs), chosen)

    def _jumps(self) -> tuple[Jump, ...]:
        span = self.span
        return () if span is None else self.asked.leads(span)

    def _anew(self, trace_id: SafeText | None = None, span: str | None = None) -> Callable[[], WaterfallView]:
        """Makes this view again, as it is now, or the one of another trace."""
        known = self._shape.trace if self._shape is not None else self.asked.known
        at = (self._rows.cursor_key or "") if span is None else span
        again = trace_id is None
        asked = msgspec.structs.replace(
            self.asked,
            trace_id=self.asked.trace_id if trace_id is None else trace_id,
            known=known if again else None,
            span=at,
        )
        return lambda: WaterfallView(asked, self.glyphs, self.clock, self.zone)

    def action_follow_link(self) -> None:
        """Go to the span that this one links to; several are offered."""
        links = self.span.links if self.span is not None else ()
        if not links:
            self.notify("this span links to no other", markup=False)
        elif len(links) == 1:
            self._follow(links[0])
        else:

            def chosen(place: str | None) -> None:
                if place is not None:
                    self._follow(links[int(place)])

            self.app.push_screen(link_chooser(links), chosen)

    def _follow(self, link: SpanLink) -> None:
        shape = self._shape
        if shape is not None and link.trace_id == shape.trace.trace_id:
            self._wanted = str(link.span_id)
            self._go_to_wanted(shape)
        else:
            self.app.push_screen(self._anew(link.trace_id, str(link.span_id))())

    def evidence(self) -> Pinned | None:
        """The trace, with the span under the cursor."""
        if self._shape is None:
            return None
        chosen = self.span.span_id if self.span is not None else SafeText("")
        read = self._read_whole
        return pinned_trace(
            self._shape.trace, self.clock.now(), chosen=chosen, completeness=read or WHOLE, whole=read is not None
        )

    def copied(self) -> str:
        """The whole trace, a line a span."""
        return str(text_of(self._shape, self._writing)) if self._shape is not None else ""
