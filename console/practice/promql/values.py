"""What expressions evaluate to, at every step of a query at once.

A vector is a matrix of `series x steps` with a mask: a sample that is absent is not the same
as one that is NaN.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from opsconsole.practice.promql.errors import execution
from opsconsole.practice.promql.store import METRIC_NAME, Floats

Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]
Labels = dict[str, str]
LabelKey = tuple[tuple[str, str], ...]

SAME_LABELSET = "vector cannot contain metrics with the same labelset"


@dataclass(frozen=True)
class Grid:
    """The moments at which an expression is evaluated, in unix milliseconds: Prometheus's own resolution."""

    milliseconds: Ints

    @property
    def seconds(self) -> Floats:
        """The same moments in unix seconds."""
        return self.milliseconds / 1000.0

    def __len__(self) -> int:
        """How many moments."""
        return len(self.milliseconds)


@dataclass(frozen=True)
class Scalar:
    """One number a step: `values` has shape (steps,)."""

    values: Floats


@dataclass(frozen=True)
class Text:
    """A string literal."""

    value: str


@dataclass(frozen=True)
class Vector:
    """`values` and `present` have shape (series, steps); `labels` is one mapping a series."""

    labels: list[Labels]
    values: Floats
    present: Bools

    def __len__(self) -> int:
        """How many series, whether or not they have a sample."""
        return len(self.labels)

    def with_values(self, values: Floats) -> Vector:
        """The same series and mask with other numbers and without the metric name."""
        return Vector([without_name(labels) for labels in self.labels], values, self.present)


Value = Scalar | Text | Vector


def empty_vector(steps: int) -> Vector:
    """No series at all."""
    return Vector([], np.empty((0, steps)), np.zeros((0, steps), dtype=np.bool_))


def label_key(labels: Mapping[str, str]) -> LabelKey:
    """`labels` as a hashable value that also sorts the way Prometheus sorts series."""
    return tuple(sorted(labels.items()))


def without_name(labels: Mapping[str, str]) -> Labels:
    """`labels` without the metric name."""
    return {name: value for name, value in labels.items() if name != METRIC_NAME}


def only(labels: Mapping[str, str], names: Iterable[str]) -> Labels:
    """The labels of `names` that are set."""
    return {name: labels[name] for name in names if labels.get(name)}


def except_for(labels: Mapping[str, str], names: Sequence[str]) -> Labels:
    """`labels` without those of `names` and without the metric name."""
    return {name: value for name, value in labels.items() if name not in names and name != METRIC_NAME}


def anywhere(present: Bools) -> Bools:
    """At which steps any of the series has a sample."""
    return np.asarray(present.any(axis=0), dtype=np.bool_)


def rows_by_key(keys: Sequence[LabelKey]) -> dict[LabelKey, list[int]]:
    """Row numbers by key, keys in the order of their first row."""
    rows: dict[LabelKey, list[int]] = {}
    for row, key in enumerate(keys):
        rows.setdefault(key, []).append(row)
    return rows


def distinct(vector: Vector, message: str = SAME_LABELSET) -> Vector:
    """`vector` with series of equal labels joined into one.

    Raises PromQLError (execution) with `message` when two of them have a sample at the same step.
    """
    rows = rows_by_key([label_key(labels) for labels in vector.labels])
    if len(rows) == len(vector):
        return vector
    labels, values, present = [], [], []
    for members in rows.values():
        mask = vector.present[members]
        if (mask.sum(axis=0) > 1).any():
            raise execution(message)
        labels.append(vector.labels[members[0]])
        values.append(np.where(mask, vector.values[members], 0.0).sum(axis=0))
        present.append(mask.any(axis=0))
    return Vector(labels, np.array(values), np.array(present))


def stacked(parts: Sequence[Vector], steps: int) -> Vector:
    """The series of all `parts`, one below the other."""
    filled = [part for part in parts if len(part)]
    if not filled:
        return empty_vector(steps)
    return Vector(
        [labels for part in filled for labels in part.labels],
        np.concatenate([part.values for part in filled]),
        np.concatenate([part.present for part in filled]),
    )
