"""Which samples of a series can be drawn, and what it reads at a moment.

Everything works on slices and `bisect`, so that 11,000 samples a series, Prometheus' limit, cost
little more than the few hundred columns they end in.
"""

from __future__ import annotations

import math
import operator
from bisect import bisect_left, bisect_right

import msgspec

from opsconsole.domain.series import Series
from opsconsole.domain.time_range import TimeRange

GAP_STEPS = 1.5
"""Samples farther apart than this many steps are not joined: nothing is known in between."""


class Curve(msgspec.Struct, frozen=True):
    """A series within a span. `runs` are index ranges [first, stop) of unbroken samples.

    `infinite` and `not_positive` count samples that can't be drawn; `low` and `high` are the
    extremes of those that can, None without any.
    """

    series: Series
    runs: tuple[tuple[int, int], ...]
    low: float | None
    high: float | None
    infinite: int = 0
    not_positive: int = 0


def trace_curve(series: Series, span: TimeRange, step: float, *, logarithmic: bool = False) -> Curve:
    """The drawable part of `series` within `span`; `step` is in seconds."""
    times, values = series.times, series.values
    first, stop = bisect_left(times, span.start), bisect_right(times, span.end)
    window = values[first:stop]
    infinite = not_positive = 0
    broken: list[int] = []
    if not all(map(math.isfinite, window)):
        broken = [index for index, value in enumerate(window, first) if not math.isfinite(value)]
        infinite = sum(math.isinf(values[index]) for index in broken)
    if logarithmic and window:
        losses = [index for index, value in enumerate(window, first) if value <= 0 and math.isfinite(value)]
        not_positive = len(losses)
        broken = sorted((*broken, *losses))
    runs = _runs(times, first, stop, broken, step)
    if not runs:
        return Curve(series, (), None, None, infinite, not_positive)
    low = min(min(values[start:end]) for start, end in runs)
    high = max(max(values[start:end]) for start, end in runs)
    return Curve(series, runs, low, high, infinite, not_positive)


def _runs(
    times: tuple[float, ...], first: int, stop: int, broken: list[int], step: float
) -> tuple[tuple[int, int], ...]:
    limit = GAP_STEPS * step if step > 0 else math.inf
    distances = map(operator.sub, times[first + 1 : stop], times[first : max(first, stop - 1)])
    # A new run starts after each gap; a broken sample ends one run and starts the next behind itself.
    cuts = [(index, index) for index, distance in enumerate(distances, first + 1) if distance > limit]
    cuts = sorted([*cuts, *((index, index + 1) for index in broken)])
    runs: list[tuple[int, int]] = []
    begin = first
    for end, following in cuts:
        if end > begin:
            runs.append((begin, end))
        begin = max(begin, following)
    if stop > begin:
        runs.append((begin, stop))
    return tuple(runs)


def value_at(series: Series, moment: float, reach: float) -> float | None:
    """The sample nearest to `moment` within `reach` seconds; None when there is none or it is NaN."""
    times = series.times
    place = bisect_left(times, moment)
    near = [index for index in (place - 1, place) if 0 <= index < len(times)]
    if not near:
        return None
    best = min(near, key=lambda index: abs(times[index] - moment))
    value = series.values[best]
    return None if abs(times[best] - moment) > reach or math.isnan(value) else value


def newest(series: Series, until: float) -> tuple[float, float] | None:
    """(time, value) of the newest sample at or before `until` that is a number."""
    for index in range(bisect_right(series.times, until) - 1, -1, -1):
        if not math.isnan(series.values[index]):
            return series.times[index], series.values[index]
    return None
