"""Quantities as Kubernetes writes them."""

from __future__ import annotations

import math
import re

_QUANTITY = re.compile(r"([+-]?\d+(?:\.\d*)?|\.\d+)([eE][+-]?\d+|[KMGTPE]i|[numkMGTPE]?)")
_FACTORS = {
    "": 1.0, "n": 1e-9, "u": 1e-6, "m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15, "E": 1e18,
    "Ki": 2.0**10, "Mi": 2.0**20, "Gi": 2.0**30, "Ti": 2.0**40, "Pi": 2.0**50, "Ei": 2.0**60,
}  # fmt: skip


def quantity(text: str | float) -> float | None:
    """`256Mi` as 268435456.0, `100m` as 0.1 (apimachinery, `resource.Quantity`); None for what is none."""
    if not isinstance(text, str):
        return float(text)
    match = _QUANTITY.fullmatch(text.strip())
    if match is None:
        return None
    number, suffix = match.groups()
    factor = _FACTORS.get(suffix)
    value = float(number) * factor if factor is not None else float(f"{number}{suffix}")
    return value if math.isfinite(value) else None
