"""Expectations and durations as people write them: `above 5%`, `>= 512 MiB`, `15m`."""

from __future__ import annotations

import re

from opsconsole.domain.runbook import Comparison, Condition
from opsconsole.domain.series import Unit

_WORDS = {
    "above": Comparison.ABOVE,
    "at least": Comparison.AT_LEAST,
    "below": Comparison.BELOW,
    "at most": Comparison.AT_MOST,
    "exactly": Comparison.EQUAL,
    "other than": Comparison.DIFFERENT,
    **{one.value: one for one in Comparison},
}
_EXPECTATION = re.compile(
    r"(?P<how>above|at least|below|at most|exactly|other than|>=|<=|==|!=|>|<)\s*"
    r"(?P<value>-?\d{1,15}(?:\.\d{1,9})?)\s*(?P<unit>[A-Za-z%/]{0,4})"
)
_UNITS: dict[str, tuple[float, Unit | None]] = {
    "": (1.0, None),
    "%": (0.01, Unit.RATIO),
    "ms": (0.001, Unit.SECONDS),
    "s": (1.0, Unit.SECONDS),
    "m": (60.0, Unit.SECONDS),
    "h": (3600.0, Unit.SECONDS),
    "d": (86_400.0, Unit.SECONDS),
    "B": (1.0, Unit.BYTES),
    "KiB": (2.0**10, Unit.BYTES),
    "MiB": (2.0**20, Unit.BYTES),
    "GiB": (2.0**30, Unit.BYTES),
    "/s": (1.0, Unit.PER_SECOND),
}
_DURATION = re.compile(r"(?:(\d{1,4})d)?(?:(\d{1,4})h)?(?:(\d{1,5})m)?(?:(\d{1,6})s)?")

EXPECTATION_EXAMPLES = '`above 5%`, `at least 10`, `below 1.5s` or `"> 512MiB"`'


def expectation(text: str) -> tuple[Condition, Unit | None] | None:
    """The condition that `text` states, in base units, and the unit that it names; None when it states none."""
    match = _EXPECTATION.fullmatch(text.strip())
    if match is None or match["unit"] not in _UNITS:
        return None
    factor, unit = _UNITS[match["unit"]]
    return Condition(_WORDS[match["how"]], round(float(match["value"]) * factor, 12)), unit


def duration(text: str) -> float | None:
    """`text` in seconds; None when it is no duration, or one of no length."""
    match = _DURATION.fullmatch(text.strip())
    if match is None or not text.strip():
        return None
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return float(days * 86_400 + hours * 3600 + minutes * 60 + seconds) or None
