"""Log lines told by what they have in common, and how that changed at a moment."""

from __future__ import annotations

import enum

import msgspec

from opsconsole.domain.log_record import LogLevel
from opsconsole.domain.text import SafeText
from opsconsole.domain.time_range import TimeRange


class LogPattern(msgspec.Struct, frozen=True):
    """A template of messages and the lines it stands for.

    In `template`, words that differ from line to line read `<*>`. `id` is a hash of the template, the same in
    every run. `level` is the worst of the lines; `services` are in order of name, at most eight. Times are unix
    seconds, None when no line told one. `trend` counts lines in equal parts of a span, oldest first. `example`
    is the id of the newest line.
    """

    id: SafeText
    template: SafeText
    count: int
    level: LogLevel
    services: tuple[SafeText, ...]
    first_seen: float | None
    last_seen: float | None
    trend: tuple[int, ...]
    example: SafeText


class PatternChange(enum.Enum):
    """What became of a pattern at the moment, most telling first. `opsconsole.patterns.rates` has the rule."""

    NEW = "new"
    GONE = "gone"
    MORE = "more"
    LESS = "less"
    STEADY = "steady"


class PatternShift(msgspec.Struct, frozen=True):
    """A pattern and its lines on both sides of the moment.

    `ratio` is its rate after over its rate before, None where one of them is 0. `chance` is the probability of
    so large a difference had nothing changed, 1.0 where nothing was compared.
    """

    pattern: LogPattern
    change: PatternChange = PatternChange.STEADY
    before: int = 0
    after: int = 0
    ratio: float | None = None
    chance: float = 1.0


class LookedAt(msgspec.Struct, frozen=True):
    """The lines that patterns were made from.

    `span` is the time they cover. `total` counts the lines that were there to look at, at least so many where
    `total_is_exact` is False. `share` is the part of all lines in `span` that were looked at, above 0 to 1.
    """

    span: TimeRange
    lines: int
    total: int
    total_is_exact: bool = True
    share: float = 1.0

    @property
    def whole(self) -> bool:
        """Whether every line was looked at."""
        return self.total_is_exact and self.total <= self.lines

    @property
    def exposure(self) -> float:
        """Seconds of the service's life that the lines stand for."""
        return self.span.span * self.share


class PatternReport(msgspec.Struct, frozen=True):
    """Patterns, the most telling first.

    `moment` (unix seconds) parts `before` from `after`; without one all lines are in `after` and nothing was
    compared. `forgotten` patterns with `forgotten_lines` lines gave way to others, so a pattern that is NEW may
    be one of them.
    """

    shifts: tuple[PatternShift, ...]
    after: LookedAt
    before: LookedAt | None = None
    moment: float | None = None
    forgotten: int = 0
    forgotten_lines: int = 0

    @property
    def lines(self) -> int:
        """All lines looked at."""
        return self.after.lines + (0 if self.before is None else self.before.lines)

    def count_of(self, change: PatternChange) -> int:
        """How many patterns changed so."""
        return sum(shift.change is change for shift in self.shifts)
