"""Numbers as Prometheus writes them in JSON (web/api/v1, json_codec.go: marshalFloat)."""

from __future__ import annotations

import math
from decimal import Decimal


def format_value(value: float) -> str:
    """`value` with the fewest digits that read back the same.

    `NaN`, `+Inf` and `-Inf` for those; an exponent only below 1e-6 and from 1e21 on.
    """
    text = repr(value)
    if text.endswith(".0"):
        return text[:-2]
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    if "e" in text and 1e-6 <= abs(value) < 1e21:
        return format(Decimal(text), "f")
    return text
