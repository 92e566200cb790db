"""Query parameters of Jaeger's APIs, in both spellings."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)")
_UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}


class BadRequest(Exception):  # noqa: N818  - an answer, not a fault of the program
    """A request that is answered with an error; `code` is the HTTP status."""

    def __init__(self, code: int, message: str) -> None:
        """`message` goes into the body."""
        self.code = code
        super().__init__(message)


@dataclass(frozen=True)
class TraceQuery:
    """What to look for. Times are unix seconds, durations seconds, `depth` the most traces wanted."""

    service: str
    operation: str
    attributes: dict[str, str]
    start: float
    end: float
    shortest: float
    longest: float
    depth: int


def duration(text: str, name: str) -> float:
    """Seconds of a Go duration such as `1.5s` or `100ms`. Raises `BadRequest` 400."""
    if not text or _DURATION.sub("", text):
        raise BadRequest(400, f'malformed parameter {name}: time: invalid duration "{text}"')
    return sum(float(number) * _UNITS[unit] for number, unit in _DURATION.findall(text))


def moment(text: str, name: str) -> float:
    """Unix seconds of an RFC 3339 time with up to nine decimals. Raises `BadRequest` 400."""
    try:
        return datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text)).timestamp()
    except ValueError:
        raise BadRequest(
            400, f'malformed parameter {name}: parsing time "{text}" as "2006-01-02T15:04:05.999999999Z07:00"'
        ) from None


def _either(query: Mapping[str, str], snake: str) -> str:
    first, *others = snake.split("_")
    camel = first + "".join(word.title() for word in others)
    return query.get(f"query.{snake}", query.get(f"query.{camel}", ""))


def trace_query(query: Mapping[str, str]) -> TraceQuery:
    """The search that the v3 API's parameters ask for. Raises `BadRequest` 400, or 500 without a depth."""
    start, end = _either(query, "start_time_min"), _either(query, "start_time_max")
    if not start or not end:
        raise BadRequest(400, "query.start_time_min and query.start_time_max are required")
    depth = _either(query, "search_depth") or _either(query, "num_traces") or "0"
    if not re.fullmatch(r"-?\d+", depth):
        raise BadRequest(
            400, f'malformed parameter query.search_depth: strconv.Atoi: parsing "{depth}": invalid syntax'
        )
    shortest, longest = _either(query, "duration_min"), _either(query, "duration_max")
    made = TraceQuery(
        _either(query, "service_name"),
        _either(query, "operation_name"),
        attributes(_either(query, "attributes"), "query.attributes"),
        moment(start, "query.start_time_min"),
        moment(end, "query.start_time_max"),
        duration(shortest, "query.duration_min") if shortest else 0.0,
        duration(longest, "query.duration_max") if longest else float("inf"),
        int(depth),
    )
    if made.depth <= 0:
        raise BadRequest(500, "search depth must be greater than 0 and less than max traces")
    return made


def attributes(text: str, name: str) -> dict[str, str]:
    """A JSON object of strings. Raises `BadRequest` 400."""
    if not text:
        return {}
    try:
        found = json.loads(text)
    except ValueError as error:
        raise BadRequest(400, f"malformed parameter {name}: {error}") from None
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        raise BadRequest(
            400, f"malformed parameter {name}: json: cannot unmarshal into Go value of type map[string]string"
        )
    return found


def legacy_query(query: Mapping[str, str], tags: list[str], now: float) -> TraceQuery:
    """The search that `/api/traces` asks for; times are microseconds there. Raises `BadRequest` 400."""
    if not query.get("service"):
        raise BadRequest(400, "parameter 'service' is required")
    start, end = query.get("start", ""), query.get("end", "")
    wanted: dict[str, str] = attributes(query.get("tags", ""), "tags")
    for tag in tags:
        key, _, value = tag.partition(":")
        wanted[key] = value
    shortest, longest = query.get("minDuration", ""), query.get("maxDuration", "")
    bounds = (
        duration(shortest, "minDuration") if shortest else 0.0,
        duration(longest, "maxDuration") if longest else float("inf"),
    )
    if bounds[0] > bounds[1]:
        raise BadRequest(400, "'maxDuration' should be greater than 'minDuration'")
    try:
        return TraceQuery(
            query["service"],
            query.get("operation", ""),
            wanted,
            int(start) / 1e6 if start else now - 172_800,
            int(end) / 1e6 if end else now,
            *bounds,
            int(query.get("limit", "") or 100),
        )
    except ValueError as error:
        raise BadRequest(400, f"unable to parse param: {error}") from None


def dependency_range(query: Mapping[str, str], now: float) -> tuple[float, float]:
    """From when to when `/api/dependencies` is asked about, unix seconds. Raises `BadRequest` 400."""

    def milliseconds(name: str, default: float) -> float:
        text = query.get(name, "")
        try:
            return int(text) / 1000 if text else default
        except ValueError:
            words = f"unable to parse param '{name}': strconv.ParseInt: parsing \"{text}\": invalid syntax"
            raise BadRequest(400, words) from None

    end = milliseconds("endTs", now)
    return end - milliseconds("lookback", 86_400.0), end


def trace_id(text: str, *, named: bool) -> str:
    """32 hex digits of an id in a path. Raises `BadRequest` 400, `named` with the parameter as the v3 API does."""
    before = "malformed parameter trace_id: " if named else ""
    if len(text) > 32:
        raise BadRequest(400, f"{before}TraceID cannot be longer than 32 hex characters: {text}")
    if not re.fullmatch(r"[0-9a-fA-F]+", text):
        raise BadRequest(400, f'{before}strconv.ParseUint: parsing "{text}": invalid syntax')
    return text.lower().zfill(32)
