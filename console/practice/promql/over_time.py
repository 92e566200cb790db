"""The `…_over_time` functions, changes and resets. Shapes as in `rates`."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from opsconsole.practice.promql.rates import Answer, reduce_windows
from opsconsole.practice.promql.selectors import Window
from opsconsole.practice.promql.store import Floats

CHUNK = 2_000_000
"""Samples laid out at once by `quantile`, to bound its memory (8 bytes each)."""


def total(window: Window) -> Answer:
    """sum_over_time."""
    return reduce_windows(np.add, window.block.values, window), window.count > 0


def average(window: Window) -> Answer:
    """avg_over_time."""
    return total(window)[0] / np.maximum(window.count, 1), window.count > 0


def smallest(window: Window) -> Answer:
    """min_over_time; NaN only when there is nothing else."""
    return reduce_windows(np.fmin, window.block.values, window), window.count > 0


def largest(window: Window) -> Answer:
    """max_over_time; NaN only when there is nothing else."""
    return reduce_windows(np.fmax, window.block.values, window), window.count > 0


def _same_for_all(window: Window, values: Floats) -> Floats:
    return np.array(np.broadcast_to(values, (len(window.block.labels), len(values))), dtype=np.float64)


def count(window: Window) -> Answer:
    """count_over_time."""
    return _same_for_all(window, window.count.astype(np.float64)), window.count > 0


def present(window: Window) -> Answer:
    """present_over_time: 1 where there is a sample."""
    return _same_for_all(window, np.ones(len(window.first))), window.count > 0


def newest(window: Window) -> Answer:
    """last_over_time."""
    return window.block.values[:, np.maximum(window.last - 1, 0)], window.count > 0


def variance(window: Window) -> Answer:
    """stdvar_over_time: population variance."""
    values = window.block.values
    finite = np.where(np.isfinite(values), values, 0.0)
    shifted = values - finite.mean(axis=1, keepdims=True)
    samples = np.maximum(window.count, 1)
    mean = reduce_windows(np.add, shifted, window) / samples
    square = reduce_windows(np.add, shifted * shifted, window) / samples
    return np.maximum(square - mean * mean, 0.0), window.count > 0


def deviation(window: Window) -> Answer:
    """stddev_over_time: population standard deviation."""
    values, enough = variance(window)
    return np.sqrt(values), enough


def _counted(window: Window, happened: Floats) -> Answer:
    """How often `happened` (between a sample and the one before) within each range."""
    running = np.concatenate([np.zeros((len(happened), 1)), np.cumsum(happened, axis=1)], axis=1)
    enough = window.count > 0
    last, first = np.where(enough, window.last - 1, 0), np.where(enough, window.first, 0)
    return running[:, last] - running[:, first], enough


def changes(window: Window) -> Answer:
    """How often the value changed; NaN after NaN is no change."""
    before, after = window.block.values[:, :-1], window.block.values[:, 1:]
    return _counted(window, ((before != after) & ~(np.isnan(before) & np.isnan(after))).astype(np.float64))


def resets(window: Window) -> Answer:
    """How often a counter fell."""
    return _counted(window, (window.block.values[:, 1:] < window.block.values[:, :-1]).astype(np.float64))


def quantile_of(laid: Floats, counts: Floats, at: Floats) -> Floats:
    """Quantile `at` along the last axis of `laid`, of which `counts` are samples and the rest +Inf.

    Linear between ranks, NaN below everything; `at` under 0 is -Inf, over 1 +Inf, and of no samples NaN
    (Prometheus, promql/quantile.go: quantile).
    """
    missing = np.isnan(laid)
    ordered = np.sort(np.where(missing, -np.inf, laid), axis=-1)
    ordered = np.where(np.arange(laid.shape[-1]) < missing.sum(axis=-1)[..., None], np.nan, ordered)
    rank = np.clip(np.nan_to_num(at), 0.0, 1.0) * np.maximum(counts - 1, 0)
    low = np.floor(rank)
    high = np.minimum(low + 1, np.maximum(counts - 1, 0))
    weight = rank - low
    below = np.take_along_axis(ordered, low[..., None].astype(np.int64), axis=-1)[..., 0]
    above = np.take_along_axis(ordered, high[..., None].astype(np.int64), axis=-1)[..., 0]
    found = below * (1 - weight) + above * weight
    found = np.where(at < 0, -np.inf, np.where(at > 1, np.inf, found))
    return np.where(np.isnan(at) | (counts == 0), np.nan, found)


def quantile(window: Window, at: Floats) -> Answer:
    """quantile_over_time; `at` has one value a step."""
    values, width = window.block.values, int(window.count.max(initial=1)) or 1
    offsets = np.arange(width)
    answer = np.empty((len(values), len(window.first)))
    for row, samples in enumerate(values):
        for low in range(0, len(window.first), max(1, CHUNK // width)):
            part = slice(low, low + max(1, CHUNK // width))
            counts = window.count[part]
            index = np.minimum(window.first[part, None] + offsets, len(samples) - 1)
            laid = np.where(offsets < counts[:, None], samples[index], np.inf)
            answer[row, part] = quantile_of(laid, counts.astype(np.float64), at[part])
    return answer, window.count > 0


PLAIN: Mapping[str, Callable[[Window], Answer]] = {
    "sum_over_time": total,
    "avg_over_time": average,
    "min_over_time": smallest,
    "max_over_time": largest,
    "count_over_time": count,
    "present_over_time": present,
    "last_over_time": newest,
    "stddev_over_time": deviation,
    "stdvar_over_time": variance,
    "changes": changes,
    "resets": resets,
}
"""Functions of a range and nothing else. Only `last_over_time` keeps the metric name."""
