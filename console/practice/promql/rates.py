"""rate, increase, delta, irate, idelta, deriv and predict_linear.

Formulas: Prometheus, promql/functions.go (extrapolatedRate, instantValue, linearRegression).
Each function returns values of shape (series, steps) and the steps, shape (steps,), that have one.
"""

from __future__ import annotations

import numpy as np

from opsconsole.practice.promql.selectors import Window
from opsconsole.practice.promql.store import Floats
from opsconsole.practice.promql.values import Bools, Ints

Answer = tuple[Floats, Bools]


def _ends(window: Window, needed: int) -> tuple[Ints, Ints, Bools]:
    enough = window.count >= needed
    return np.where(enough, window.first, 0), np.where(enough, window.last - 1, 0), enough


def _resets(values: Floats) -> Floats:
    """What a counter had reached at each reset, summed up to each sample."""
    before = values[:, :-1]
    dropped = np.where(values[:, 1:] < before, before, 0.0)
    return np.concatenate([np.zeros((len(values), 1)), np.cumsum(dropped, axis=1)], axis=1)


def extrapolated(window: Window, *, counter: bool, per_second: bool) -> Answer:
    """Growth over the range, stretched to its ends the way extrapolatedRate does.

    A gap at an end longer than 1.1 average intervals is filled by half an interval only, and a
    counter is never stretched below zero.
    """
    first, last, enough = _ends(window, 2)
    values, times = window.block.values, window.block.milliseconds
    first_values = values[:, first]
    growth = values[:, last] - first_values
    if counter:
        resets = _resets(values)
        growth = growth + (resets[:, last] - resets[:, first])
    sampled = np.where(enough, (times[last] - times[first]) / 1000.0, 1.0)
    average = sampled / np.maximum(last - first, 1)
    to_start = np.broadcast_to((times[first] - window.starts) / 1000.0, growth.shape)
    to_end = (window.ends - times[last]) / 1000.0
    if counter:
        to_zero = np.where((growth > 0) & (first_values >= 0), sampled * (first_values / growth), np.inf)
        to_start = np.minimum(to_start, to_zero)
    threshold = average * 1.1
    stretched = sampled + np.where(to_start < threshold, to_start, average / 2)
    stretched = stretched + np.where(to_end < threshold, to_end, average / 2)
    factor = stretched / sampled
    if per_second:
        factor = factor / ((window.ends - window.starts) / 1000.0)
    return growth * factor, enough


def instantaneous(window: Window, *, per_second: bool) -> Answer:
    """The last two samples of the range: irate (per second, resets allowed for) or idelta."""
    _, last, enough = _ends(window, 2)
    before = np.where(enough, last - 1, 0)
    values, times = window.block.values, window.block.milliseconds
    newest, older = values[:, last], values[:, before]
    if not per_second:
        return newest - older, enough
    growth = np.where(newest < older, newest, newest - older)
    interval = np.where(enough, (times[last] - times[before]) / 1000.0, 1.0)
    return growth / interval, enough


def _sums(rows: Floats, window: Window) -> Floats:
    return reduce_windows(np.add, rows, window)


def reduce_windows(function: np.ufunc, rows: Floats, window: Window) -> Floats:
    """`function` reduced over each step's samples; steps without samples hold no meaning."""
    padded = np.concatenate([rows, rows[:, -1:]], axis=1)
    bounds = np.empty(2 * len(window.first), dtype=np.int64)
    bounds[0::2], bounds[1::2] = window.first, window.last
    reduced: Floats = function.reduceat(padded, bounds, axis=1)[:, ::2]
    return reduced


def regression(window: Window, intercept: Ints) -> tuple[Floats, Floats, Bools]:
    """Least-squares slope per second, and value at `intercept` (milliseconds, one a step), of each range."""
    _, _, enough = _ends(window, 2)
    values, times = window.block.values, window.block.milliseconds
    origin = times[0] if len(times) else 0
    moments = (times - origin) / 1000.0
    base = np.nan_to_num(values[:, :1], posinf=0.0, neginf=0.0)
    ys = values - base
    xs = np.broadcast_to(moments, ys.shape)
    count = np.where(enough, window.count, 1).astype(np.float64)
    sum_x, sum_y = _sums(xs, window), _sums(ys, window)
    covariance = _sums(xs * ys, window) - sum_x * sum_y / count
    variance = _sums(xs * xs, window) - sum_x * sum_x / count
    slope = covariance / variance
    constant = reduce_windows(np.fmax, values, window) == reduce_windows(np.fmin, values, window)
    slope = np.where(constant & np.isfinite(sum_y), 0.0, slope)
    at = (intercept - origin) / 1000.0
    level = base + sum_y / count + slope * (at - sum_x / count)
    return slope, level, enough


def deriv(window: Window) -> Answer:
    """Slope per second of the regression line."""
    slope, _, enough = regression(window, window.ends)
    return slope, enough


def predict_linear(window: Window, ahead: Floats) -> Answer:
    """The regression line `ahead` seconds after each step (the step itself, whatever the offset)."""
    slope, level, enough = regression(window, window.moments)
    return level + slope * ahead, enough
