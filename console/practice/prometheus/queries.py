"""`/query`, `/query_range` and `/query_exemplars`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

import promql_parser
from starlette.requests import Request
from starlette.responses import Response

from opsconsole.clock import Clock
from opsconsole.practice.prometheus.answers import TRUNCATED, instant_data, moment, range_data, success
from opsconsole.practice.prometheus.parameters import Parameters, invalid_query
from opsconsole.practice.promql.engine import MAXIMUM_POINTS, Engine
from opsconsole.practice.promql.errors import PromQLError, bad_data
from opsconsole.practice.promql.formatting import format_value
from opsconsole.practice.promql.parsing import matchers_of, parse
from opsconsole.practice.promql.store import LabelMatcher
from opsconsole.practice.shop.exemplars import SeriesExemplars, TracedSample

EXEMPLAR_AGE = 1800.0
"""Seconds an exemplar is kept: like the real server's ring, a bounded store of the newest."""


class ExemplarStore(Protocol):
    """Where exemplars come from."""

    def exemplars(self, start: float, end: float) -> Iterable[SeriesExemplars]:
        """Those observed in `start..end` (unix seconds), by series."""
        ...


class Queries:
    """The handlers that evaluate expressions."""

    def __init__(self, engine: Engine, exemplars: ExemplarStore, clock: Clock) -> None:
        """Evaluate with `engine`, at `clock`'s now unless told otherwise."""
        self._engine = engine
        self._exemplars = exemplars
        self._clock = clock

    async def instant(self, request: Request) -> Response:
        """`/api/v1/query`. Raises PromQLError."""
        parameters = await Parameters.of(request)
        at = parameters.time("time", self._clock.now())
        parameters.check_timeout()
        limit = parameters.limit()
        try:
            data = instant_data(self._engine.instant(parameters.text("query"), at), at)
        except PromQLError as error:
            raise invalid_query(error) from error
        return _answer(data, limit)

    async def range(self, request: Request) -> Response:
        """`/api/v1/query_range`. Raises PromQLError."""
        parameters = await Parameters.of(request)
        start, end = parameters.needed_time("start"), parameters.needed_time("end")
        if end < start:
            raise bad_data('invalid parameter "end": end timestamp must not be before start time')
        step = parameters.duration("step")
        if step <= 0:
            raise bad_data(
                'invalid parameter "step": zero or negative query resolution step widths are not accepted. '
                "Try a positive integer"
            )
        if (end - start) / step > MAXIMUM_POINTS:
            raise bad_data(
                "exceeded maximum resolution of 11,000 points per timeseries. "
                "Try decreasing the query resolution (?step=XX)"
            )
        parameters.check_timeout()
        limit = parameters.limit()
        try:
            data = range_data(self._engine.range(parameters.text("query"), start, end, step))
        except PromQLError as error:
            raise invalid_query(error) from error
        return _answer(data, limit)

    async def exemplars(self, request: Request) -> Response:
        """`/api/v1/query_exemplars`: those kept of every series the query selects. Raises PromQLError."""
        parameters, now = await Parameters.of(request), self._clock.now()
        start, end = parameters.time("start", 0.0), parameters.time("end", now)
        if end < start:
            raise bad_data("end timestamp must not be before start timestamp")
        try:
            selections = _selections(parameters.text("query"))
        except PromQLError as error:
            raise invalid_query(error) from error
        return success(
            [
                {"seriesLabels": series.labels, "exemplars": [_exemplar(sample) for sample in series.exemplars]}
                for series in self._exemplars.exemplars(max(start, now - EXEMPLAR_AGE), end)
                if any(all(matcher.matches(series.labels) for matcher in matchers) for matchers in selections)
            ]
        )


def _exemplar(sample: TracedSample) -> dict[str, Any]:
    return {
        "labels": {"trace_id": sample.trace_id, "span_id": sample.span_id},
        "value": format_value(float(sample.value)),
        "timestamp": moment(sample.time),
    }


def _answer(data: dict[str, Any], limit: int) -> Response:
    result = data["result"]
    if limit and data["resultType"] in ("vector", "matrix") and len(result) > limit:
        return success({**data, "result": result[:limit]}, [TRUNCATED])
    return success(data)


def _selections(query: str) -> list[list[LabelMatcher]]:
    """The matchers of each selector in `query`."""
    found: list[list[LabelMatcher]] = []

    def collect(node: promql_parser.Expr) -> bool:
        if isinstance(node, promql_parser.VectorSelector):
            found.append(matchers_of(node))
        elif isinstance(node, promql_parser.MatrixSelector):
            found.append(matchers_of(node.vector_selector))
        return True

    promql_parser.walk(parse(query), pre_visit=collect)
    return found
