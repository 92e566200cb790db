"""What was found against what was expected: it holds, it does not, or nobody can say."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeVar

import msgspec

from opsconsole.domain.runbook import Comparison, Condition
from opsconsole.domain.series import Unit
from opsconsole.domain.snapshot import Reading
from opsconsole.domain.text import SafeText
from opsconsole.domain.walk import StepOutcome
from opsconsole.safe_text import safe_text

T = TypeVar("T")

VALUES_SHOWN = 5

_WORDS = {
    Comparison.ABOVE: "above",
    Comparison.AT_LEAST: "at least",
    Comparison.BELOW: "below",
    Comparison.AT_MOST: "at most",
    Comparison.EQUAL: "exactly",
    Comparison.DIFFERENT: "other than",
}
_MORE_MAY_COME = (Comparison.ABOVE, Comparison.AT_LEAST)
"""What a count that is too low can prove all the same."""

_SECOND_STEPS = ((3600.0, " h"), (60.0, " min"), (1.0, " s"), (0.0, " ms"))


class Finding(msgspec.Struct, frozen=True):
    """How a check came out; `shown` is the value against the expectation, or why there is none."""

    outcome: StepOutcome
    shown: SafeText


def nobody_knows(words: str) -> Finding:
    """`words` say why."""
    return Finding(StepOutcome.UNKNOWN, safe_text(words))


def in_words(value: float, unit: Unit) -> str:
    """`value` in base units with four digits, so that what is just above a limit does not read as if it were on it."""
    if math.isnan(value) or math.isinf(value):
        return "no number" if math.isnan(value) else "infinite"
    if unit is Unit.RATIO:
        return f"{value * 100:.4g} %"
    if unit is Unit.SECONDS and value:
        step, name = next((step, name) for step, name in _SECOND_STEPS if abs(value) >= step)
        return f"{value / (step or 0.001):.4g}{name}"
    if unit is Unit.BYTES:
        power = 0 if abs(value) < 1024 else min(4, int(math.log(abs(value), 1024)))
        return f"{value / 1024**power:.4g} {('B', 'KiB', 'MiB', 'GiB', 'TiB')[power]}"
    ending = {Unit.PER_SECOND: "/s", Unit.CORES: " cores"}.get(unit, "")
    return f"{int(value)}{ending}" if value == int(value) and abs(value) < 1e15 else f"{value:.4g}{ending}"


def expected(condition: Condition, unit: Unit) -> str:
    """`above 5 %`."""
    return f"{_WORDS[condition.comparison]} {in_words(condition.value, unit)}"


def trouble_of(reading: Reading[T]) -> str:
    """Why an answer can't be judged: it is stale, or parts of it are missing; empty when it is whole and live."""
    if reading.problem is not None:
        return f"what is known is out of date: {reading.problem.sentence}"
    completeness = reading.completeness
    if completeness.whole:
        return ""
    if completeness.arriving:
        return "only a part of the answer has arrived yet; ask again"
    parts = "" if completeness.got >= completeness.wanted else f" ({completeness.got} of {completeness.wanted} parts)"
    said = "; ".join(completeness.notes)
    return f"the answer is not whole{parts}{f': {said}' if said else ''}"


def of_values(values: Sequence[tuple[str, float]], condition: Condition, unit: Unit) -> Finding:
    """Whether any of `values` (with what tells them apart) is as expected. At least one has to be a number."""
    usable = [(name, value) for name, value in values if not math.isnan(value)]
    if not usable:
        return nobody_knows(
            f"the answer has no number in it (a division by nothing?); expected {expected(condition, unit)}"
        )
    fitting = [one for one in usable if condition.holds_for(one[1])]
    told = fitting or sorted(usable, key=lambda one: one[1], reverse=True)
    shown = ", ".join(f"{in_words(value, unit)}{f' ({name})' if name else ''}" for name, value in told[:VALUES_SHOWN])
    more = f" and {len(told) - VALUES_SHOWN} more" if len(told) > VALUES_SHOWN else ""
    words = safe_text(f"{shown}{more}; expected {expected(condition, unit)}", 2000)
    return Finding(StepOutcome.HOLDS if fitting else StepOutcome.FAILS, words)


def of_count(count: int, what: str, condition: Condition, *, exact: bool = True) -> Finding:
    """Whether `count` of `what` is as expected. One that is not `exact` is too low."""
    shown = f"{'' if exact else 'at least '}{count} {what}; expected {expected(condition, Unit.NUMBER)}"
    holds = condition.holds_for(float(count))
    if not exact and not (holds and condition.comparison in _MORE_MAY_COME):
        return nobody_knows(f"{shown}; the server stopped counting")
    return Finding(StepOutcome.HOLDS if holds else StepOutcome.FAILS, safe_text(shown, 2000))
