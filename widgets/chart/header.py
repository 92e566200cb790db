"""The chart's first line, and the words for an answer that is missing, old or in parts."""

from __future__ import annotations

import msgspec

from opsconsole.domain.series import PanelReading, Severity, Threshold, Unit
from opsconsole.domain.snapshot import FeedState, Snapshot
from opsconsole.domain.text import SafeText
from opsconsole.domain.time_range import format_duration
from opsconsole.widgets.chart.figures import worst_severity
from opsconsole.widgets.chart.lines import SEVERITY_ROLES, Line, Role, fit_line, line_width, piece, spread
from opsconsole.widgets.chart.signs import in_ascii
from opsconsole.widgets.chart.units import format_value
from opsconsole.widgets.glyphs import Glyphs
from opsconsole.widgets.rows import fit, width_of

_SHORT_SEVERITY = {Severity.CRITICAL: "crit", Severity.WARNING: "warn", Severity.INFO: "info", Severity.UNKNOWN: "over"}
_LONG_SEVERITY = {Severity.UNKNOWN: "over limit"}

OLD_STATES = frozenset({FeedState.STALE, FeedState.DOWN, FeedState.NO_ACCESS, FeedState.THROTTLED})
"""States whose value is no longer the present one; it is drawn dimmed."""

LEAST_TITLE = 6
LONG_FROM = 48
"""Cells from which a moment is told by the clock; in smaller charts by a sign, for the screen's header tells it."""


class Headline(msgspec.Struct, frozen=True):
    """What the header has to say.

    `value` is the worst series' and `whose` its name, empty where that goes without saying.
    `when` names a moment other than now, in short the sign `@`; `since` tells how long a threshold has been crossed;
    `no_value` says why there is no value.
    """

    title: SafeText
    unit: Unit
    thresholds: tuple[Threshold, ...] = ()
    value: float | None = None
    whose: SafeText = SafeText("")
    when: SafeText = SafeText("")
    since: SafeText = SafeText("")
    no_value: SafeText = SafeText("")
    state: FeedState = FeedState.LIVE
    age: float | None = None
    whole: bool = True
    logarithmic: bool = False
    selected: bool = False
    dimmed: bool = False


def header_line(head: Headline, width: int, glyphs: Glyphs) -> Line:
    """`▌title  8.1 % ▲ critical  whose … ◐ stale 12s` in at most `width` cells.

    Title and value stay longest, then the sign of a crossed threshold, then the state, whose the
    value is, and the words behind signs.
    """
    mark = piece(glyphs.cursor if head.selected else " ", Role.TITLE)
    for long_state, long_severity, with_whose in (
        *(((True, True, True),) if width >= LONG_FROM or not head.when else ()),
        (True, True, False),
        (True, False, False),
        (False, False, False),
    ):
        right = state_note(head, glyphs, long=long_state)
        middle = _reading(head, glyphs, long=long_severity, with_whose=with_whose)
        wanted = min(width_of(head.title), LEAST_TITLE if not long_state else width_of(head.title))
        gap = 2 if long_state else 1
        gaps = gap * (bool(middle) + bool(right))
        room = width - 1 - line_width(middle) - line_width(right) - gaps
        if room >= wanted:
            title = piece(fit(head.title, room, glyphs.cut), Role.TITLE)
            left: Line = (mark, title, piece(" " * gap), *middle) if middle else (mark, title)
            return spread(left, right, width)
    middle = _reading(head, glyphs, long=False, with_whose=False)
    right = state_note(head, glyphs, long=False)[:1]
    room = max(0, width - 2 - line_width(middle) - line_width(right) - bool(right))
    title = piece(fit(head.title, room, glyphs.cut), Role.TITLE)
    line: Line = (mark, title, piece(" "), *middle, *((piece(" "), *right) if right else ()))
    return fit_line(line, width, glyphs.cut)


def _reading(head: Headline, glyphs: Glyphs, *, long: bool, with_whose: bool) -> Line:
    lead: Line = (piece("@", Role.CURSOR),) if head.when and not with_whose else ()
    tail: Line = (piece(f" {head.when}", Role.CURSOR),) if head.when and with_whose else ()
    if head.logarithmic:
        tail = (*tail, piece(" log", Role.MUTED))
    if head.value is None:
        return (*lead, piece(head.no_value, Role.MUTED), *tail) if head.no_value else ()
    value = format_value(head.value, head.unit)
    value = in_ascii(value) if glyphs.cut.isascii() else value
    crossed = worst_severity(head.value, head.thresholds)
    if with_whose and head.whose:
        tail = (*tail, piece(f"  {head.whose}", Role.MUTED))
    plain = Role.MUTED if head.dimmed else Role.TEXT
    if crossed is None:
        return (*lead, piece(value, plain), *tail)
    sign = glyphs.above if crossed.above else glyphs.below
    word = _LONG_SEVERITY.get(crossed.severity, crossed.severity.value) if long else _SHORT_SEVERITY[crossed.severity]
    role = Role.MUTED if head.dimmed else SEVERITY_ROLES[crossed.severity]
    since = f" {head.since}" if long and head.since else ""
    return (*lead, piece(f"{value} {sign} {word}", role), piece(since, plain), *tail)


def state_note(head: Headline, glyphs: Glyphs, *, long: bool) -> Line:
    """How fresh the value is; empty while it is live and whole."""
    age = format_duration(head.age) if head.age is not None else ""
    sign, word, role = _STATE_WORDS[head.state]
    if head.state in (FeedState.LIVE, FeedState.PARTIAL):
        if head.whole and head.state is FeedState.LIVE:
            return ()
        sign, word, role = _STATE_WORDS[FeedState.PARTIAL]
        age = ""
    if head.state in (FeedState.CONNECTING, FeedState.NOT_CONFIGURED, FeedState.PAUSED):
        # A window in the past does not age; that it is past is told by the screen's header.
        age = ""
    shown = f"{getattr(glyphs, sign)}"
    words = " ".join(text for text in (word if long else "", age) if text)
    return (piece(shown, role), piece(f" {words}", role)) if words else (piece(shown, role),)


_STATE_WORDS: dict[FeedState, tuple[str, str, Role]] = {
    FeedState.CONNECTING: ("unset", "asking", Role.MUTED),
    FeedState.LIVE: ("live", "", Role.MUTED),
    FeedState.PARTIAL: ("partial", "partial", Role.WARNING),
    FeedState.STALE: ("stale", "stale", Role.WARNING),
    FeedState.DOWN: ("down", "down", Role.CRITICAL),
    FeedState.NO_ACCESS: ("no_access", "no access", Role.CRITICAL),
    FeedState.THROTTLED: ("stale", "limited", Role.WARNING),
    FeedState.PAUSED: ("paused", "paused", Role.MUTED),
    FeedState.NOT_CONFIGURED: ("unset", "not configured", Role.MUTED),
}
"""Name of the glyph, word and role of each state."""


def problem_text(snapshot: Snapshot[PanelReading], again: str) -> tuple[SafeText, Role] | None:
    """The one sentence on what is wrong with a value that is still shown, or None when nothing is."""
    said = snapshot.problem.sentence if snapshot.problem is not None else ""
    if snapshot.state in OLD_STATES:
        role = Role.WARNING if snapshot.state in (FeedState.STALE, FeedState.THROTTLED) else Role.CRITICAL
        word = _STATE_WORDS[snapshot.state][1]
        text = "; ".join(text for text in (said, again) if text)
        return (SafeText(f"{word}: {text}"), role) if text else None
    whole = snapshot.completeness
    if snapshot.state is FeedState.PARTIAL or not whole.whole:
        parts = f"{whole.got} of {whole.wanted} parts answered" if whole.got < whole.wanted else ""
        missing = "; ".join(text for text in (parts, *whole.notes) if text) or said or "something is missing"
        return SafeText(f"partial: {missing}"), Role.WARNING
    return None


def absence(snapshot: Snapshot[PanelReading], again: str) -> list[tuple[SafeText, Role]]:
    """The paragraphs for a panel that has no value: never nothing."""
    if snapshot.state is FeedState.NOT_CONFIGURED:
        return [(SafeText("prometheus is not configured, see docs/configuration.md"), Role.MUTED)]
    if snapshot.problem is None:
        if snapshot.state in OLD_STATES:
            return [(SafeText(f"{_STATE_WORDS[snapshot.state][1]}; {again or 'no reason was given'}"), Role.CRITICAL)]
        return [(SafeText("asking prometheus"), Role.MUTED)]
    role = Role.WARNING if snapshot.state is FeedState.THROTTLED else Role.CRITICAL
    said = [(SafeText(f"{_STATE_WORDS[snapshot.state][1]}: {snapshot.problem.sentence}"), role)]
    return [*said, (SafeText(again), Role.MUTED)] if again else said
