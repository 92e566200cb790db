"""The shop's series as the PromQL evaluator reads them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from opsconsole.practice.promql.store import (
    METRIC_NAME,
    STALE_BITS,
    LabelMatcher,
    MatchKind,
    MetricMetadata,
    StoredSeries,
)
from opsconsole.practice.shop.catalogue import METADATA
from opsconsole.practice.shop.ledger import Ledger


class ShopSeries:
    """Implements `SeriesStore` over a ledger of samples."""

    def __init__(self, ledger: Ledger, tick_seconds: int, up_to_date: Callable[[], None]) -> None:
        """`up_to_date` brings the ledger to the present; it is called before every read."""
        self._ledger = ledger
        self._tick_seconds = tick_seconds
        self._up_to_date = up_to_date
        self._by_name: dict[str, list[int]] = {}
        self._indexed = 0

    def select(self, matchers: Sequence[LabelMatcher], start: float, end: float) -> list[StoredSeries]:
        """Matching series with samples in `start..end` (unix seconds); a stale marker ends one that vanished."""
        self._up_to_date()
        first, last = int(-(-start // self._tick_seconds)), int(end // self._tick_seconds)
        found = []
        for row in self._candidates(matchers):
            labels = self._ledger.labels[row]
            if not all(matcher.matches(labels) for matcher in matchers):
                continue
            tick, values = self._ledger.read(row, first, last)
            there = ~np.isnan(values) | (values.view(np.int64) == STALE_BITS)
            if not there.any():
                continue
            times = np.asarray((tick + np.flatnonzero(there)) * float(self._tick_seconds), dtype=np.float64)
            found.append(StoredSeries(labels, times, values[there]))
        return _without_twins(found)

    def metadata(self) -> Mapping[str, MetricMetadata]:
        """Type and help of every metric family."""
        return METADATA

    def _candidates(self, matchers: Sequence[LabelMatcher]) -> Sequence[int]:
        labels = self._ledger.labels
        for row in range(self._indexed, len(labels)):
            self._by_name.setdefault(labels[row][METRIC_NAME], []).append(row)
        self._indexed = len(labels)
        for matcher in matchers:
            if matcher.name == METRIC_NAME and matcher.kind is MatchKind.EQUAL:
                return self._by_name.get(matcher.value, ())
        return range(len(labels))


def _without_twins(found: list[StoredSeries]) -> list[StoredSeries]:
    """Series with the same labels as one: a StatefulSet's pod comes back under its old name."""
    by_labels: dict[tuple[tuple[str, str], ...], list[StoredSeries]] = {}
    for series in found:
        by_labels.setdefault(tuple(sorted(series.labels.items())), []).append(series)
    if len(by_labels) == len(found):
        return found
    return [twins[0] if len(twins) == 1 else _joined(twins) for twins in by_labels.values()]


def _joined(twins: list[StoredSeries]) -> StoredSeries:
    """All samples in the order of time; of two at one moment the one that is no end."""
    times = np.concatenate([one.times for one in twins])
    values = np.concatenate([one.values for one in twins])
    order = np.lexsort((np.isnan(values), times))
    times, values = times[order], values[order]
    first = np.concatenate(([True], times[1:] != times[:-1]))
    return StoredSeries(twins[0].labels, times[first], values[first])
