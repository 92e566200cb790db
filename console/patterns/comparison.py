"""Patterns of some lines, and what a moment did to them: which are new, which are gone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import msgspec

from opsconsole.domain.log_pattern import LogPattern, LookedAt, PatternChange, PatternReport, PatternShift
from opsconsole.domain.log_record import LogRecord
from opsconsole.domain.marker import Marker, MarkerKind
from opsconsole.domain.time_range import TimeRange
from opsconsole.patterns.rates import change_of
from opsconsole.patterns.tree import PatternTree, pattern_of

_ORDER = {change: place for place, change in enumerate(PatternChange)}
_CHANGES = frozenset({MarkerKind.DEPLOY, MarkerKind.RESTART})


class LogSample(msgspec.Struct, frozen=True):
    """Lines, in any order, and how they were `looked_at`."""

    records: tuple[LogRecord, ...]
    looked_at: LookedAt

    @classmethod
    def newest(cls, records: Sequence[LogRecord], span: TimeRange, total: int, *, exact: bool = True) -> Self:
        """The newest lines of `span`, of which there are `total` (at least, where not `exact`).

        Where there are more than `records`, the lines cover the time since the oldest of them, all of it.
        """
        total = max(total, len(records))
        times = [record.time for record in records if record.time is not None and span.contains(record.time)]
        if (total > len(records) or not exact) and times:
            span = TimeRange(min(times), span.end)
        return cls(tuple(records), LookedAt(span, len(records), total, exact))

    @classmethod
    def scattered(cls, records: Sequence[LogRecord], span: TimeRange, total: int, *, exact: bool = True) -> Self:
        """Lines drawn by chance from all `total` lines of `span`."""
        total = max(total, len(records))
        share = len(records) / total if total else 1.0
        return cls(tuple(records), LookedAt(span, len(records), total, exact, share))


def last_change(markers: Sequence[Marker], moment: float) -> Marker | None:
    """The newest deploy or, where there is none, restart at or before `moment` (unix seconds)."""
    earlier = [marker for marker in markers if marker.kind in _CHANGES and marker.time <= moment]
    return max(earlier, key=lambda marker: (marker.kind is MarkerKind.DEPLOY, marker.time), default=None)


def patterns_of(sample: LogSample, columns: int = 48) -> PatternReport:
    """The patterns of `sample`, those of most lines first, with trends in `columns` parts; nothing is compared."""
    tree = PatternTree()
    tree.take(sample.records)
    patterns = tree.patterns(sample.looked_at.span, columns)
    shifts = tuple(PatternShift(pattern, after=pattern.count) for pattern in patterns)
    return PatternReport(shifts, sample.looked_at, forgotten=tree.forgotten, forgotten_lines=tree.forgotten_lines)


def compared(before: LogSample, after: LogSample, moment: float, columns: int = 48) -> PatternReport:
    """Patterns of both samples, the most telling first, with trends from the beginning of one to the end of the other.

    Both go through one tree, so that a template which widens on the way stays one pattern. `moment` (unix seconds)
    is what parts the two; `opsconsole.patterns.rates` has the rule for what is NEW, GONE, MORE or LESS.
    """
    tree = PatternTree()
    tree.take(before.records)
    tree.part()
    tree.take(after.records)
    span = TimeRange(before.looked_at.span.start, max(before.looked_at.span.start, after.looked_at.span.end))
    shifts = [
        _shift(pattern_of(text, tally, span, columns), tally.earlier, before.looked_at, after.looked_at)
        for text, tally in tree.templates().items()
    ]
    shifts.sort(key=_telling)
    return PatternReport(tuple(shifts), after.looked_at, before.looked_at, moment, tree.forgotten, tree.forgotten_lines)


def _shift(pattern: LogPattern, earlier: int, before: LookedAt, after: LookedAt) -> PatternShift:
    later = pattern.count - earlier
    change, ratio, chance = change_of(earlier, later, before.exposure, after.exposure)
    return PatternShift(pattern, change, earlier, later, ratio, chance)


def _telling(shift: PatternShift) -> tuple[int, int, int, str]:
    """What changed first, there the worst, then those of most lines; those that did not change by lines alone."""
    severity = shift.pattern.level.rank if shift.change is not PatternChange.STEADY else 0
    return (_ORDER[shift.change], -severity, -max(shift.after, shift.before), shift.pattern.template)
