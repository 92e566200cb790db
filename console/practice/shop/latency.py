"""Distributions of request durations: a lognormal body and a share of slow ones."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

BODY_SIGMA = 0.42
SLOW_SIGMA = 0.38


def normal_cdf(x: Floats) -> Floats:
    """The standard normal distribution to 2e-4 (Bowling et al. 2009, logistic approximation)."""
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(x * (1.5976 + 0.07056 * x * x), -60.0, 60.0))))


@dataclass(frozen=True)
class Latency:
    """Durations in seconds, one distribution a tick.

    Of all requests the share `slow_share` takes `slow` seconds more than the body's `median`;
    `errors` is the share that fails by the service's own fault or its callees', `late` the part of
    those that failed for want of time.
    """

    median: Floats
    slow_share: Floats
    slow: Floats
    errors: Floats
    late: Floats

    def below(self, bound: float) -> Floats:
        """The share of requests that take at most `bound` seconds."""
        if math.isinf(bound):
            return np.ones_like(self.median)
        body = normal_cdf(np.log(bound / self.median) / BODY_SIGMA)
        slow = normal_cdf(np.log(bound / (self.median + self.slow)) / SLOW_SIGMA)
        return np.asarray((1.0 - self.slow_share) * body + self.slow_share * slow)

    @property
    def mean(self) -> Floats:
        """Seconds a request takes on average."""
        body = self.median * math.exp(BODY_SIGMA**2 / 2)
        slow = (self.median + self.slow) * math.exp(SLOW_SIGMA**2 / 2)
        return np.asarray((1.0 - self.slow_share) * body + self.slow_share * slow)

    def seen_within(self, timeout: float) -> Latency:
        """The same as a caller sees it who gives up after `timeout` seconds."""
        over = 1.0 - self.below(timeout)
        return Latency(
            np.minimum(self.median, timeout),
            self.slow_share,
            np.minimum(self.slow, timeout),
            1.0 - (1.0 - self.errors) * (1.0 - over),
            np.maximum(self.late, over),
        )


def average(parts: list[tuple[Floats, Latency]], otherwise: Latency) -> Latency:
    """The mixture of `parts` by weight; `otherwise` where all weights are 0."""
    total = np.sum([weight for weight, _ in parts], axis=0) if parts else np.zeros_like(otherwise.median)
    safe = np.where(total > 0, total, 1.0)

    def mixed(name: str) -> Floats:
        summed = sum((weight * getattr(part, name) for weight, part in parts), np.zeros_like(safe))
        return np.where(total > 0, summed / safe, getattr(otherwise, name))

    share = mixed("slow_share")
    slow = sum((weight * part.slow_share * part.slow for weight, part in parts), np.zeros_like(safe)) / safe
    return Latency(mixed("median"), share, slow / np.where(share > 1e-9, share, 1.0), mixed("errors"), mixed("late"))


def chained(own: Latency, callees: list[tuple[float, Latency]]) -> Latency:
    """Own work followed by calls, each `times` over: medians add up, any slow or failed part spoils the whole."""
    median, fine, whole, late = own.median, 1.0 - own.slow_share, 1.0 - own.errors, own.late
    weighted, shares = own.slow_share * own.slow, own.slow_share
    for times, callee in callees:
        median = median + times * callee.median
        fine = fine * (1.0 - callee.slow_share)
        whole = whole * (1.0 - callee.errors)
        late = np.maximum(late, callee.late)
        weighted, shares = weighted + callee.slow_share * callee.slow, shares + callee.slow_share
    slow = weighted / np.where(shares > 1e-9, shares, 1.0)
    return Latency(median, 1.0 - fine, slow, 1.0 - whole, late)
