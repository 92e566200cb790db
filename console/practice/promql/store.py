"""What the evaluator reads: series selected by label matchers."""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
"""A one-dimensional array unless said otherwise."""

METRIC_NAME = "__name__"

STALE_BITS = 0x7FF0000000000002
"""Bits of the NaN that ends a series at once (Prometheus, model/value/value.go: StaleNaN)."""

STALE = float(np.array([STALE_BITS], dtype=np.int64).view(np.float64)[0])
"""The value to store when a series ends, so that it vanishes without the 5 minutes of lookback."""


class MatchKind(enum.Enum):
    """PromQL's four matchers."""

    EQUAL = "="
    NOT_EQUAL = "!="
    REGEX = "=~"
    NOT_REGEX = "!~"


@dataclass(frozen=True)
class LabelMatcher:
    """One condition on one label. A missing label reads as the empty string; patterns match whole values."""

    name: str
    kind: MatchKind
    value: str
    pattern: re.Pattern[str] | None = field(init=False, repr=False, compare=False, default=None)

    def __post_init__(self) -> None:
        """Compile the pattern once; raises `re.error` for one that does not compile."""
        if self.kind in (MatchKind.REGEX, MatchKind.NOT_REGEX):
            object.__setattr__(self, "pattern", re.compile(self.value, re.DOTALL))

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether a series with `labels` fulfils this condition."""
        actual = labels.get(self.name, "")
        if self.pattern is None:
            return (actual == self.value) is (self.kind is MatchKind.EQUAL)
        return (self.pattern.fullmatch(actual) is not None) is (self.kind is MatchKind.REGEX)


@dataclass(frozen=True)
class StoredSeries:
    """One series: `labels` include `__name__`; `times` are unix seconds, ascending; both arrays equally long."""

    labels: dict[str, str]
    times: Floats
    values: Floats


@dataclass(frozen=True)
class MetricMetadata:
    """What a target says of a metric: `type` is counter, gauge, histogram, summary or unknown."""

    type: str
    help: str = ""
    unit: str = ""


class SeriesStore(Protocol):
    """Where samples come from."""

    def select(self, matchers: Sequence[LabelMatcher], start: float, end: float) -> list[StoredSeries]:
        """The series that fulfil all `matchers` and have samples in `start <= time <= end` (unix seconds).

        The samples handed back cover that span and may reach beyond it; the evaluator cuts.
        """
        ...

    def metadata(self) -> Mapping[str, MetricMetadata]:
        """Type, help and unit by metric family name (without `_bucket`, `_sum`, `_count`)."""
        ...


class MemoryStore:
    """Series held as they were given."""

    def __init__(
        self, series: Iterable[StoredSeries] = (), metadata: Mapping[str, MetricMetadata] | None = None
    ) -> None:
        """Hold `series`; several with equal labels are not merged."""
        self._series = list(series)
        self._metadata = dict(metadata or {})

    def add(self, labels: Mapping[str, str], times: Sequence[float] | Floats, values: Sequence[float] | Floats) -> None:
        """Hold one more series."""
        self._series.append(
            StoredSeries(dict(labels), np.asarray(times, dtype=np.float64), np.asarray(values, dtype=np.float64))
        )

    def select(self, matchers: Sequence[LabelMatcher], start: float, end: float) -> list[StoredSeries]:
        """Matching series, cut to `start..end`; those without a sample there are left out."""
        found = []
        for series in self._series:
            if all(matcher.matches(series.labels) for matcher in matchers):
                first = int(np.searchsorted(series.times, start, side="left"))
                last = int(np.searchsorted(series.times, end, side="right"))
                if last > first:
                    found.append(StoredSeries(series.labels, series.times[first:last], series.values[first:last]))
        return found

    def metadata(self) -> Mapping[str, MetricMetadata]:
        """As given."""
        return self._metadata
