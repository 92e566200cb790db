"""Who calls whom around one service, from the store's counts and from the traces in hand."""

from __future__ import annotations

from datetime import tzinfo
from typing import ClassVar

import msgspec
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from opsconsole.actions import PaneName
from opsconsole.clock import Clock
from opsconsole.domain.errors import SourceError
from opsconsole.domain.scope import Scope
from opsconsole.domain.service_map import ServiceMap
from opsconsole.domain.snapshot import Reading
from opsconsole.domain.text import SafeText
from opsconsole.domain.time_range import TimeRange
from opsconsole.domain.topology import Topology
from opsconsole.domain.trace import Trace, TraceList
from opsconsole.domain.trace_query import TraceSearch
from opsconsole.screens.following import among_pods, asked_anew, without_trace
from opsconsole.screens.full_view import FullView
from opsconsole.screens.messages import JumpAsked
from opsconsole.sources.protocols import TraceSource
from opsconsole.traces.topology import service_map, topology_of
from opsconsole.widgets.glyphs import Glyphs
from opsconsole.widgets.problem_note import clock_text
from opsconsole.widgets.rows import RowList
from opsconsole.widgets.text_filter import TextFilter
from opsconsole.widgets.topology_edges import EdgeHead, edge_rows
from opsconsole.widgets.topology_map import LINES, Ego, TopologyMap

_SAMPLE = 40
"""Traces asked for of a service that becomes the middle."""
_LEAPS = {"l": PaneName.LOGS, "m": PaneName.METRICS, "v": PaneName.TRACES}


class MapAsked(msgspec.Struct, frozen=True):
    """Where the map begins: `centre` in the middle (None: the service in most trouble), `traces` in hand of it.

    `scope` is where jumps start, `span` the range that is counted.
    """

    source: TraceSource
    scope: Scope
    span: TimeRange
    traces: tuple[Trace, ...]
    centre: SafeText | None = None


class TopologyView(FullView):
    """The service in the middle with its neighbours, and all edges by trouble below."""

    FIND: ClassVar[str] = "words of services; !word leaves edges out"

    DEFAULT_CSS = """
    TopologyView {
        #map-told { height: auto; max-height: 4; padding: 0 1; color: $muted; margin-bottom: 1; }
        EdgeHead { margin-top: 1; }
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(key, f"leap({pane.value!r})", pane.value, show=False, id=f"map.{pane.value}")
        for key, pane in _LEAPS.items()
    ]

    def __init__(self, asked: MapAsked, glyphs: Glyphs, clock: Clock, zone: tzinfo) -> None:
        """Nothing is asked before it is on the screen."""
        super().__init__(glyphs, clock, zone)
        self._asked = asked
        self._centre = asked.centre
        self._before: list[SafeText] = []
        self._traces = {trace.trace_id: trace for trace in asked.traces}
        self._counted: Reading[Topology] | None = None
        self._map = ServiceMap()
        self._searched: set[SafeText] = {asked.centre} if asked.centre is not None and asked.traces else set()
        self._problems: dict[str, str] = {}
        self._filter = TextFilter()
        self._told = Static(id="map-told")
        self._picture = TopologyMap(glyphs=glyphs, id="map-picture")
        self._head = EdgeHead(glyphs)
        self._rows = RowList(glyphs=glyphs, zone=zone)

    def compose(self) -> ComposeResult:
        """Title, what was counted, the map, all edges, remarks, words to find, keys."""
        yield self.title_line
        yield self._told
        yield self._picture
        yield self._head
        yield self._rows
        yield self.note
        yield self.filter_line
        yield self.key_line

    @property
    def body(self) -> Widget:
        """The map."""
        return self._picture

    @property
    def centre(self) -> SafeText | None:
        """The service in the middle."""
        return self._centre

    @property
    def key_pairs(self) -> tuple[tuple[str, str], ...]:
        """Keys, the most important first."""
        return (
            ("Esc", f"back to {self._before[-1]}" if self._before else "back"),
            ("Enter", "to the middle"),
            ("arrows", "choose"),
            ("Tab", "all edges"),
            ("v", "its traces"),
            ("l", "its logs"),
            ("m", "its metrics"),
            ("/", "find"),
            ("y", "copy"),
            ("R", "read again"),
        )

    # --- reading

    def on_mount(self) -> None:
        """Show what the traces in hand tell, and ask the store."""
        self._work_out()
        self.action_again()

    def action_again(self) -> None:
        """Ask the store for its counts, and for traces of the service in the middle."""
        self._searched.discard(self._centre or SafeText(""))
        self.run_worker(self._count(), exclusive=True, group="count")
        self._sample()

    async def _count(self) -> None:
        try:
            self._counted = await self._asked.source.dependencies(self._asked.span)
            self._problems.pop("counts", None)
        except SourceError as error:
            self._problems["counts"] = f"the store's own counts could not be had: {error.sentence}"
        self._work_out()
        self._sample()

    def _sample(self) -> None:
        """Ask for traces of the service in the middle, where it sends any and they are not in hand."""
        centre = self._centre
        if centre is not None and centre not in self._searched and centre in self._senders():
            self._searched.add(centre)
            self.run_worker(self._search(centre), exclusive=True, group="sample")

    def _senders(self) -> set[SafeText]:
        counted = self._counted.value.edges if self._counted is not None else ()
        found = {end for edge in counted for end in (edge.caller, edge.callee)}
        found |= {span.service for trace in self._traces.values() for span in trace.spans}
        return found or ({self._centre} if self._centre is not None else set())

    async def _search(self, service: SafeText) -> None:
        selection = among_pods(without_trace(self._asked.scope), service, None).selection
        try:
            reading: Reading[TraceList] = await self._asked.source.search(
                TraceSearch(selection, self._asked.span), _SAMPLE
            )
        except SourceError as error:
            self._problems[service] = f"traces of {service} could not be had: {error.sentence}"
            self._searched.discard(service)
        else:
            self._problems.pop(service, None)
            self._traces |= {trace.trace_id: trace for trace in reading.value.traces}
        self._work_out()

    def _work_out(self) -> None:
        counted = self._counted.value if self._counted is not None else None
        self._map = service_map(counted, topology_of(tuple(self._traces.values())))
        if self._centre is None:
            self._centre = self._map.worst()
        self._draw()

    # --- drawing

    def _draw(self) -> None:
        ego = Ego.of(self._map, self._centre or SafeText("no service"))
        span = self._asked.span
        begin, end = (clock_text(moment, self.zone, "%H:%M") for moment in (span.start, span.end))
        about = f"around {ego.centre}, {begin} to {end} {clock_text(span.end, self.zone, '%Z')}"
        shown = tuple(
            edge for edge in self._map.edges if self._filter.passes(f"{edge.caller} {edge.callee}".casefold())
        )
        self.title_line.show(SafeText("Who calls whom"), SafeText(about), self._standing(len(shown)))
        self._told.update(self._sources())
        self._picture.show(ego)
        self._fit(ego)
        rows = edge_rows(shown)
        self._head.show(rows)
        nothing = Content.assemble(("no calls between services are known in this range", "$muted"))
        self._rows.show(rows, now=self.clock.now(), placeholder=(nothing,))
        said = "; ".join(self._problems.values())
        self.note.say(Content.assemble((f"{self.glyphs.stale} {said}", "$level-warn")) if said else Content(""))
        self.draw_keys()

    def _standing(self, shown: int) -> Content:
        edges = self._map.edges
        failing = sum(edge.failing for edge in edges)
        words = f"{self.glyphs.error} {failing:,} failing" if failing else "none failing"
        listed = f"{shown:,} of {len(edges):,} edges, " if shown < len(edges) else f"{len(edges):,} edges, "
        return Content.assemble((listed, "$muted"), (words, "$level-error bold" if failing else "$muted"))

    def _fit(self, ego: Ego) -> None:
        """The map takes what it needs, and at most half of the screen."""
        half = max(LINES, self.size.height // 2 - 2) // LINES * LINES
        self._picture.styles.height = min(ego.height, half)

    def on_resize(self) -> None:
        """Another height may be half of it."""
        if self.is_mounted:
            self._draw()

    def _sources(self) -> Content:
        """What was counted from, and what that is worth."""
        count = len(self._traces)
        hand = f"{count:,} trace{'s' * (count != 1)} in hand"
        sample = f"failures and latencies: {hand}, a sample with failed and slow ones first"
        if self._counted is None:
            counts = "calls: none counted by the store" if "counts" in self._problems else "calls: asking the store"
        else:
            value = self._counted.value
            notes = "; ".join(self._counted.completeness.notes)
            counts = notes or value.counted_from or "calls as the store counted them"
        return Content(f"{counts}\n{sample}")

    def narrow(self, wanted: TextFilter) -> None:
        """List only edges with the words."""
        self._filter = wanted
        self._draw()

    # --- moving

    def on_topology_map_chosen(self, event: TopologyMap.Chosen) -> None:
        """A neighbour becomes the middle."""
        event.stop()
        self._go(event.service)

    def on_row_list_chosen(self, event: RowList.Chosen) -> None:
        """The end of the edge that is not in the middle becomes it, of two such the callee."""
        event.stop()
        edge = next((row.edge for row in edge_rows(self._map.edges) if row.key == event.row_key), None)
        if edge is not None:
            self._go(edge.callee if edge.callee != self._centre else edge.caller)

    def _go(self, service: SafeText) -> None:
        if self._centre is not None and service != self._centre:
            self._before.append(self._centre)
        self._centre = service
        self._draw()
        self._sample()

    def action_leave(self) -> None:
        """Take the words away, go back to the middle before, else leave."""
        if self.filter_line.typed:
            self.filter_line.clear()
        elif self._before:
            self._centre = self._before.pop()
            self._draw()
        else:
            self.dismiss()

    def action_leap(self, pane: str) -> None:
        """Every pane follows the service in the middle; Esc comes back to this map."""
        centre = self._centre
        if centre is None:
            self.notify("no service is in the middle", markup=False)
            return
        scope = asked_anew(without_trace(among_pods(self._asked.scope, centre, None)))
        self.post_message(JumpAsked(scope, PaneName(pane), SafeText(f"{centre}"), view=self._anew))

    def _anew(self) -> TopologyView:
        asked = msgspec.structs.replace(self._asked, traces=tuple(self._traces.values()), centre=self._centre)
        return TopologyView(asked, self.glyphs, self.clock, self.zone)

    def copied(self) -> str:
        """All edges, a line each, below what they were counted from."""
        lines = [self._sources().plain]
        for edge in self._map.edges:
            sampled = edge.sampled
            counted = "not counted" if edge.counted is None else f"{edge.counted} calls"
            told = "none in hand"
            if sampled is not None and sampled.median is not None and sampled.p95 is not None:
                times = f"p50 {sampled.median * 1e3:.3f} ms\tp95 {sampled.p95 * 1e3:.3f} ms"
                told = f"{sampled.errors} of {sampled.calls} in hand failed\t{times}"
            lines.append(f"{edge.caller}\t{edge.callee}\t{counted}\t{told}")
        return "\n".join(lines)
