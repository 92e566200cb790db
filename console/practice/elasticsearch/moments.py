"""Dates as queries write them."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from opsconsole.practice.elasticsearch.refusal import Refusal, shards_failed

_MATH = re.compile(r"([+-])(\d+)([smhdw])")
_ROUND = re.compile(r"/([smhd])$")
SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0, "w": 604_800.0}


def milliseconds(value: Any, now: float, date_format: str = "", *, upper: bool = False) -> float:
    """Milliseconds since the epoch of a date, date math from `now` (unix seconds) or a number.

    `upper`: rounding goes up, as for `lte` and `gt`. Raises `Refusal` 400.
    """
    if isinstance(value, bool) or value is None:
        raise _unreadable(value)
    if isinstance(value, int | float):
        return float(value) * (1000.0 if date_format == "epoch_second" else 1.0)
    text = str(value)
    if re.fullmatch(r"-?\d{5,}", text):
        return float(text) * (1000.0 if date_format == "epoch_second" else 1.0)
    if text.startswith("now"):
        return _math(now, text[3:], text, upper=upper)
    anchor, _, rest = text.partition("||")
    try:
        moment = datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", anchor))
    except ValueError:
        raise _unreadable(value) from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return _math(moment.timestamp(), rest, text, upper=upper)


def _math(seconds: float, rest: str, whole: str, *, upper: bool) -> float:
    rounding = _ROUND.search(rest)
    steps = rest[: rounding.start()] if rounding else rest
    if _MATH.sub("", steps):
        raise _unreadable(whole)
    for sign, count, unit in _MATH.findall(steps):
        seconds += (1 if sign == "+" else -1) * int(count) * SECONDS[unit]
    if rounding:
        unit_seconds = SECONDS[rounding.group(1)]
        seconds = seconds // unit_seconds * unit_seconds + (unit_seconds - 0.001 if upper else 0.0)
    # Not by 1000 at once: a time with milliseconds would come out a little too small or too large.
    return round(seconds * 1_000_000) / 1000.0


def interval(text: str) -> float:
    """Milliseconds of a fixed interval such as `30s`. Raises `Refusal` 400."""
    found = re.fullmatch(r"(\d+)(ms|s|m|h|d)", text)
    if not found or int(found.group(1)) == 0:
        raise Refusal(
            400,
            "illegal_argument_exception",
            f"failed to parse setting [date_histogram.fixedInterval] with value [{text}] as a time value",
        )
    return int(found.group(1)) * SECONDS[found.group(2)] * 1000.0


def _unreadable(value: Any) -> Refusal:
    return shards_failed(
        "parse_exception",
        f"failed to parse date field [{value}] with format [strict_date_optional_time||epoch_millis]",
    )
