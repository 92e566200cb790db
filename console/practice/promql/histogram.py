"""histogram_quantile over classic buckets (Prometheus 2.x, promql/quantile.go: bucketQuantile)."""

from __future__ import annotations

import math

import numpy as np

from opsconsole.practice.promql.store import Floats
from opsconsole.practice.promql.values import (
    Bools,
    Vector,
    empty_vector,
    except_for,
    label_key,
    rows_by_key,
)

BUCKET_LABEL = "le"


def _bound(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def histogram_quantile(at: Floats, vector: Vector) -> Vector:
    """Quantile `at` (one a step) of each histogram; series without a readable `le` are left out."""
    bounds = [_bound(labels.get(BUCKET_LABEL, "")) for labels in vector.labels]
    rows = [row for row, bound in enumerate(bounds) if bound is not None]
    groups = [except_for(vector.labels[row], (BUCKET_LABEL,)) for row in rows]
    steps = vector.values.shape[1]
    labels, values, present = [], [], []
    for members in rows_by_key([label_key(group) for group in groups]).values():
        chosen = sorted((rows[member] for member in members), key=lambda row: bounds[row] or 0.0)
        mask = vector.present[chosen]
        labels.append(groups[members[0]])
        values.append(_quantiles(at, np.array([bounds[row] for row in chosen]), vector.values[chosen], mask))
        present.append(mask.any(axis=0))
    return Vector(labels, np.array(values), np.array(present)) if labels else empty_vector(steps)


def _quantiles(at: Floats, bounds: Floats, counts: Floats, present: Bools) -> Floats:
    """One histogram; `counts`, `present` have shape (buckets, steps). Steps with the same buckets go together."""
    answer = np.full(counts.shape[1], np.nan)
    patterns, which = np.unique(present, axis=1, return_inverse=True)
    for number in range(patterns.shape[1]):
        steps = np.flatnonzero(which == number)
        buckets = patterns[:, number]
        if buckets.any():
            answer[steps] = _whole(at[steps], bounds[buckets], counts[buckets][:, steps])
    return answer


def _whole(at: Floats, bounds: Floats, counts: Floats) -> Floats:
    """All buckets there at all steps."""
    uppers, starts = np.unique(bounds, return_index=True)
    outside = np.where(np.isnan(at), np.nan, np.where(at < 0, -np.inf, np.where(at > 1, np.inf, 0.0)))
    if len(uppers) < 2 or not math.isinf(uppers[-1]):
        return np.where(outside == 0.0, np.nan, outside)
    cumulative = np.fmax.accumulate(np.add.reduceat(counts, starts, axis=0), axis=0)
    observed = cumulative[-1]
    rank = at * observed
    reached = (cumulative[:-1] >= rank).argmax(axis=0)
    bucket = np.where((cumulative[:-1] >= rank).any(axis=0), reached, len(uppers) - 1)
    inner = np.minimum(bucket, len(uppers) - 2)
    upper, column = uppers[inner], np.arange(len(at))
    below = np.where(inner > 0, cumulative[np.maximum(inner - 1, 0), column], 0.0)
    lower = np.where(inner > 0, uppers[np.maximum(inner - 1, 0)], 0.0)
    found = lower + (upper - lower) * ((rank - below) / (cumulative[inner, column] - below))
    found = np.where((inner == 0) & (upper <= 0), upper, found)
    found = np.where(bucket == len(uppers) - 1, uppers[-2], found)
    found = np.where((observed == 0) | np.isnan(observed), np.nan, found)
    return np.where(outside == 0.0, found, outside)
