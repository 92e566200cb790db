"""Which spans of a trace are looked for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from opsconsole.domain.trace_shape import SpanNode, TraceShape
from opsconsole.widgets.text_filter import TextFilter


class SpanFilter:
    """Words, and whether only the critical path is wanted."""

    def __init__(self) -> None:
        """All spans fit."""
        self.words = TextFilter()
        self.critical = False
        self._texts: tuple[str, ...] | None = None

    def __bool__(self) -> bool:
        """Whether it leaves any span out."""
        return bool(self.words) or self.critical

    def forget(self) -> None:
        """The trace is another."""
        self._texts = None

    async def prepare(self, shape: TraceShape) -> None:
        """Gather the texts of all spans in a thread, before the first word is typed."""
        self._texts = await asyncio.to_thread(_texts, shape)

    def fits(self, shape: TraceShape) -> Callable[[int], bool]:
        """Whether the span at a place fits."""
        texts = self._texts
        if texts is None or len(texts) != len(shape.nodes):
            texts = self._texts = _texts(shape)
        words, critical, nodes = self.words, self.critical, shape.nodes
        found = texts
        return lambda place: (not critical or bool(nodes[place].critical)) and words.passes(found[place])


def _texts(shape: TraceShape) -> tuple[str, ...]:
    return tuple(_text(node) for node in shape.nodes)


def _text(node: SpanNode) -> str:
    span = node.span
    pairs = (f"{key}={value}" for key, value in span.attributes.items())
    told = (f"{key}={value}" for event in span.events for key, value in event.attributes.items())
    names = (event.name for event in span.events)
    state = "error failed" if span.error else ""
    parts = (span.service, span.operation, span.kind, span.status_message, state, span.span_id)
    return " ".join((*parts, *names, *span.warnings, *pairs, *told)).casefold()
