"""Queries as they are asked: at one moment, or over a range."""

from __future__ import annotations

import contextlib
from collections.abc import Generator
from dataclasses import dataclass

import numpy as np
import promql_parser
from promql_parser import Expr

from opsconsole.practice.promql.errors import bad_data
from opsconsole.practice.promql.evaluator import LOOKBACK, Evaluation
from opsconsole.practice.promql.parsing import TOO_DEEP, parse, unwrapped
from opsconsole.practice.promql.selectors import Window
from opsconsole.practice.promql.store import Floats, SeriesStore
from opsconsole.practice.promql.values import Bools, Grid, Labels, Scalar, Text, Value, Vector, label_key

MAXIMUM_POINTS = 11_000
"""Steps of one range query, as Prometheus limits them."""


@dataclass(frozen=True)
class RangeAnswer:
    """Series over the steps of a range query: `values`, `present` have shape (series, steps)."""

    seconds: Floats
    labels: list[Labels]
    values: Floats
    present: Bools


@dataclass(frozen=True)
class SamplesAnswer:
    """A range selector asked at one moment: the raw samples of each series."""

    series: list[tuple[Labels, Floats, Floats]]
    """Labels, times in unix seconds, values."""


def to_milliseconds(seconds: float) -> int:
    """Unix seconds in Prometheus's resolution."""
    return round(seconds * 1000)


class Engine:
    """Answers PromQL from a store.

    Numbers follow IEEE 754 without complaint, as there: 1 / 0 is +Inf and the logarithm of -1 NaN.
    """

    def __init__(self, store: SeriesStore, lookback: float = LOOKBACK / 1000) -> None:
        """Read from `store`; instant selectors look back `lookback` seconds."""
        self._store = store
        self._lookback = to_milliseconds(lookback)

    def instant(self, query: str, moment: float) -> Value | SamplesAnswer:
        """`query` at `moment` (unix seconds); a Vector has one step, its absent series left out.

        Raises PromQLError.
        """
        milliseconds = to_milliseconds(moment)
        evaluation = Evaluation(self._store, milliseconds, milliseconds, self._lookback)
        grid = Grid(np.array([milliseconds], dtype=np.int64))
        with _computing():
            tree = parse(query)
            inner = unwrapped(tree)
            if isinstance(inner, promql_parser.MatrixSelector | promql_parser.SubqueryExpr):
                return _samples(evaluation.ranges(inner, grid))
            value = evaluation.value(tree, grid)
        return _present_only(value, ordered=_keeps_order(inner)) if isinstance(value, Vector) else value

    def range(self, query: str, start: float, end: float, step: float) -> RangeAnswer:
        """`query` at `start`, `start + step`, … up to `end` (seconds), series sorted by their labels.

        Raises PromQLError.
        """
        tree = parse(query)
        first, last = to_milliseconds(start), to_milliseconds(end)
        grid = Grid(np.arange(first, last + 1, max(1, to_milliseconds(step)), dtype=np.int64))
        if isinstance(unwrapped(tree), promql_parser.MatrixSelector | promql_parser.SubqueryExpr):
            raise bad_data('invalid expression type "range vector" for range query, must be Scalar or instant Vector')
        with _computing():
            value = Evaluation(self._store, first, last, self._lookback).value(tree, grid)
        if isinstance(value, Text):
            raise bad_data('invalid expression type "string" for range query, must be Scalar or instant Vector')
        if isinstance(value, Scalar):
            mask = np.ones((1, len(grid)), dtype=np.bool_)
            return RangeAnswer(grid.seconds, [{}], value.values[None, :], mask)
        found = _present_only(value, ordered=False)
        return RangeAnswer(grid.seconds, found.labels, found.values, found.present)


@contextlib.contextmanager
def _computing() -> Generator[None, None, None]:
    """IEEE numbers, and an answer to expressions nested deeper than the interpreter's stack."""
    try:
        with np.errstate(all="ignore"):
            yield
    except RecursionError as error:
        raise bad_data(TOO_DEEP) from error


def _keeps_order(tree: Expr) -> bool:
    """Whether the order of the series is part of the answer."""
    if isinstance(tree, promql_parser.Call):
        return tree.func.name in ("sort", "sort_desc")
    return isinstance(tree, promql_parser.AggregateExpr) and str(tree.op) in ("topk", "bottomk")


def _present_only(vector: Vector, *, ordered: bool) -> Vector:
    rows = [row for row in range(len(vector)) if vector.present[row].any()]
    if not ordered:
        rows.sort(key=lambda row: label_key(vector.labels[row]))
    return Vector([vector.labels[row] for row in rows], vector.values[rows], vector.present[rows])


def _samples(found: list[Window]) -> SamplesAnswer:
    series = []
    for window in found:
        part = slice(int(window.first[0]), int(window.last[0]))
        if part.stop > part.start:
            seconds = window.seconds[part]
            rows = zip(window.block.labels, window.block.values, strict=True)
            series += [(labels, seconds, values[part]) for labels, values in rows]
    return SamplesAnswer(sorted(series, key=lambda one: label_key(one[0])))
