"""Aggregation operators over the series of a vector, at every step."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from opsconsole.practice.promql.formatting import format_value
from opsconsole.practice.promql.over_time import quantile_of
from opsconsole.practice.promql.store import Floats
from opsconsole.practice.promql.values import (
    Bools,
    Labels,
    Vector,
    distinct,
    empty_vector,
    except_for,
    label_key,
    only,
    rows_by_key,
    stacked,
)

Grouping = Callable[[Labels], Labels]
"""From a series' labels to those of its group."""


def grouping(names: Sequence[str] | None, *, without: bool) -> Grouping:
    """`by (names)`, `without (names)`, or one group for all when `names` is None."""
    if names is None:
        return lambda _: {}
    wanted = tuple(names)
    if without:
        return lambda labels: except_for(labels, wanted)
    return lambda labels: only(labels, wanted)


def _total(values: Floats, present: Bools) -> Floats:
    return np.asarray(np.where(present, values, 0.0).sum(axis=0), dtype=np.float64)


def _counted(present: Bools) -> Floats:
    return np.asarray(np.maximum(present.sum(axis=0), 1), dtype=np.float64)


def _mean(values: Floats, present: Bools) -> Floats:
    return _total(values, present) / _counted(present)


def _variance(values: Floats, present: Bools) -> Floats:
    away = np.where(present, values - _mean(values, present), 0.0)
    return _total(away * away, present) / _counted(present)


_REDUCTIONS: Mapping[str, Callable[[Floats, Bools], Floats]] = {
    "sum": _total,
    "avg": _mean,
    "min": lambda values, present: np.fmin.reduce(np.where(present, values, np.nan), axis=0),
    "max": lambda values, present: np.fmax.reduce(np.where(present, values, np.nan), axis=0),
    "count": lambda _, present: present.sum(axis=0).astype(np.float64),
    "group": lambda _, present: np.ones(present.shape[1]),
    "stdvar": _variance,
    "stddev": lambda values, present: np.sqrt(_variance(values, present)),
}

AGGREGATIONS = frozenset({*_REDUCTIONS, "topk", "bottomk", "quantile", "count_values"})
"""All operators evaluated here."""


def aggregate(operator: str, vector: Vector, group_of: Grouping, parameter: Floats | str | None) -> Vector:
    """`operator`, one of AGGREGATIONS, over each group.

    `parameter` is a number a step (topk, bottomk, quantile) or a label name (count_values).
    """
    steps = vector.values.shape[1]
    groups = [group_of(labels) for labels in vector.labels]
    rows = rows_by_key([label_key(labels) for labels in groups])
    if operator in ("topk", "bottomk") and isinstance(parameter, np.ndarray):
        return _ranked(vector, list(rows.values()), parameter, largest=operator == "topk")
    if operator == "count_values" and isinstance(parameter, str):
        return _value_counts(vector, groups, parameter)
    labels, values, present = [], [], []
    for members in rows.values():
        mask = vector.present[members]
        if not mask.any():
            continue
        if operator == "quantile" and isinstance(parameter, np.ndarray):
            reduced = _quantile(vector.values[members], mask, parameter)
        else:
            reduced = _REDUCTIONS[operator](vector.values[members], mask)
        labels.append(groups[members[0]])
        values.append(reduced)
        present.append(mask.any(axis=0))
    return Vector(labels, np.array(values), np.array(present)) if labels else empty_vector(steps)


def _quantile(values: Floats, present: Bools, at: Floats) -> Floats:
    return quantile_of(np.where(present, values, np.inf).T, present.sum(axis=0).astype(np.float64), at)


def _ranked(vector: Vector, groups: Sequence[list[int]], counts: Floats, *, largest: bool) -> Vector:
    """The `counts` best of each group at each step, with their own labels, best first."""
    kept = np.zeros_like(vector.present)
    order: list[int] = []
    for members in groups:
        values = vector.values[members]
        worst = -np.inf if largest else np.inf
        score = np.where(np.isnan(values), worst, values)
        keys = (-score if largest else score, np.isnan(values), ~vector.present[members])
        ranking = np.lexsort(keys, axis=0)
        places = np.empty_like(ranking)
        np.put_along_axis(places, ranking, np.arange(len(members))[:, None], axis=0)
        kept[members] = vector.present[members] & (places < np.nan_to_num(counts))
        order += [members[row] for row in ranking[:, -1]]
    return Vector([vector.labels[row] for row in order], vector.values[order], kept[order])


def _value_counts(vector: Vector, groups: Sequence[Labels], label: str) -> Vector:
    """One series for each value seen, counting the series that have it."""
    steps = vector.values.shape[1]
    counts: dict[tuple[tuple[str, str], ...], Floats] = {}
    for row, group in enumerate(groups):
        for value in np.unique(vector.values[row][vector.present[row]]):
            key = label_key({**group, label: format_value(float(value))})
            same = (vector.values[row] == value) | (np.isnan(value) & np.isnan(vector.values[row]))
            counts.setdefault(key, np.zeros(steps))[:] += vector.present[row] & same
    if not counts:
        return empty_vector(steps)
    values = np.array(list(counts.values()))
    return distinct(stacked([Vector([dict(key) for key in counts], values, values > 0)], steps))
