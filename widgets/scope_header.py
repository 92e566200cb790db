"""The header: what is looked at, when, and what the console may do."""

from __future__ import annotations

from datetime import UTC, tzinfo

import msgspec
from textual.content import Content

from opsconsole.domain.scope import Scope, Selection
from opsconsole.domain.text import SafeText
from opsconsole.domain.time_range import format_duration
from opsconsole.widgets.glyphs import UNICODE, Glyphs
from opsconsole.widgets.one_line import OneLine
from opsconsole.widgets.problem_note import clock_text
from opsconsole.widgets.rows import fit

_LOUD = "reverse bold"


class HeaderFacts(msgspec.Struct, frozen=True):
    """What the header tells. `now` is unix seconds; `production` asks for its word and colour."""

    scope: Scope
    now: float
    production: bool = False
    write: bool = False


class ScopeHeader(OneLine):
    """`prod  ns shop ▸ service checkout ▸ pod –   13:12–14:12 UTC  live   READ-ONLY`.

    A window that does not follow the clock says FROZEN or PAST in inverse video, a console that
    may change things says WRITE in inverse video, a production cluster says PRODUCTION.
    """

    def __init__(
        self,
        *,
        glyphs: Glyphs = UNICODE,
        zone: tzinfo = UTC,
        id: str | None = None,  # noqa: A002  - Textual's own name for it
        classes: str | None = None,
    ) -> None:
        """Nothing selected yet; times are shown in `zone`."""
        super().__init__(id=id, classes=classes)
        self._glyphs = glyphs
        self._zone = zone
        self._facts: HeaderFacts | None = None

    def show(self, facts: HeaderFacts) -> None:
        """Show `facts`. Call again as the clock goes on."""
        self._facts = facts
        self.changed()

    def longest(self) -> Content:
        """Everything in words."""
        if self._facts is None:
            return Content("")
        return Content("   ").join([self._where(self._facts, 2), self._when(self._facts, 2)])

    def line(self, width: int) -> Content:
        """The most telling form that fits `width` cells: what is looked at left, time and mode right."""
        facts = self._facts
        if facts is None:
            return Content("")
        for words, times in ((2, 2), (1, 2), (1, 1), (0, 1), (0, 0), (0, -1)):
            left, right = self._where(facts, words), self._when(facts, times)
            gap = width - left.cell_length - right.cell_length
            if gap >= 2:
                return Content.assemble(left, " " * gap, right)
        # Modes and time stay; names give way.
        right = self._when(facts, -1)
        room = max(0, width - right.cell_length - 1)
        left = self._where(facts, 0).truncate(room, ellipsis=True)
        return Content.assemble(left, " ", right).truncate(width)

    def _where(self, facts: HeaderFacts, words: int) -> Content:
        """Cluster and selection; `words` 2 names the kinds, 1 shortens names, 0 leaves out what is not selected."""
        selection = facts.scope.selection
        production = {2: "PRODUCTION", 1: "PRODUCTION", 0: "PROD"}[words] if facts.production else ""
        cluster = Content.assemble(
            (selection.cluster, "$production bold" if facts.production else "bold"),
            (f" {production}" if production else "", "$production bold"),
        )
        path = f" {self._glyphs.path} "
        steps = self._steps(selection, words)
        return Content.assemble(cluster, "  " if steps else "", Content.assemble((path, "$muted")).join(steps))

    def _steps(self, selection: Selection, words: int) -> list[Content]:
        limit = {2: 200, 1: 28, 0: 20}[words]
        steps = []
        for kind, name in (("ns", selection.namespace), ("service", selection.service), ("pod", selection.pod)):
            if name is None and words == 0:
                continue
            shown = self._glyphs.dash if name is None else fit(name, limit, self._glyphs.cut)
            if words == 2 or (words == 1 and name is None):
                steps.append(Content.assemble((f"{kind} ", "$muted"), (shown, "bold" if name else "$muted")))
            else:
                steps.append(Content.assemble((shown, "bold" if name else "$muted")))
        return steps

    def _when(self, facts: HeaderFacts, times: int) -> Content:
        """Range, mode and clock; `times` 2 tells all, 1 drops the cursor, 0 the clock, -1 keeps the modes alone."""
        if times < 0:
            return Content(" ").join([self._mode(facts, short=True), self._rights(facts, short=True)])
        span = facts.scope.window.resolve(facts.now)
        same_day = self._day(span.start) == self._day(facts.now)
        form = "%H:%M" if same_day else "%d %b %H:%M"
        end_form = "%H:%M" if self._day(span.start) == self._day(span.end) else form
        dash = self._glyphs.dash
        zone = clock_text(facts.now, self._zone, "%Z")
        clock = clock_text(facts.now, self._zone)
        spread = f"{clock_text(span.start, self._zone, form)}{dash}{clock_text(span.end, self._zone, end_form)}"
        cursor = facts.scope.cursor
        parts = [Content.assemble((spread, ""), (f" {zone}" if times < 2 else "", "$muted"))]
        if cursor is not None and times == 2:
            parts.append(Content.assemble((f"{self._glyphs.marker} {clock_text(cursor, self._zone)}", "$cursor-line")))
        parts.append(self._mode(facts))
        parts.append(self._rights(facts, short=times == 0))
        if times:
            parts.append(Content.assemble((clock, "bold"), (f" {zone}" if times == 2 else "", "$muted")))
        return Content("  " if times == 2 else " ").join(parts)

    def _rights(self, facts: HeaderFacts, *, short: bool) -> Content:
        if facts.write:
            return Content.assemble((" WRITE ", f"$production {_LOUD}"))
        return Content.assemble(("RO" if short else "READ-ONLY", "$muted"))

    def _mode(self, facts: HeaderFacts, *, short: bool = False) -> Content:
        window = facts.scope.window
        if window.end is None:
            return Content.assemble(("live", "$state-live"))
        ago = facts.now - window.end
        word = "FROZEN" if ago <= window.duration else "PAST"
        since = "" if short else f"{format_duration(ago)} ago "
        return Content.assemble((f" {word} {since}", f"$state-stale {_LOUD}"))

    def _day(self, moment: float) -> SafeText:
        return clock_text(moment, self._zone, "%Y-%m-%d")
