"""Which span of time the screen shows."""

from __future__ import annotations

import math

import msgspec

STEP_LADDER: tuple[int, ...] = (
    1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400,
)  # fmt: skip
"""Query steps in seconds. Steps from a ladder keep a refresh from shimmering."""

MAX_POINTS = 11_000
"""Prometheus refuses a range query of more points per series (web/api/v1, `query_range`)."""

SHORTEST_WINDOW = 60.0
LONGEST_WINDOW = 30 * 86_400.0

RANGE_PRESETS: tuple[tuple[str, float], ...] = (
    ("5m", 300.0), ("15m", 900.0), ("30m", 1800.0), ("1h", 3600.0),
    ("3h", 10_800.0), ("6h", 21_600.0), ("12h", 43_200.0), ("24h", 86_400.0),
)  # fmt: skip


class TimeRange(msgspec.Struct, frozen=True):
    """A closed span of absolute time, unix seconds; `end` is never before `start`."""

    start: float
    end: float

    @property
    def span(self) -> float:
        """Length in seconds."""
        return self.end - self.start

    def contains(self, moment: float) -> bool:
        """Whether `moment` (unix seconds) lies inside, ends included."""
        return self.start <= moment <= self.end

    def step(self, columns: int, floor: float = 1.0) -> float:
        """The query step in seconds for a plot of `columns` points, never below `floor`.

        Taken from `STEP_LADDER`, and large enough to stay under Prometheus' `MAX_POINTS`.
        """
        wanted = max(floor, self.span / max(1, columns), self.span / (MAX_POINTS - 1))
        for step in STEP_LADDER:
            if step >= wanted:
                return float(step)
        return float(math.ceil(wanted / 86_400) * 86_400)

    def aligned(self, step: float) -> TimeRange:
        """The range with both ends on multiples of `step`, covering at least the old start."""
        return TimeRange(math.floor(self.start / step) * step, math.floor(self.end / step) * step)


class TimeWindow(msgspec.Struct, frozen=True):
    """What the operator asked to see: a duration that ends now (live) or at a fixed moment.

    `duration` is in seconds; `end` is unix seconds, or None for a window that follows the clock.
    """

    duration: float = 3600.0
    end: float | None = None

    @property
    def live(self) -> bool:
        """Whether the window follows the clock."""
        return self.end is None

    def resolve(self, now: float) -> TimeRange:
        """The absolute range at wall-clock time `now` (unix seconds)."""
        end = now if self.end is None else self.end
        return TimeRange(end - self.duration, end)

    def frozen_at(self, now: float) -> TimeWindow:
        """The same window, no longer following the clock."""
        return self if self.end is not None else TimeWindow(self.duration, now)

    def panned(self, fraction: float, now: float) -> TimeWindow:
        """Moved by `fraction` of its duration; reaching `now` turns it live again."""
        end = (now if self.end is None else self.end) + fraction * self.duration
        return TimeWindow(self.duration, None if end >= now else end)

    def zoomed(self, factor: float, now: float, around: float | None = None) -> TimeWindow:
        """`factor` < 1 zooms in. Keeps `around` (unix seconds) in place, else the right edge."""
        duration = min(LONGEST_WINDOW, max(SHORTEST_WINDOW, self.duration * factor))
        if around is None:
            return TimeWindow(duration, self.end)
        old = self.resolve(now)
        share = (old.end - around) / old.span if old.span else 0.0
        end = around + share * duration
        return TimeWindow(duration, None if end >= now else end)


_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0, "w": 604_800.0}


def parse_duration(text: str) -> float:
    """Seconds in a duration such as `90s`, `15m`, `1h30m` or `7d` (Prometheus' notation).

    Raises `ValueError` with a sentence for the operator when it is not one.
    """
    rest, total = text.strip(), 0.0
    while rest:
        digits = rest[: len(rest) - len(rest.lstrip("0123456789"))]
        unit = rest[len(digits) : len(digits) + 1]
        if not digits or unit not in _UNITS:
            raise ValueError(f"{text!r} is not a duration; write 15m, 1h30m or 7d")
        total += int(digits) * _UNITS[unit]
        rest = rest[len(digits) + 1 :]
    if total <= 0:
        raise ValueError(f"{text!r} is not a duration; write 15m, 1h30m or 7d")
    return total


def format_duration(seconds: float) -> str:
    """A short form for people: `45s`, `12m`, `3h05m`, `2d04h`. Negative spans read as `0s`."""
    whole = max(0, int(seconds))
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m"
    if whole < 86_400:
        return f"{whole // 3600}h{whole % 3600 // 60:02d}m"
    return f"{whole // 86_400}d{whole % 86_400 // 3600:02d}h"
