"""One query, evaluated at all its steps at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import promql_parser
from promql_parser import Expr

from opsconsole.practice.promql import calls, operators
from opsconsole.practice.promql.aggregation import AGGREGATIONS, aggregate, grouping
from opsconsole.practice.promql.errors import bad_data, execution
from opsconsole.practice.promql.operators import Cardinality, Matching
from opsconsole.practice.promql.parsing import at_moment, matchers_of, milliseconds, unwrapped
from opsconsole.practice.promql.selectors import Block, Window, at_steps, blocks, blocks_of, windows
from opsconsole.practice.promql.store import Floats, SeriesStore
from opsconsole.practice.promql.values import Grid, Ints, Scalar, Text, Value, Vector, distinct

LOOKBACK = 300_000
"""Milliseconds an instant selector looks back (Prometheus's default)."""

SUBQUERY_STEP = 60_000
"""Milliseconds between a subquery's steps when it names none (the default evaluation interval)."""

SUBQUERY_STEPS = 100_000
"""Steps of one subquery; the real server counts samples (`--query.max-samples`)."""


@dataclass(frozen=True)
class Evaluation:
    """Evaluates trees against `store`; `start`, `end` (milliseconds) are what `@ start()` and `@ end()` mean."""

    store: SeriesStore
    start: int
    end: int
    lookback: int = LOOKBACK

    def value(self, tree: Expr, grid: Grid) -> Value:  # noqa: PLR0911  - one a kind of node
        """`tree` at each step of `grid`. Raises PromQLError."""
        match unwrapped(tree):
            case promql_parser.NumberLiteral() as number:
                return Scalar(np.full(len(grid), number.val))
            case promql_parser.StringLiteral() as string:
                return Text(string.val)
            case promql_parser.VectorSelector() as selector:
                return self.sampled(selector, grid)[0]
            case promql_parser.UnaryExpr() as unary:
                return self._negated(self.value(unary.expr, grid))
            case promql_parser.BinaryExpr() as binary:
                return self._binary(binary, grid)
            case promql_parser.AggregateExpr() as aggregation:
                return self._aggregation(aggregation, grid)
            case promql_parser.Call() as call:
                return calls.called(self, call, grid)
            case promql_parser.MatrixSelector() | promql_parser.SubqueryExpr():
                raise bad_data("a range vector can't stand here; a function such as rate() must be around it")
            case other:
                raise bad_data(f"{type(other).__name__} is not evaluated by this server")

    def vector(self, tree: Expr, grid: Grid) -> Vector:
        """`tree`, which must be an instant vector."""
        value = self.value(tree, grid)
        if not isinstance(value, Vector):
            raise bad_data("expected an instant vector")
        return value

    def scalar(self, tree: Expr, grid: Grid) -> Floats:
        """`tree`, which must be a scalar: one number a step."""
        value = self.value(tree, grid)
        if not isinstance(value, Scalar):
            raise bad_data("expected a scalar")
        return value.values

    def text(self, tree: Expr) -> str:
        """`tree`, which must be a string."""
        literal = unwrapped(tree)
        if not isinstance(literal, promql_parser.StringLiteral):
            raise bad_data("expected a string literal")
        return literal.val

    def sampled(self, selector: promql_parser.VectorSelector, grid: Grid) -> tuple[Vector, Floats]:
        """The newest sample at each step, and its time in unix seconds."""
        references = self._references(selector, grid)
        parts = self._stored(selector, references, self.lookback, drop_stale=False)
        return at_steps(parts, references, self.lookback)

    def ranges(self, tree: Expr, grid: Grid) -> list[Window]:
        """`tree`, which must be a range selector or a subquery: its samples for each step."""
        tree = unwrapped(tree)
        if isinstance(tree, promql_parser.MatrixSelector):
            selector, width = tree.vector_selector, milliseconds(tree.range)
            references = self._references(selector, grid)
            parts = self._stored(selector, references, width, drop_stale=True)
        elif isinstance(tree, promql_parser.SubqueryExpr):
            width = milliseconds(tree.range)
            references = self._references(tree, grid)
            parts = self._subquery(tree, references, width)
        else:
            raise bad_data("expected a range vector")
        return windows(parts, references, width, grid.milliseconds)

    def _stored(
        self, selector: promql_parser.VectorSelector, references: Ints, width: int, *, drop_stale: bool
    ) -> list[Block]:
        start, end = int(references.min()) - width, int(references.max())
        found = self.store.select(matchers_of(selector), start / 1000.0, end / 1000.0)
        return blocks(found, start, end, drop_stale=drop_stale)

    def _references(self, tree: promql_parser.VectorSelector | promql_parser.SubqueryExpr, grid: Grid) -> Ints:
        """The moments a selector reads: the steps, or what `@` says, less the offset."""
        at, offset = tree.at, milliseconds(tree.offset)
        if at is None:
            return grid.milliseconds - offset
        if at.type == promql_parser.AtModifierType.Start:
            moment = self.start
        elif at.type == promql_parser.AtModifierType.End:
            moment = self.end
        else:
            moment = at_moment(tree)
        return np.full(len(grid), moment - offset, dtype=np.int64)

    def _subquery(self, tree: promql_parser.SubqueryExpr, references: Ints, width: int) -> list[Block]:
        """The inner expression at the multiples of the subquery's step that any of `references` reaches."""
        step = milliseconds(tree.step) or SUBQUERY_STEP
        start = -(-(int(references.min()) - width) // step) * step
        if (int(references.max()) - start) // step > SUBQUERY_STEPS:
            raise execution("query processing would load too many samples into memory in query execution")
        moments = np.arange(start, int(references.max()) + 1, step, dtype=np.int64)
        if not len(moments):
            return []
        inner = self.value(tree.expr, Grid(moments))
        if isinstance(inner, Scalar):
            return [Block([{}], moments, inner.values[None, :])]
        return blocks_of(inner, moments) if isinstance(inner, Vector) else []

    def _negated(self, value: Value) -> Value:
        if isinstance(value, Scalar):
            return Scalar(-value.values)
        if isinstance(value, Vector):
            return distinct(value.with_values(-value.values))
        raise bad_data("a string can't be negated")

    def _binary(self, tree: promql_parser.BinaryExpr, grid: Grid) -> Value:
        operator, matching = str(tree.op), _matching(tree.modifier)
        left, right = self.value(tree.lhs, grid), self.value(tree.rhs, grid)
        if isinstance(left, Scalar) and isinstance(right, Scalar):
            return operators.scalars(operator, left, right)
        if isinstance(left, Vector) and isinstance(right, Scalar):
            return operators.vector_with_scalar(operator, left, right, swapped=False, return_bool=matching.return_bool)
        if isinstance(left, Scalar) and isinstance(right, Vector):
            return operators.vector_with_scalar(operator, right, left, swapped=True, return_bool=matching.return_bool)
        if isinstance(left, Vector) and isinstance(right, Vector):
            if operator in operators.SET:
                return operators.sets(operator, left, right, matching)
            return operators.vectors(operator, left, right, matching)
        raise bad_data("binary operators take scalars and instant vectors only")

    def _aggregation(self, tree: promql_parser.AggregateExpr, grid: Grid) -> Vector:
        operator = str(tree.op)
        if operator not in AGGREGATIONS:
            raise bad_data(f"aggregation {operator!r} is not evaluated by this server")
        parameter: Floats | str | None = None
        if tree.param is not None and operator == "count_values":
            parameter = self.text(tree.param)
        elif tree.param is not None:
            parameter = self.scalar(tree.param, grid)
        names: Sequence[str] | None = tree.modifier.labels if tree.modifier else None
        without = tree.modifier is not None and tree.modifier.type == promql_parser.AggModifierType.Without
        return aggregate(operator, self.vector(tree.expr, grid), grouping(names, without=without), parameter)


def _matching(modifier: promql_parser.BinModifier | None) -> Matching:
    if modifier is None:
        return Matching()
    if modifier.fill_values.lhs is not None or modifier.fill_values.rhs is not None:
        raise bad_data("fill modifiers are not evaluated by this server")
    cardinality = Cardinality.ONE_TO_ONE
    if modifier.card == promql_parser.VectorMatchCardinality.ManyToOne:
        cardinality = Cardinality.MANY_TO_ONE
    elif modifier.card == promql_parser.VectorMatchCardinality.OneToMany:
        cardinality = Cardinality.ONE_TO_MANY
    on = modifier.matching is not None and modifier.matching.type == promql_parser.LabelModifierType.Include
    return Matching(
        labels=tuple(modifier.matching.labels) if modifier.matching else (),
        on=on,
        cardinality=cardinality,
        include=tuple(modifier.group_labels or ()),
        return_bool=modifier.return_bool,
    )
