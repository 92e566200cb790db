"""From a value to its height, and the bounds that show the values best."""

from __future__ import annotations

import math

import msgspec

from opsconsole.domain.series import Threshold, Unit, YAxis
from opsconsole.widgets.chart.ticks import SMALLEST, linear_ticks, log_ticks, nice_step

_LARGEST = 1e300
_BOUND_STEPS = 10
"""Free bounds are multiples of about a tenth of the values' extent: seldom moved, little room lost."""

THRESHOLD_REACH = 1.0
"""A threshold this many times the values' extent beyond them still widens the axis."""


class Scale(msgspec.Struct, frozen=True):
    """A vertical axis from `low` to `high`; both positive when `logarithmic`."""

    low: float
    high: float
    logarithmic: bool = False

    def share(self, value: float) -> float:
        """0 for `low`, 1 for `high`; beyond them for values outside. `value` > 0 on a log scale."""
        if self.logarithmic:
            return (math.log10(value) - math.log10(self.low)) / (math.log10(self.high) - math.log10(self.low))
        return (value - self.low) / (self.high - self.low)

    def row(self, value: float, height: int) -> int:
        """The pixel row of `value` among `height`, 0 on top; what lies outside sticks to the edge."""
        share = min(1.0, max(0.0, self.share(value)))
        return round((1.0 - share) * (height - 1))

    def holds(self, value: float) -> bool:
        """Whether `value` lies on the axis."""
        return self.low <= value <= self.high

    def ticks(self, most: int, unit: Unit) -> tuple[float, ...]:
        """At most `most` labelled values, rising."""
        if self.logarithmic:
            return log_ticks(self.low, self.high, most)
        return linear_ticks(self.low, self.high, most, unit)


def fit_scale(
    extent: tuple[float, float] | None,
    axis: YAxis,
    thresholds: tuple[Threshold, ...],
    unit: Unit,
    *,
    logarithmic: bool,
) -> Scale:
    """The scale for values within `extent` (None without any).

    Bounds of `axis` are kept; free ones are round values beyond the extent, so that a refresh
    seldom moves the axis. On a log scale bounds <= 0 count as free.
    """
    low, high = (0.0, 1.0) if extent is None else extent
    low, high = max(low, -_LARGEST), min(high, _LARGEST)
    low, high = _with_thresholds(low, high, axis, thresholds, logarithmic=logarithmic)
    if logarithmic:
        return _log_scale(low, high, axis)
    return _linear_scale(low, high, axis, unit)


def _with_thresholds(
    low: float, high: float, axis: YAxis, thresholds: tuple[Threshold, ...], *, logarithmic: bool
) -> tuple[float, float]:
    base = low if axis.minimum is None or logarithmic else min(low, axis.minimum)
    reach = (high - base) * THRESHOLD_REACH
    for threshold in thresholds:
        value = threshold.value
        if not math.isfinite(value) or (logarithmic and value <= 0):
            continue
        if high < value <= high + reach:
            high = value
        elif low - reach <= value < low:
            low = value
    return low, high


def _linear_scale(low: float, high: float, axis: YAxis, unit: Unit) -> Scale:
    free_low, free_high = axis.minimum is None, axis.maximum is None
    low = low if axis.minimum is None else axis.minimum
    high = high if axis.maximum is None else axis.maximum
    if high - low <= max(abs(low), abs(high)) * 1e-9:
        low, high = _widened(low, high, free_low=free_low, free_high=free_high)
    step = nice_step((high - low) / _BOUND_STEPS, unit)
    if free_low:
        low = math.floor(low / step + 1e-9) * step
    if free_high:
        high = math.ceil(high / step - 1e-9) * step
    return Scale(low, high if high > low else low + step)


def _widened(low: float, high: float, *, free_low: bool, free_high: bool) -> tuple[float, float]:
    """A span around values that are all alike, or lie beyond a fixed bound."""
    room = max(abs(low), abs(high)) * 0.1 or 1.0
    if free_high:
        return (low - room if free_low else low), max(low, high) + room
    return (min(low, high) - room if free_low else min(low, high - room)), high


def _log_scale(low: float, high: float, axis: YAxis) -> Scale:
    low = axis.minimum if axis.minimum is not None and axis.minimum > 0 else _beyond(max(low, SMALLEST), up=False)
    if axis.maximum is not None and axis.maximum > low:
        return Scale(low, axis.maximum, logarithmic=True)
    high = _beyond(max(high, low, SMALLEST), up=True)
    return Scale(low, high if high > low * 1.5 else low * 10.0, logarithmic=True)


def _beyond(value: float, *, up: bool) -> float:
    """The nearest 1, 2 or 5 × power of ten at or beyond `value`."""
    power = 10.0 ** math.floor(math.log10(value))
    steps = (1.0, 2.0, 5.0, 10.0)
    if up:
        return next((step * power for step in steps if step * power >= value * (1 - 1e-9)), 10.0 * power)
    return next((step * power for step in reversed(steps) if step * power <= value * (1 + 1e-9)), power)
