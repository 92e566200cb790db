"""Where an axis carries a label."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo

from opsconsole.domain.series import Unit
from opsconsole.domain.text import SafeText
from opsconsole.domain.time_range import TimeRange

SMALLEST = 1e-300
"""Steps and bounds stay above this, where powers of ten are still exact enough to divide by."""

TIME_STEPS: tuple[int, ...] = (
    1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800,
    3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800,
)  # fmt: skip
"""Distances of time labels in seconds, each a divisor of the next larger part of a clock."""

_DAY = 86_400.0


def nice_step(least: float, unit: Unit) -> float:
    """The smallest step >= `least` that reads well in `unit`.

    1, 2 or 5 times a power of ten; for bytes of a power of 1024; for minutes and more, of the clock.
    """
    least = min(max(least, SMALLEST), 1e300)
    if unit is Unit.SECONDS and least > 30.0:
        for step in TIME_STEPS:
            if step >= max(60.0, least):
                return float(step)
        return math.ceil(least / _DAY) * _DAY
    if unit is not Unit.BYTES:
        return _one_two_five(least)
    base = 1024.0 ** max(0, min(5, math.floor(math.log(least, 1024.0))))
    if least / base > 500.0:
        base *= 1024.0
    return base if least <= base else base * _one_two_five(least / base)


def _one_two_five(least: float) -> float:
    power = 10.0 ** math.floor(math.log10(least))
    for factor in (1.0, 2.0, 5.0):
        if factor * power >= least * (1.0 - 1e-9):
            return factor * power
    return 10.0 * power


def linear_ticks(low: float, high: float, most: int, unit: Unit) -> tuple[float, ...]:
    """At most `most` (>= 2) rising multiples of a nice step within [`low`, `high`]."""
    if not high > low:
        return (low,)
    step = nice_step((high - low) / max(1, most - 1), unit)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    ticks: list[float] = []
    for index in range(first, min(last, first + most - 1) + 1):
        tick = min(max(index * step, low), high)
        if not ticks or tick > ticks[-1]:
            ticks.append(tick)
    return tuple(ticks) or (low,)


def log_ticks(low: float, high: float, most: int) -> tuple[float, ...]:
    """At most `most` rising ticks of 1, 2, 5 × powers of ten within [`low`, `high`], both positive."""
    for factors, stride in _log_choices():
        ticks = tuple(
            tick
            for exponent in range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
            if exponent % stride == 0
            for factor in factors
            if low * (1 - 1e-9) <= (tick := factor * 10.0**exponent) <= high * (1 + 1e-9)
        )
        if len(ticks) <= most:
            return ticks or (low,)
    return (low,)


def _log_choices() -> Iterator[tuple[tuple[float, ...], int]]:
    yield (1.0, 2.0, 5.0), 1
    for stride in (1, 2, 3, 6, 12, 50, 100, 300):
        yield (1.0,), stride


def time_ticks(span: TimeRange, most: int, zone: tzinfo) -> tuple[tuple[float, SafeText], ...]:
    """At most `most` moments (unix seconds) on whole parts of the clock of `zone`, with their labels.

    `HH:MM`; with seconds where the step needs them, with the date where `span` is longer than a day.
    """
    clock = _local(span.start, zone)
    if most < 1 or span.span <= 0 or clock is None:
        return ()
    wanted = span.span / most
    step = float(next((step for step in TIME_STEPS if step >= wanted), math.ceil(wanted / _DAY) * int(_DAY)))
    shift = (clock.utcoffset() or timedelta()).total_seconds()
    form = time_form(span, step)
    moment = math.ceil((span.start + shift) / step) * step - shift
    ticks: list[tuple[float, SafeText]] = []
    while moment <= span.end and len(ticks) < most:
        if (local := _local(moment, zone)) is not None:
            ticks.append((moment, SafeText(local.strftime(form))))
        moment += step
    return tuple(ticks)


def time_form(span: TimeRange, step: float) -> str:
    """The `strftime` form of labels `step` seconds apart within `span`."""
    if span.span > _DAY:
        return "%m-%d" if step >= _DAY else "%m-%d %H:%M"
    return "%H:%M:%S" if step < 60 else "%H:%M"


def _local(moment: float, zone: tzinfo) -> datetime | None:
    try:
        return datetime.fromtimestamp(moment, UTC).astimezone(zone)
    except (ValueError, OverflowError, OSError):
        return None
