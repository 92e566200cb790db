"""Functions that change each sample by itself, and those of the calendar."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from opsconsole.practice.promql.store import Floats


def rounded(values: Floats, nearest: Floats) -> Floats:
    """To the nearest multiple of `nearest`, halves up (Prometheus, funcRound)."""
    inverse = 1.0 / nearest
    return np.floor(values * inverse + 0.5) / inverse


def clamped(values: Floats, low: Floats, high: Floats) -> Floats:
    """Within `low..high`; a NaN of either side stays NaN."""
    return np.maximum(low, np.minimum(high, values))


ELEMENTWISE: Mapping[str, Callable[[Floats], Floats]] = {
    "abs": np.abs,
    "ceil": np.ceil,
    "floor": np.floor,
    "exp": np.exp,
    "sqrt": np.sqrt,
    "ln": np.log,
    "log2": np.log2,
    "log10": np.log10,
    "sgn": np.sign,
    "deg": np.degrees,
    "rad": np.radians,
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "asin": np.arcsin,
    "acos": np.arccos,
    "atan": np.arctan,
    "sinh": np.sinh,
    "cosh": np.cosh,
    "tanh": np.tanh,
    "asinh": np.arcsinh,
    "acosh": np.arccosh,
    "atanh": np.arctanh,
}
"""One vector in, the same series out."""

_DAY = 86400
_FAR = 1e13
"""Seconds beyond which no calendar goes."""

Dates = NDArray[np.datetime64]


def _difference(later: Dates, earlier: Dates) -> Floats:
    return np.asarray((later - earlier).astype(np.float64), dtype=np.float64)


def _calendar(values: Floats) -> tuple[Dates, Dates, Dates]:
    """Days, months and years since 1970 of unix seconds, as numpy dates (UTC); no number reads as 1970."""
    within = np.where(np.abs(values) < _FAR, values, 0.0)
    days = np.floor(within / _DAY).astype("datetime64[D]")
    return days, days.astype("datetime64[M]"), days.astype("datetime64[Y]")


def _days_in_month(values: Floats) -> Floats:
    _, months, _ = _calendar(values)
    return _difference((months + np.timedelta64(1, "M")).astype("datetime64[D]"), months.astype("datetime64[D]"))


def _day_of_month(values: Floats) -> Floats:
    days, months, _ = _calendar(values)
    return _difference(days, months.astype("datetime64[D]")) + 1


def _day_of_year(values: Floats) -> Floats:
    days, _, years = _calendar(values)
    return _difference(days, years.astype("datetime64[D]")) + 1


def _month(values: Floats) -> Floats:
    _, months, years = _calendar(values)
    return _difference(months, years.astype("datetime64[M]")) + 1


CALENDAR: Mapping[str, Callable[[Floats], Floats]] = {
    "minute": lambda values: np.floor(values / 60) % 60,
    "hour": lambda values: np.floor(values / 3600) % 24,
    "day_of_week": lambda values: (np.floor(values / _DAY) + 4) % 7,
    "day_of_month": _day_of_month,
    "day_of_year": _day_of_year,
    "days_in_month": _days_in_month,
    "month": _month,
    "year": lambda values: _calendar(values)[2].astype(np.int64).astype(np.float64) + 1970,
}
"""Unix seconds (UTC) to a part of their date; without an argument, of the step itself. Sunday is 0."""

PI = math.pi
