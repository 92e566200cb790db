"""The header: what is looked at, when, and what the console may do."""

from __future__ import annotations

import math
from datetime import UTC, tzinfo

import msgspec
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content

from opsconsole.domain.log_level import RaisedLevel
from opsconsole.domain.scope import Scope
from opsconsole.domain.selection import Selection
from opsconsole.domain.text import SafeText
from opsconsole.domain.time_range import format_duration
from opsconsole.widgets.glyphs import UNICODE, Glyphs
from opsconsole.widgets.incidents.header_tag import IncidentClock, IncidentStanding, IncidentTag
from opsconsole.widgets.names import short_pod
from opsconsole.widgets.one_line import OneLine, truncated
from opsconsole.widgets.problem_note import clock_text
from opsconsole.widgets.rows import fit

_LOUD = "reverse bold"

_CLOCK_FROM = 64
"""Cells from which there is room for a clock, and then for its zone."""
_ZONED_FROM = 96
_MILESTONE_FROM = 140
"""Cells from which an incident's last milestone stands beside its clock."""


_FORMS = ((2, 2, 0), (1, 2, 0), (1, 1, 0), (0, 1, 0), (0, 0, 0), (0, -1, 0))
"""How much is told of the place, of the time and of the trail (in steps), the most telling first."""
_TRAIL_FORMS = (
    (1, 1, 9),
    (0, 1, 9),
    (-1, 1, 9),
    (-1, 0, 9),
    (-1, 0, 3),
    (-1, 0, 2),
    (-2, 0, 1),
    (-2, -1, 2),
    (-2, -1, 1),
)
"""The same where there is a trail: names and times give way to it."""


class HeaderFacts(msgspec.Struct, frozen=True):
    """What the header tells. `now` is unix seconds; `production` asks for its word and colour."""

    scope: Scope
    now: float
    production: bool = False
    write: float = 0.0
    """Seconds of write mode left, 0 when the console is read-only."""
    levels: tuple[RaisedLevel, ...] = ()
    """Log levels that are set for a while."""
    trail: tuple[SafeText, ...] = ()
    """The steps that led here, oldest first; where room is short the newest are told."""
    incident: IncidentStanding = IncidentStanding()
    """What is worked on, and how its record stands."""


class ScopeLine(OneLine):
    """The header but for its clock, in the most telling form that fits."""

    def __init__(self, *, glyphs: Glyphs, zone: tzinfo) -> None:
        """Nothing selected yet; times are shown in `zone`."""
        super().__init__()
        self._glyphs = glyphs
        self._zone = zone
        self._facts: HeaderFacts | None = None
        self._zoned = True

    def show(self, facts: HeaderFacts, *, zoned: bool) -> None:
        """Show `facts`; `zoned` when the clock beside it names the zone already."""
        self._facts, self._zoned = facts, zoned
        self.changed()

    def longest(self) -> Content:
        """Everything in words."""
        if self._facts is None:
            return Content("")
        return Content("   ").join([self._where(self._facts, 2), self._when(self._facts, 2)])

    def line(self, width: int) -> Content:
        """What is looked at on the left, range and modes on the right, in `width` cells."""
        facts = self._facts
        if facts is None:
            return Content("")
        for words, times, steps in (*(_TRAIL_FORMS if facts.trail else ()), *_FORMS):
            left = Content.assemble(self._where(facts, words), self._trail(facts, steps))
            right = self._when(facts, times)
            gap = width - left.cell_length - right.cell_length
            if gap >= 2:
                return Content.assemble(left, " " * gap, right)
        # Modes stay; names give way.
        right = self._when(facts, -1)
        room = max(0, width - right.cell_length - 1)
        left = truncated(self._where(facts, 0), room, self._glyphs.cut)
        return truncated(Content.assemble(left, " ", right), width, self._glyphs.cut)

    def _trail(self, facts: HeaderFacts, steps: int) -> Content:
        """The last `steps` of the trail, `   by alert ▸ chart 14:03 ▸ log`; nothing without any."""
        shown = facts.trail[-steps:] if steps else ()
        if not shown:
            return Content("")
        left_out = (f"{self._glyphs.more}{self._glyphs.path}" if len(shown) < len(facts.trail) else "", "$muted")
        path = Content.assemble((f" {self._glyphs.path} ", "$muted"))
        named = path.join([Content.assemble((step, "$primary")) for step in shown])
        return Content.assemble("   ", ("by ", "$muted"), left_out, named)

    def _where(self, facts: HeaderFacts, words: int) -> Content:
        """Cluster and selection; `words` 2 names the kinds, 1 shortens names, 0 leaves out what is not selected.

        Below 0 names are shortened further.
        """
        selection = facts.scope.selection
        production = ("PRODUCTION" if words > 0 else "PROD") if facts.production else ""
        cluster = Content.assemble(
            (selection.cluster, "$production bold" if facts.production else "bold"),
            (f" {production}" if production else "", "$production bold"),
        )
        path = f" {self._glyphs.path} "
        steps = self._steps(selection, words)
        return Content.assemble(cluster, "  " if steps else "", Content.assemble((path, "$muted")).join(steps))

    def _steps(self, selection: Selection, words: int) -> list[Content]:
        limit = {2: 200, 1: 28, 0: 20, -1: 12, -2: 8}[words]
        steps = []
        for kind, name in (("ns", selection.namespace), ("service", selection.service), ("pod", selection.pod)):
            if name is None and words <= 0:
                continue
            shorten = short_pod if kind == "pod" and words < 0 else fit
            shown = self._glyphs.dash if name is None else shorten(name, limit, self._glyphs.cut)
            if words == 2 or (words == 1 and name is None):
                steps.append(Content.assemble((f"{kind} ", "$muted"), (shown, "bold" if name else "$muted")))
            else:
                steps.append(Content.assemble((shown, "bold" if name else "$muted")))
        return steps

    def _when(self, facts: HeaderFacts, times: int) -> Content:
        """Range and modes; `times` 2 tells the cursor too, 1 not, 0 shortens, -1 keeps the modes alone."""
        level = self._level(facts, words=times)
        modes = [
            *([level] if level else []),
            self._mode(facts, short=times < 0),
            self._rights(facts, short=times <= 0),
        ]
        if times < 0:
            return Content(" ").join(modes)
        span = facts.scope.window.resolve(facts.now)
        same_day = self._day(span.start) == self._day(facts.now)
        form = "%H:%M" if same_day else "%d %b %H:%M"
        end_form = "%H:%M" if self._day(span.start) == self._day(span.end) else form
        start, end = clock_text(span.start, self._zone, form), clock_text(span.end, self._zone, end_form)
        zone = "" if self._zoned else f" {clock_text(facts.now, self._zone, '%Z')}"
        parts = [Content.assemble((f"{start}{self._glyphs.dash}{end}", ""), (zone, "$muted"))]
        cursor = facts.scope.cursor
        if cursor is not None and times == 2:
            parts.append(Content.assemble((f"@ {clock_text(cursor, self._zone)}", "$cursor-line")))
        return Content("  " if times == 2 else " ").join([*parts, *modes])

    def _rights(self, facts: HeaderFacts, *, short: bool) -> Content:
        if facts.write > 0:
            left = "" if short else f"{math.ceil(facts.write / 60)}m "
            return Content.assemble((f" WRITE {left}", f"$production {_LOUD}"))
        return Content.assemble(("RO" if short else "READ-ONLY", "$muted"))

    def _level(self, facts: HeaderFacts, *, words: int) -> Content | None:
        """`checkout DEBUG until 14:22`; below 1 in short. Of several the one that ends first, and how many more."""
        if not facts.levels:
            return None
        first, *others = sorted(facts.levels, key=lambda one: one.until)
        more = f" +{len(others)}" if others else ""
        name = "" if words < 1 else f"{fit(first.target.name, 24, self._glyphs.cut)} "
        until = f"{'' if words < 1 else 'until '}{clock_text(first.until, self._zone, '%H:%M')}"
        shown = f" {name}{first.level.upper()} {until}{more} "
        return Content.assemble((shown, f"$state-stale {_LOUD}"))

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


class Clock(OneLine):
    """The time of day, in a widget of its own: a tick then costs its own cells, not the whole header's."""

    DEFAULT_CSS = """
    Clock { width: auto; display: none; }
    """

    def __init__(self, zone: tzinfo) -> None:
        """A clock in `zone` that has not been set."""
        super().__init__()
        self._zone = zone
        self._now: float | None = None
        self._zoned = True

    def show(self, now: float, *, zoned: bool) -> None:
        """Show `now` (unix seconds), with the zone's name when `zoned`."""
        self._now, self._zoned = now, zoned
        self.changed()

    def longest(self) -> Content:
        """Hours, minutes, seconds, zone."""
        if self._now is None:
            return Content("")
        zone = f" {clock_text(self._now, self._zone, '%Z')}" if self._zoned else ""
        return Content.assemble((clock_text(self._now, self._zone), "bold"), (zone, "$muted"))

    def line(self, width: int) -> Content:
        """All of it."""
        return self.longest().truncate(width)


class ScopeHeader(Horizontal):
    """`prod  ns shop ▸ service checkout ▸ pod –   13:12–14:12  live  READ-ONLY  INC-7kq4 P1 04:31  14:12:03 UTC`.

    A window that does not follow the clock says FROZEN or PAST in inverse video, a console that
    may change things says WRITE in inverse video, a production cluster says PRODUCTION.
    """

    DEFAULT_CSS = """
    ScopeHeader { height: 1; width: 1fr; }
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
        self._line = ScopeLine(glyphs=glyphs, zone=zone)
        self._incident = IncidentTag(glyphs=glyphs)
        self._elapsed = IncidentClock()
        self._clock = Clock(zone)
        self._facts: HeaderFacts | None = None

    def compose(self) -> ComposeResult:
        """The line, and the incident and the clock to its right."""
        yield self._line
        yield self._incident
        yield self._elapsed
        yield self._clock

    def show(self, facts: HeaderFacts) -> None:
        """Show `facts`. Call again as the clock goes on."""
        self._facts = facts
        self._draw()

    def on_resize(self) -> None:
        """The clock needs room; it comes and goes with the width."""
        self._draw()

    def _draw(self) -> None:
        facts, width = self._facts, self.size.width
        if facts is None or not width:
            return
        zoned = width >= _ZONED_FROM
        self._clock.display = width >= _CLOCK_FROM
        self._clock.show(facts.now, zoned=zoned)
        self._incident.show(facts.incident, wide=width >= _MILESTONE_FROM)
        self._elapsed.show(facts.incident.incident, facts.now)
        self._line.show(facts, zoned=zoned)
