"""Opens the waterfall of a trace from wherever its id is known."""

from __future__ import annotations

import msgspec

from opsconsole.domain.text import SafeText
from opsconsole.domain.trace import Span, Trace
from opsconsole.screens.jumps.jump import Jump
from opsconsole.screens.jumps.leads import span_leads
from opsconsole.screens.pane import PaneView
from opsconsole.screens.traces.waterfall_view import TraceAsked, WaterfallView
from opsconsole.widgets.glyphs import Glyphs


def waterfall_of(
    view: PaneView, trace_id: SafeText, glyphs: Glyphs, *, known: Trace | None = None, span: str = ""
) -> WaterfallView | None:
    """The view of the trace, with the cursor on `span` (a span's id) when it has it; None without a trace source.

    `known` is shown until the store has answered. Jumps from its spans start in the scope of `view`.
    """
    source = view.feeds.traces
    if source is None:
        return None
    clock = view.feeds.clock

    def leads(one: Span) -> tuple[Jump, ...]:
        return span_leads(msgspec.structs.replace(view.here, now=clock.now()), one)

    return WaterfallView(TraceAsked(trace_id, source, leads, known, span), glyphs, clock, view.zone)
