"""Two traces side by side: what made one slower, and what only one of them has."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import tzinfo
from typing import ClassVar

import msgspec
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Static

from opsconsole.clock import Clock
from opsconsole.domain.errors import SourceError
from opsconsole.domain.text import SafeText
from opsconsole.domain.trace import Trace
from opsconsole.domain.trace_comparison import SpanPair, TraceComparison
from opsconsole.screens.full_view import FullView
from opsconsole.sources.protocols import TraceSource
from opsconsole.traces.comparison import compare
from opsconsole.widgets.glyphs import Glyphs
from opsconsole.widgets.rows import RowList
from opsconsole.widgets.text_filter import TextFilter
from opsconsole.widgets.trace_comparison import (
    NAMES,
    ComparisonHead,
    PairRow,
    explanation,
    name_of,
    pair_rows,
    trace_line,
)

_AT_ONCE = 500
"""Spans of both that are compared before anything else happens; for more, a thread leaves the screen free."""


class Compared(msgspec.Struct, frozen=True):
    """Which traces are compared. `opened` makes the waterfall of one with the cursor on a span, by its key."""

    left: Trace
    right: Trace
    source: TraceSource
    opened: Callable[[Trace, str], Screen[None] | None]


def quicker_first(one: Trace, other: Trace) -> tuple[Trace, Trace]:
    """The two in the order in which "what is slower" is a question about the second."""
    return (one, other) if one.root.duration <= other.root.duration else (other, one)


class ComparisonView(FullView):
    """Compares what the list knew, and again what the store answers."""

    FIND: ClassVar[str] = "words of steps; !word leaves steps out"

    DEFAULT_CSS = """
    ComparisonView { #compared { height: auto; max-height: 8; padding: 0 1; margin-bottom: 1; } }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("t", "order", "order", id="compare.order"),
        Binding("s", "swap", "swap", id="compare.swap"),
        Binding("A", "waterfall(0)", "open A", id="compare.left"),
        Binding("B", "waterfall(1)", "open B", id="compare.right"),
    ]

    def __init__(self, compared: Compared, glyphs: Glyphs, clock: Clock, zone: tzinfo) -> None:
        """Nothing is asked before it is on the screen."""
        super().__init__(glyphs, clock, zone)
        self._compared = compared
        self._comparison: TraceComparison | None = None
        self._as_tree = False
        self._filter = TextFilter()
        self._problems: list[str] = []
        self._summary = Static(id="compared")
        self._head = ComparisonHead(glyphs)
        self._rows = RowList(glyphs=glyphs, zone=zone)

    def compose(self) -> ComposeResult:
        """Title, both traces and what makes the difference, the steps, remarks, words to find, keys."""
        yield self.title_line
        yield self._summary
        yield self._head
        yield self._rows
        yield self.note
        yield self.filter_line
        yield self.key_line

    @property
    def body(self) -> Widget:
        """The steps."""
        return self._rows

    @property
    def key_pairs(self) -> tuple[tuple[str, str], ...]:
        """Keys, the most important first."""
        return (
            ("Esc", "back"),
            ("Enter", "waterfall there"),
            ("A", "open A"),
            ("B", "open B"),
            ("t", "what is slower" if self._as_tree else "all steps"),
            ("s", "swap"),
            ("/", "find"),
            ("y", "copy"),
            ("R", "read again"),
        )

    @property
    def pair(self) -> SpanPair | None:
        """The step under the cursor."""
        key, comparison = self._rows.cursor_key, self._comparison
        return comparison.pairs[int(key)] if key is not None and comparison is not None else None

    # --- reading

    def on_mount(self) -> None:
        """Compare what is known, and ask for both traces."""
        self.action_again()

    def action_again(self) -> None:
        """Read both again."""
        self.run_worker(self._read(), exclusive=True, group="compare")

    async def _read(self) -> None:
        if self._comparison is None:
            await self._compare()
        answers = await asyncio.gather(self._asked(self._compared.left), self._asked(self._compared.right))
        self._problems = [words for _, words in answers if words]
        left, right = (trace for trace, _ in answers)
        if (left, right) != (self._compared.left, self._compared.right):
            self._compared = msgspec.structs.replace(self._compared, left=left, right=right)
            await self._compare()
        self._draw()

    async def _asked(self, known: Trace) -> tuple[Trace, str]:
        """The trace as the store has it, or as it was known, and what went wrong."""
        try:
            return (await self._compared.source.trace(known.trace_id)).value, ""
        except SourceError as error:
            return known, f"trace {known.trace_id[:8]} is shown as it was found: {error.sentence}"

    async def _compare(self) -> None:
        left, right = self._compared.left, self._compared.right
        large = len(left.spans) + len(right.spans) > _AT_ONCE
        self._comparison = await asyncio.to_thread(compare, left, right) if large else compare(left, right)
        self._draw()

    # --- drawing

    def _draw(self) -> None:
        comparison = self._comparison
        if comparison is None:
            return
        rows = [row for row in self._all_rows(comparison) if self._filter.passes(name_of(row.pair).casefold())]
        about = SafeText("all steps in the order of the tree" if self._as_tree else "what made B slower first")
        counted = Content.assemble((f"{len(rows):,} of {len(comparison.pairs):,} steps", "$muted"))
        self.title_line.show(SafeText("Two traces"), about, counted)
        shapes = (comparison.left, comparison.right)
        lines = [trace_line(name, one, self.zone, self.glyphs) for name, one in zip(NAMES, shapes, strict=True)]
        self._summary.update(Content("\n").join([*lines, explanation(comparison, self.glyphs)]))
        self._head.show(rows)
        nothing = Content.assemble(("no step differs: t shows all", "$muted"))
        self._rows.show(rows, now=self.clock.now(), placeholder=(nothing,))
        words = "; ".join(self._problems)
        self.note.say(Content.assemble((f"{self.glyphs.stale} {words}", "$level-warn")) if words else Content(""))
        self.draw_keys()

    def _all_rows(self, comparison: TraceComparison) -> tuple[PairRow, ...]:
        return pair_rows(comparison, as_tree=self._as_tree, words=self._filter.wanted)

    def narrow(self, wanted: TextFilter) -> None:
        """Show only steps with the words."""
        self._filter = wanted
        self._draw()

    def action_order(self) -> None:
        """All steps in the order of the tree, or those that differ, the cursor staying on its step."""
        key = self._rows.cursor_key
        self._as_tree = not self._as_tree
        self._draw()
        if key is not None:
            self._rows.select(key)

    def action_swap(self) -> None:
        """Turn the two round."""
        both = self._compared
        self._compared = msgspec.structs.replace(both, left=both.right, right=both.left)
        self._comparison = None
        self.action_again()

    # --- elsewhere

    def on_row_list_chosen(self, event: RowList.Chosen) -> None:
        """The waterfall in which the step took longer."""
        event.stop()
        pair = self.pair
        if pair is not None:
            self.action_waterfall(0 if pair.missing or (not pair.added and pair.duration < 0) else 1)

    def action_waterfall(self, which: int) -> None:
        """The waterfall of A (0) or B (1) at the step under the cursor, where it has that step."""
        pair = self.pair
        node = None if pair is None else (pair.left, pair.right)[which]
        trace = (self._compared.left, self._compared.right)[which]
        if pair is not None and node is None:
            self.notify(f"{NAMES[which]} has no such step: its waterfall is opened at the top", markup=False)
        opened = self._compared.opened(trace, node.key if node is not None else "")
        if opened is not None:
            self.app.push_screen(opened)

    def copied(self) -> str:
        """Both traces, what makes the difference, and the steps that are listed."""
        comparison = self._comparison
        if comparison is None:
            return ""
        shapes = (comparison.left, comparison.right)
        lines = [trace_line(name, one, self.zone, self.glyphs).plain for name, one in zip(NAMES, shapes, strict=True)]
        lines.append(explanation(comparison, self.glyphs).plain)
        lines += [self._plain(row.pair) for row in self._all_rows(comparison)]
        return "\n".join(lines)

    def _plain(self, pair: SpanPair) -> str:
        took = [
            f"{node.span.duration * 1e3:.3f} ms" if node is not None else "none" for node in (pair.left, pair.right)
        ]
        return f"{name_of(pair)}\tA {took[0]}\tB {took[1]}\t{pair.share * 1e3:+.3f} ms on the critical path"
