"""Binary operators on numbers and on matched vectors.

Rules: Prometheus, promql/engine.go (VectorBinop, VectorAnd, VectorOr, VectorUnless, resultMetric).
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from opsconsole.practice.promql.errors import execution
from opsconsole.practice.promql.store import Floats
from opsconsole.practice.promql.values import (
    Bools,
    LabelKey,
    Labels,
    Scalar,
    Vector,
    anywhere,
    distinct,
    empty_vector,
    except_for,
    label_key,
    rows_by_key,
    stacked,
    without_name,
)

ARITHMETIC: Mapping[str, Callable[[Floats, Floats], Floats]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
    "%": np.fmod,
    "^": np.power,
    "atan2": np.arctan2,
}
COMPARISON: Mapping[str, Callable[[Floats, Floats], Bools]] = {
    "==": np.equal,
    "!=": np.not_equal,
    ">": np.greater,
    "<": np.less,
    ">=": np.greater_equal,
    "<=": np.less_equal,
}
SET = ("and", "or", "unless")


class Cardinality(enum.Enum):
    """Which side of a vector match may have several series of one signature."""

    ONE_TO_ONE = "one-to-one"
    MANY_TO_ONE = "many-to-one"
    ONE_TO_MANY = "one-to-many"


@dataclass(frozen=True)
class Matching:
    """How the series of two vectors are paired.

    `labels` are those of `on (…)`, or of `ignoring (…)` when `on` is false; `include` those of the group modifier.
    """

    labels: tuple[str, ...] = ()
    on: bool = False
    cardinality: Cardinality = Cardinality.ONE_TO_ONE
    include: tuple[str, ...] = ()
    return_bool: bool = False

    def signature(self, labels: Labels) -> LabelKey:
        """What must be equal on both sides."""
        if self.on:
            return tuple((name, labels.get(name, "")) for name in self.labels)
        return label_key(except_for(labels, self.labels))


def scalars(operator: str, left: Scalar, right: Scalar) -> Scalar:
    """Both sides numbers; a comparison gives 0 or 1."""
    if operator in COMPARISON:
        return Scalar(COMPARISON[operator](left.values, right.values).astype(np.float64))
    return Scalar(ARITHMETIC[operator](left.values, right.values))


def vector_with_scalar(operator: str, vector: Vector, scalar: Scalar, *, swapped: bool, return_bool: bool) -> Vector:
    """A vector and a number; a comparison without `bool` filters and keeps the vector's own value and name."""
    left, right = (scalar.values, vector.values) if swapped else (vector.values, scalar.values)
    if operator in ARITHMETIC:
        return distinct(vector.with_values(ARITHMETIC[operator](left, right)))
    holds = COMPARISON[operator](left, right)
    if return_bool:
        return distinct(vector.with_values(holds.astype(np.float64)))
    return Vector(vector.labels, vector.values, vector.present & holds)


def vectors(operator: str, left: Vector, right: Vector, matching: Matching) -> Vector:
    """Arithmetic or comparison of two vectors.

    Raises PromQLError (execution) when a signature is not unique where it must be.
    """
    swapped = matching.cardinality is Cardinality.ONE_TO_MANY
    many, one = (right, left) if swapped else (left, right)
    one_rows = rows_by_key([matching.signature(labels) for labels in one.labels])
    _refuse_duplicates(one, one_rows, "left" if swapped else "right", matching)
    many_keys = [matching.signature(labels) for labels in many.labels]
    pairs = [(row, other) for row, key in enumerate(many_keys) for other in one_rows.get(key, ())]
    steps = left.values.shape[1]
    if not pairs:
        return empty_vector(steps)
    many_index, one_index = np.array(pairs).T
    present = many.present[many_index] & one.present[one_index]
    many_values, one_values = many.values[many_index], one.values[one_index]
    first, second = (one_values, many_values) if swapped else (many_values, one_values)
    if operator in ARITHMETIC:
        values = ARITHMETIC[operator](first, second)
    elif matching.return_bool:
        values = COMPARISON[operator](first, second).astype(np.float64)
    else:
        values, present = first, present & COMPARISON[operator](first, second)
    labels = [_result_labels(many.labels[row], one.labels[other], operator, matching) for row, other in pairs]
    if matching.cardinality is Cardinality.ONE_TO_ONE:
        _refuse_several([many_keys[row] for row, _ in pairs], present)
        return distinct(Vector(labels, values, present))
    message = "multiple matches for labels: grouping labels must ensure unique matches"
    return distinct(Vector(labels, values, present), message)


def _refuse_duplicates(one: Vector, rows: Mapping[LabelKey, Sequence[int]], side: str, matching: Matching) -> None:
    for members in rows.values():
        if len(members) > 1 and (one.present[members].sum(axis=0) > 1).any():
            shown = matching.signature(one.labels[members[0]])
            group = "{" + ", ".join(f'{name}="{value}"' for name, value in shown if value) + "}"
            raise execution(
                f"found duplicate series for the match group {group} on the {side} hand-side of the operation"
                ";many-to-many matching not allowed: matching labels must be unique on one side"
            )


def _refuse_several(keys: Sequence[LabelKey], present: Bools) -> None:
    for members in rows_by_key(keys).values():
        if len(members) > 1 and (present[members].sum(axis=0) > 1).any():
            raise execution(
                "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)"
            )


def _result_labels(many: Labels, one: Labels, operator: str, matching: Matching) -> Labels:
    labels = without_name(many) if operator in ARITHMETIC or matching.return_bool else dict(many)
    if matching.cardinality is Cardinality.ONE_TO_ONE:
        if matching.on:
            return {name: value for name, value in labels.items() if name in matching.labels}
        return {name: value for name, value in labels.items() if name not in matching.labels}
    for name in matching.include:
        if one.get(name):
            labels[name] = one[name]
        else:
            labels.pop(name, None)
    return labels


def _somewhere(vector: Vector, matching: Matching) -> dict[LabelKey, Bools]:
    """At which steps each signature has a sample."""
    rows = rows_by_key([matching.signature(labels) for labels in vector.labels])
    return {key: anywhere(vector.present[members]) for key, members in rows.items()}


def _limited(vector: Vector, to: Mapping[LabelKey, Bools], matching: Matching, *, inside: bool) -> Vector:
    nowhere = np.zeros(vector.values.shape[1], dtype=np.bool_)
    masks = [to.get(matching.signature(labels), nowhere) for labels in vector.labels]
    mask = np.array(masks, dtype=np.bool_).reshape(vector.present.shape)
    return Vector(vector.labels, vector.values, vector.present & (mask if inside else ~mask))


def sets(operator: str, left: Vector, right: Vector, matching: Matching) -> Vector:
    """`and`, `or`, `unless` by signature."""
    if operator == "or":
        rest = _limited(right, _somewhere(left, matching), matching, inside=False)
        return distinct(stacked([left, rest], left.values.shape[1]))
    return _limited(left, _somewhere(right, matching), matching, inside=operator == "and")
