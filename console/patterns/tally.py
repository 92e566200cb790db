"""What is counted of one pattern, in room that does not grow with its lines."""

from __future__ import annotations

import math
from itertools import pairwise

from opsconsole.domain.log_record import LogLevel, LogRecord
from opsconsole.domain.text import SafeText
from opsconsole.domain.time_range import TimeRange

SERVICES_KEPT = 8
"""Services of a pattern that are named."""

BARS_KEPT = 64
"""Bars in which a pattern's lines are counted over time; when more are needed, each becomes twice as long."""

_LATEST = 1e11
"""Unix seconds past which a time is no time; also keeps infinities and NaN out."""

_RANKS = {level: level.rank for level in LogLevel}


class Tally:
    """Lines of one pattern: how many, how bad, whose, when; `earlier` of them before `PatternTree.part`."""

    __slots__ = ("_bar_seconds", "_bars", "count", "earlier", "example", "first_seen", "last_seen", "level", "services")

    def __init__(self) -> None:
        """No lines yet."""
        self.count = 0
        self.earlier = 0
        self.level = LogLevel.UNKNOWN
        self.services: list[SafeText] = []
        self.first_seen: float | None = None
        self.last_seen: float | None = None
        self.example = SafeText("")
        self._bars: dict[int, int] = {}
        self._bar_seconds = 1

    def add(self, record: LogRecord) -> None:
        """Count `record`; a line without a usable time counts, but at no time."""
        self.count += 1
        if record.level is not self.level and _RANKS[record.level] > _RANKS[self.level]:
            self.level = record.level
        services = self.services
        if record.service not in services and len(services) < SERVICES_KEPT:
            services.append(record.service)
        time = record.time
        if time is not None and 0 <= time < _LATEST:
            self._at(time, record.id)
        elif not self.example:
            self.example = record.id

    def _at(self, time: float, line: SafeText) -> None:
        if self.last_seen is None or self.first_seen is None:
            self.first_seen = self.last_seen = time
            self.example = line
        elif time > self.last_seen:
            self.last_seen = time
            self.example = line
        elif time < self.first_seen:
            self.first_seen = time
        bars, bar = self._bars, int(time) // self._bar_seconds
        if bar in bars:
            bars[bar] += 1
        else:
            bars[bar] = 1
            if len(bars) > BARS_KEPT:
                self._lengthen(2 * self._bar_seconds)

    def _lengthen(self, seconds: int) -> None:
        """Count in bars of `seconds`, a multiple of the present length, or longer while there are too many."""
        while True:
            bars: dict[int, int] = {}
            for bar, lines in self._bars.items():
                longer = bar * self._bar_seconds // seconds
                bars[longer] = bars.get(longer, 0) + lines
            self._bars, self._bar_seconds = bars, seconds
            if len(bars) <= BARS_KEPT:
                return
            seconds *= 2

    @classmethod
    def of_both(cls, one: Tally, other: Tally) -> Tally:
        """One tally of the lines of two, which stay as they are."""
        both = cls()
        both.join(one)
        both.join(other)
        return both

    def join(self, other: Tally) -> None:
        """Count the lines of `other`, too."""
        self.count += other.count
        self.earlier += other.earlier
        if _RANKS[other.level] > _RANKS[self.level]:
            self.level = other.level
        self.services = list(dict.fromkeys((*self.services, *other.services)))[:SERVICES_KEPT]
        if other.last_seen is not None and (self.last_seen is None or other.last_seen > self.last_seen):
            self.last_seen, self.example = other.last_seen, other.example
        if other.first_seen is not None and (self.first_seen is None or other.first_seen < self.first_seen):
            self.first_seen = other.first_seen
        self.example = self.example or other.example
        if other._bar_seconds > self._bar_seconds:
            self._lengthen(other._bar_seconds)
        for bar, lines in other._bars.items():
            own = bar * other._bar_seconds // self._bar_seconds
            self._bars[own] = self._bars.get(own, 0) + lines
        if len(self._bars) > BARS_KEPT:
            self._lengthen(2 * self._bar_seconds)

    def trend(self, span: TimeRange, columns: int) -> tuple[int, ...]:
        """Lines in `columns` equal parts of `span`. The lines of a bar are spread evenly over its time."""
        if columns < 1 or not span.span > 0 or self.first_seen is None or self.last_seen is None:
            return (0,) * max(0, columns)
        edges = [span.start + span.span * column / columns for column in range(columns)]
        # Whole lines, and none twice: what came before each edge is rounded, not what lies between two.
        earlier = [round(self._before(edge)) for edge in edges]
        return tuple(later - lines for lines, later in pairwise([*earlier, round(self._up_to(span.end))]))

    def _up_to(self, moment: float) -> float:
        return self._before(math.nextafter(moment, math.inf))

    def _before(self, moment: float) -> float:
        """Lines before `moment`."""
        first, last = self.first_seen or 0.0, self.last_seen or 0.0
        found = 0.0
        for bar, lines in self._bars.items():
            # The first and the last bar may stick out of the time that their lines are of.
            start = max(bar * self._bar_seconds, first)
            length = min((bar + 1) * self._bar_seconds, last) - start
            if moment > start:
                found += lines * min(1.0, (moment - start) / length) if length > 0 else lines
        return found
