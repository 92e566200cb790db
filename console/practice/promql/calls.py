"""Function calls: which arguments each function takes, and what becomes of labels."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import numpy as np
import promql_parser
from promql_parser import Expr

from opsconsole.practice.promql import functions, label_functions, over_time, rates
from opsconsole.practice.promql.errors import bad_data
from opsconsole.practice.promql.histogram import histogram_quantile
from opsconsole.practice.promql.parsing import matchers_of, unwrapped
from opsconsole.practice.promql.rates import Answer
from opsconsole.practice.promql.selectors import Window
from opsconsole.practice.promql.store import Floats
from opsconsole.practice.promql.values import (
    Bools,
    Grid,
    Labels,
    Scalar,
    Value,
    Vector,
    anywhere,
    distinct,
    stacked,
    without_name,
)


class Evaluator(Protocol):
    """What a call needs to evaluate its arguments."""

    def value(self, tree: Expr, grid: Grid) -> Value:
        """Any expression."""
        ...

    def vector(self, tree: Expr, grid: Grid) -> Vector:
        """An instant vector."""
        ...

    def scalar(self, tree: Expr, grid: Grid) -> Floats:
        """A number a step."""
        ...

    def text(self, tree: Expr) -> str:
        """A string literal."""
        ...

    def sampled(self, selector: promql_parser.VectorSelector, grid: Grid) -> tuple[Vector, Floats]:
        """A selector's samples and their times."""
        ...

    def ranges(self, tree: Expr, grid: Grid) -> list[Window]:
        """A range vector."""
        ...


Arguments = Sequence[Expr]
Handler = Callable[[Evaluator, Arguments, Grid], Value]
WindowFunction = Callable[[Window], Answer]


def called(evaluator: Evaluator, call: promql_parser.Call, grid: Grid) -> Value:
    """The value of `call`. Raises PromQLError (bad_data) for a function that is not evaluated here."""
    name, arguments = call.func.name, call.args
    if name in over_time.PLAIN:
        keep_name = name == "last_over_time"
        return _windowed(evaluator.ranges(arguments[0], grid), over_time.PLAIN[name], grid, keep_name=keep_name)
    if name in _RATES:
        return _windowed(evaluator.ranges(arguments[0], grid), _RATES[name], grid)
    if name in functions.ELEMENTWISE:
        vector = evaluator.vector(arguments[0], grid)
        return distinct(vector.with_values(functions.ELEMENTWISE[name](vector.values)))
    if name in functions.CALENDAR:
        if not arguments:
            return _everywhere(functions.CALENDAR[name](np.floor(grid.seconds)))
        vector = evaluator.vector(arguments[0], grid)
        return distinct(vector.with_values(functions.CALENDAR[name](vector.values)))
    if name not in _HANDLERS:
        raise bad_data(f"function {name!r} is not evaluated by this server")
    return _HANDLERS[name](evaluator, arguments, grid)


def _everywhere(values: Floats, labels: Labels | None = None, present: Bools | None = None) -> Vector:
    """One series."""
    mask = np.ones(len(values), dtype=np.bool_) if present is None else present
    return Vector([labels or {}], values[None, :], mask[None, :])


def _windowed(found: Sequence[Window], function: WindowFunction, grid: Grid, *, keep_name: bool = False) -> Vector:
    parts = []
    for window in found:
        values, enough = function(window)
        labels = window.block.labels
        named = labels if keep_name else [without_name(one) for one in labels]
        parts.append(Vector(named, values, np.array(np.broadcast_to(enough, values.shape))))
    return distinct(stacked(parts, len(grid)))


_RATES: Mapping[str, WindowFunction] = {
    "rate": lambda window: rates.extrapolated(window, counter=True, per_second=True),
    "increase": lambda window: rates.extrapolated(window, counter=True, per_second=False),
    "delta": lambda window: rates.extrapolated(window, counter=False, per_second=False),
    "irate": lambda window: rates.instantaneous(window, per_second=True),
    "idelta": lambda window: rates.instantaneous(window, per_second=False),
    "deriv": rates.deriv,
}


def _predict_linear(evaluator: Evaluator, arguments: Arguments, grid: Grid) -> Value:
    ahead = evaluator.scalar(arguments[1], grid)
    return _windowed(evaluator.ranges(arguments[0], grid), lambda window: rates.predict_linear(window, ahead), grid)


def _quantile_over_time(evaluator: Evaluator, arguments: Arguments, grid: Grid) -> Value:
    at = evaluator.scalar(arguments[0], grid)
    return _windowed(evaluator.ranges(arguments[1], grid), lambda window: over_time.quantile(window, at), grid)


def _histogram_quantile(evaluator: Evaluator, arguments: Arguments, grid: Grid) -> Value:
    return histogram_quantile(evaluator.scalar(arguments[0], grid), evaluator.vector(arguments[1], grid))


def _label_replace(evaluator: Evaluator, arguments: Arguments, grid: Grid) -> Value:
    target, replacement, source, pattern = (evaluator.text(argument) for argument in arguments[1:])
    return label_functions.label_replace(evaluator.vector(arguments[0], grid), target, replacement, source, pattern)


def _label_join(evaluator: Evaluator, arguments: Arguments, grid: Grid) -> Value:
    target, separator, *sources = (evaluator.text(argument) for argument in arguments[1:])
    return label_functions.label_join(evaluator.vector(arguments[0], grid), target, separator, sources)


def _clamp(evaluator: Evaluator, arguments: Arguments, grid: Grid) -> Value:
    vector, low, high = (
        evaluator.vector(arguments[0], grid),
        evaluator.scalar(arguments[1], grid),
        evaluator.scalar(arguments[2], grid),
    )
    clamped = vector.with_values(functions.clamped(vector.values, low, high))
    return distinct(Vector(clamped.labels, clamped.values, clamped.present & ~(low > high)))


def _clamp_min(evaluator: Evaluator, arguments: Arguments, grid: Grid) -> Value:
    vector = evaluator.vector(arguments[0], grid)
    return distinct(vector.with_values(np.maximum(vector.values, evaluator.scalar(arguments[1], grid))))


def _clamp_max(evaluator: Evaluator, arguments: Arguments, grid: Grid) -> Value:
    vector = evaluator.vector(arguments[0], grid)
    return distinct(vector.with_values(np.minimum(vector.values, evaluator.scalar(arguments[1], grid))))


def _round(evaluator: Evaluator, arguments: Arguments, grid: Grid) -> Value:
    vector = evaluator.vector(arguments[0], grid)
    nearest = evaluator.scalar(arguments[1], grid) if len(arguments) > 1 else np.ones(len(grid))
    return distinct(vector.with_values(functions.rounded(vector.values, nearest)))


def _sorted(evaluator: Evaluator, arguments: Arguments, grid: Grid, *, falling: bool) -> Value:
    """By the values of the last step; order is lost in range queries, as it is there."""
    vector = evaluator.vector(arguments[0], grid)
    if not len(vector):
        return vector
    last = vector.values[:, -1]
    order = np.lexsort((-last if falling else last, np.isnan(last), ~vector.present[:, -1]))
    return Vector([vector.labels[row] for row in order], vector.values[order], vector.present[order])


def _time(_: Evaluator, __: Arguments, grid: Grid) -> Value:
    return Scalar(grid.seconds)


def _pi(_: Evaluator, __: Arguments, grid: Grid) -> Value:
    return Scalar(np.full(len(grid), functions.PI))


def _timestamp(evaluator: Evaluator, arguments: Arguments, grid: Grid) -> Value:
    argument = unwrapped(arguments[0])
    if isinstance(argument, promql_parser.VectorSelector):
        vector, times = evaluator.sampled(argument, grid)
        return distinct(vector.with_values(times))
    vector = evaluator.vector(argument, grid)
    return distinct(vector.with_values(np.array(np.broadcast_to(grid.seconds, vector.values.shape))))


def _vector(evaluator: Evaluator, arguments: Arguments, grid: Grid) -> Value:
    return _everywhere(evaluator.scalar(arguments[0], grid))


def _scalar(evaluator: Evaluator, arguments: Arguments, grid: Grid) -> Value:
    vector = evaluator.vector(arguments[0], grid)
    single = vector.present.sum(axis=0) == 1
    return Scalar(np.where(single, np.where(vector.present, vector.values, 0.0).sum(axis=0), np.nan))


def _absence(argument: Expr, somewhere: Bools) -> Value:
    tree = unwrapped(argument)
    selector = tree.vector_selector if isinstance(tree, promql_parser.MatrixSelector) else tree
    labels: Labels = {}
    if isinstance(selector, promql_parser.VectorSelector):
        labels = label_functions.labels_of_absence(matchers_of(selector))
    return _everywhere(np.ones(len(somewhere)), labels, ~somewhere)


def _absent(evaluator: Evaluator, arguments: Arguments, grid: Grid) -> Value:
    return _absence(arguments[0], anywhere(evaluator.vector(arguments[0], grid).present))


def _absent_over_time(evaluator: Evaluator, arguments: Arguments, grid: Grid) -> Value:
    somewhere = np.zeros(len(grid), dtype=np.bool_)
    for window in evaluator.ranges(arguments[0], grid):
        somewhere |= window.count > 0
    return _absence(arguments[0], somewhere)


_HANDLERS: Mapping[str, Handler] = {
    "predict_linear": _predict_linear,
    "quantile_over_time": _quantile_over_time,
    "histogram_quantile": _histogram_quantile,
    "label_replace": _label_replace,
    "label_join": _label_join,
    "clamp": _clamp,
    "clamp_min": _clamp_min,
    "clamp_max": _clamp_max,
    "round": _round,
    "sort": lambda evaluator, arguments, grid: _sorted(evaluator, arguments, grid, falling=False),
    "sort_desc": lambda evaluator, arguments, grid: _sorted(evaluator, arguments, grid, falling=True),
    "time": _time,
    "pi": _pi,
    "timestamp": _timestamp,
    "vector": _vector,
    "scalar": _scalar,
    "absent": _absent,
    "absent_over_time": _absent_over_time,
}
