"""Whether a pattern's rate changed at a moment, or chance would have done it.

Lines are taken to come by themselves at a steady rate (Poisson). Then, of the `before + after` lines of a pattern, the
number after the moment is binomial, with the share of the time that lies after it as its probability, whatever the rate
is (the conditional test of Przyborowski and Wilenski, "Homogeneity of results in testing samples from Poisson series",
Biometrika 31, 1940). Where much more was seen before than since, silence has the chance exp(-expected): below 1 % from
five expected lines on.

Lines of real services come in bursts, so chance does somewhat more than this reckons: a flag is a reason to look.
"""

from __future__ import annotations

import math

from opsconsole.domain.log_pattern import PatternChange

CHANCE = 0.01
"""Probability below which chance is no longer believed in."""

LEAST_RATIO = 2.0
"""How many times as often, or as rarely, a pattern must come to be flagged; smaller changes are no news."""


def change_of(
    before: int, after: int, exposure_before: float, exposure_after: float
) -> tuple[PatternChange, float | None, float]:
    """What became of a pattern: the change, the ratio of its rates, and the chance of so large a difference.

    The counts are of lines looked at, the exposures the seconds they stand for (`LookedAt.exposure`).

    - NEW: none before, some after, however few.
    - GONE: some before, none after, and the chance of that is below `CHANCE`.
    - MORE, LESS: a ratio of at least `LEAST_RATIO`, up or down, and a chance below `CHANCE`.
    - STEADY: everything else, and GONE, MORE and LESS never hold where one side has no time.

    The ratio is None where a count or an exposure is 0.
    """
    if not (exposure_before > 0 and exposure_after > 0):
        return (PatternChange.NEW if after and not before else PatternChange.STEADY), None, 1.0
    share = exposure_after / (exposure_before + exposure_after)
    rose = after * exposure_before > before * exposure_after
    chance = tail(after, before + after, share) if rose else tail(before, before + after, 1 - share)
    ratio = (after / exposure_after) / (before / exposure_before) if before and after else None
    return _named(before, after, ratio, chance), ratio, chance


def _named(before: int, after: int, ratio: float | None, chance: float) -> PatternChange:
    if after and not before:
        return PatternChange.NEW
    if chance >= CHANCE:
        return PatternChange.STEADY
    if ratio is None:
        return PatternChange.GONE
    if ratio >= LEAST_RATIO:
        return PatternChange.MORE
    return PatternChange.LESS if ratio <= 1 / LEAST_RATIO else PatternChange.STEADY


def tail(hits: int, tries: int, probability: float) -> float:
    """The chance of at least `hits` in `tries`, each a hit with `probability`; for `hits` not below the mean.

    Terms are added from `hits` upwards; past the mean each is smaller than the one before, so few are needed.
    """
    if hits <= 0 or tries <= 0:
        return 1.0
    if not 0 < probability < 1:
        return 1.0 if probability >= 1 else 0.0
    log_term = (
        math.lgamma(tries + 1)
        - math.lgamma(hits + 1)
        - math.lgamma(tries - hits + 1)
        + hits * math.log(probability)
        + (tries - hits) * math.log1p(-probability)
    )
    term = total = math.exp(log_term)
    odds = probability / (1 - probability)
    for count in range(hits, tries):
        term *= (tries - count) / (count + 1) * odds
        total += term
        if term <= total * 1e-9:  # both are 0 where the first is too small for a float
            break
    return min(1.0, total)
