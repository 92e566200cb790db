"""Prometheus's envelopes, moments and numbers in JSON."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import msgspec
from starlette.responses import Response

from opsconsole.practice.promql.engine import RangeAnswer, SamplesAnswer
from opsconsole.practice.promql.errors import PromQLError
from opsconsole.practice.promql.formatting import format_value
from opsconsole.practice.promql.store import Floats
from opsconsole.practice.promql.values import Scalar, Text, Vector

STATUS = {
    "bad_data": 400,
    "execution": 422,
    "canceled": 499,
    "timeout": 503,
    "unavailable": 503,
    "internal": 500,
    "not_found": 404,
    "not_acceptable": 406,
}
"""HTTP status by error type (web/api/v1/api.go: respondError)."""

TRUNCATED = "results truncated due to limit"


def success(data: Any, warnings: Sequence[str] = ()) -> Response:
    """`data` in the success envelope."""
    envelope: dict[str, Any] = {"status": "success", "data": data}
    if warnings:
        envelope["warnings"] = list(warnings)
    return Response(msgspec.json.encode(envelope), media_type="application/json")


def failure(error: PromQLError) -> Response:
    """The error envelope with its status."""
    envelope = {"status": "error", "errorType": error.kind, "error": str(error)}
    return Response(msgspec.json.encode(envelope), STATUS.get(error.kind, 500), media_type="application/json")


def moment(seconds: float) -> float | int:
    """A time stamp: whole seconds without a fraction, else milliseconds."""
    rounded = round(seconds, 3)
    return int(rounded) if rounded.is_integer() else rounded


def rfc3339(seconds: float) -> str:
    """Unix seconds as UTC text with as many digits as needed, as Go writes it."""
    text = dt.datetime.fromtimestamp(round(seconds, 6), dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")
    return text.rstrip("0").rstrip(".") + "Z"


def _pairs(times: Sequence[float | int], values: Floats) -> list[tuple[float | int, str]]:
    return list(zip(times, map(format_value, values.tolist()), strict=True))


def instant_data(value: Vector | Scalar | Text | SamplesAnswer, at: float) -> dict[str, Any]:
    """The data of `/query`: resultType and result."""
    stamp = moment(at)
    if isinstance(value, Vector):
        rows = zip(value.labels, value.values[:, 0].tolist(), strict=True)
        result: Any = [{"metric": labels, "value": (stamp, format_value(number))} for labels, number in rows]
        return {"resultType": "vector", "result": result}
    if isinstance(value, Scalar):
        return {"resultType": "scalar", "result": (stamp, format_value(float(value.values[0])))}
    if isinstance(value, Text):
        return {"resultType": "string", "result": (stamp, value.value)}
    result = [
        {"metric": labels, "values": _pairs([moment(time) for time in times.tolist()], values)}
        for labels, times, values in value.series
    ]
    return {"resultType": "matrix", "result": result}


def range_data(answer: RangeAnswer) -> dict[str, Any]:
    """The data of `/query_range`."""
    times = [moment(time) for time in answer.seconds.tolist()]
    result = []
    for labels, values, present in zip(answer.labels, answer.values, answer.present, strict=True):
        if present.all():
            pairs = _pairs(times, values)
        else:
            steps = present.nonzero()[0]
            pairs = _pairs([times[step] for step in steps.tolist()], values[steps])
        result.append({"metric": labels, "values": pairs})
    return {"resultType": "matrix", "result": result}
