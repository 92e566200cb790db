"""The `ALERTS` and `ALERTS_FOR_STATE` series that Prometheus writes of its own alerts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from opsconsole.practice.prometheus.rule_engine import Episode, GroupRecord, RuleEngine
from opsconsole.practice.promql.store import (
    METRIC_NAME,
    STALE,
    LabelMatcher,
    MetricMetadata,
    SeriesStore,
    StoredSeries,
)

ALERTS = "ALERTS"
FOR_STATE = "ALERTS_FOR_STATE"


class StoreWithAlerts:
    """A store and, beside its series, those of the alerts of a rule engine."""

    def __init__(self, store: SeriesStore, rules: RuleEngine) -> None:
        """Add the alerts of `rules`, as far as they have been caught up, to `store`."""
        self._store = store
        self._rules = rules

    def select(self, matchers: Sequence[LabelMatcher], start: float, end: float) -> list[StoredSeries]:
        """As `SeriesStore.select`."""
        names = [matcher for matcher in matchers if matcher.name == METRIC_NAME]
        found = self._store.select(matchers, start, end)
        if not any(all(matcher.matches({METRIC_NAME: name}) for matcher in names) for name in (ALERTS, FOR_STATE)):
            return found
        alerts = [series for group in self._rules.groups for series in _series_of(group)]
        return found + [series for series in alerts if all(matcher.matches(series.labels) for matcher in matchers)]

    def metadata(self) -> Mapping[str, MetricMetadata]:
        """Only what was scraped has metadata."""
        return self._store.metadata()


def _series_of(group: GroupRecord) -> list[StoredSeries]:
    made = []
    for record in group.records:
        for episode in record.episodes:
            made += _series_of_episode(episode, group.evaluated_at, group.group.interval)
    return _joined(made)


def _series_of_episode(episode: Episode, evaluated_at: float, interval: float) -> list[StoredSeries]:
    end = episode.ended_at if episode.ended_at is not None else evaluated_at + interval
    gone = episode.ended_at is not None
    fired_at = end if episode.fired_at is None else episode.fired_at
    made = []
    for state, first, last, ends in (
        ("pending", episode.active_at, fired_at, gone or episode.fired_at is not None),
        ("firing", fired_at, end, gone),
    ):
        if last > first:
            labels = {METRIC_NAME: ALERTS, "alertstate": state, **episode.labels}
            made.append(_stretch(labels, 1.0, first, last, interval, ends=ends))
    since = {METRIC_NAME: FOR_STATE, **episode.labels}
    made.append(_stretch(since, episode.active_at, episode.active_at, end, interval, ends=gone))
    return made


def _stretch(
    labels: dict[str, str], value: float, first: float, last: float, interval: float, *, ends: bool
) -> StoredSeries:
    """`value` at each evaluation from `first` up to but without `last`, where a staleness marker stands if it ends."""
    times = np.arange(first, last - interval / 2, interval)
    values = np.full(len(times), value)
    if ends:
        times, values = np.append(times, last), np.append(values, STALE)
    return StoredSeries(labels, times, values)


def _joined(parts: Sequence[StoredSeries]) -> list[StoredSeries]:
    """Episodes of equal labels as one series; where a marker and a sample meet, the sample stays."""
    by_labels: dict[frozenset[tuple[str, str]], list[StoredSeries]] = {}
    for part in parts:
        by_labels.setdefault(frozenset(part.labels.items()), []).append(part)
    joined = []
    for members in by_labels.values():
        times = np.concatenate([member.times for member in members])
        values = np.concatenate([member.values for member in members])
        order = np.lexsort((np.isnan(values), times))
        times, values = times[order], values[order]
        first = np.append(True, times[1:] != times[:-1])
        joined.append(StoredSeries(members[0].labels, times[first], values[first]))
    return joined
