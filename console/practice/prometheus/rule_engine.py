"""Evaluates alerting rules, now and for all the time since they were last looked at.

Semantics: Prometheus, rules/alerting.go. Evaluations stand on whole multiples of a group's
interval; those missed are caught up together by one range query, so that alerts which should
already fire do, since when they should.
"""

from __future__ import annotations

import math
import urllib.parse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from opsconsole.practice.prometheus.rules import AlertRule, RuleGroup, expanded
from opsconsole.practice.promql.engine import MAXIMUM_POINTS, Engine, RangeAnswer
from opsconsole.practice.promql.store import SeriesStore
from opsconsole.practice.promql.values import LabelKey, Labels, label_key, without_name

ALERT_NAME = "alertname"


@dataclass(frozen=True)
class ActiveAlert:
    """One alert that is pending (`fired_at` None) or firing. Moments are unix seconds."""

    labels: Labels
    annotations: Labels
    value: float
    active_at: float
    fired_at: float | None = None

    @property
    def state(self) -> str:
        """`pending` or `firing`."""
        return "pending" if self.fired_at is None else "firing"


@dataclass(frozen=True)
class Episode:
    """One past or present stay of an alert: active from `active_at`, firing from `fired_at`, gone at `ended_at`."""

    labels: Labels
    active_at: float
    fired_at: float | None
    ended_at: float | None


@dataclass
class RuleRecord:
    """What is known of one rule: its alerts now, by labels, and the episodes that ended."""

    rule: AlertRule
    active: dict[LabelKey, ActiveAlert] = field(default_factory=dict)
    ended: list[Episode] = field(default_factory=list)

    @property
    def state(self) -> str:
        """The worst state of its alerts, or `inactive`."""
        states = {alert.state for alert in self.active.values()}
        return next((state for state in ("firing", "pending") if state in states), "inactive")

    @property
    def episodes(self) -> list[Episode]:
        """Ended and present ones."""
        present = [Episode(alert.labels, alert.active_at, alert.fired_at, None) for alert in self.active.values()]
        return self.ended + present

    def step(self, at: float, found: Mapping[LabelKey, tuple[Labels, float]]) -> None:
        """One evaluation: `found` holds labels and value of each series the expression gave."""
        for key in [key for key in self.active if key not in found]:
            gone = self.active.pop(key)
            self.ended.append(Episode(gone.labels, gone.active_at, gone.fired_at, at))
        for key, (series, value) in found.items():
            alert = self.active.get(key) or ActiveAlert(self._labels(series, value), {}, value, at)
            fired_at = alert.fired_at
            if fired_at is None and at - alert.active_at >= self.rule.hold:
                fired_at = at
            self.active[key] = replace(alert, value=value, fired_at=fired_at)

    def annotate(self) -> None:
        """Fill in the annotations from the newest labels and values."""
        for key, alert in self.active.items():
            texts = {name: expanded(text, alert.labels, alert.value) for name, text in self.rule.annotations.items()}
            self.active[key] = replace(alert, annotations=texts)

    def _labels(self, series: Labels, value: float) -> Labels:
        own = {name: expanded(text, series, value) for name, text in self.rule.labels.items()}
        merged = {**without_name(series), **own, ALERT_NAME: self.rule.name}
        return {name: text for name, text in merged.items() if text}


@dataclass
class GroupRecord:
    """One group, its rules' records and when it was evaluated last (unix seconds)."""

    group: RuleGroup
    records: list[RuleRecord]
    evaluated_at: float


class RuleEngine:
    """Keeps the alerts of `groups` over `store`."""

    def __init__(self, store: SeriesStore, groups: Sequence[RuleGroup], since: float, url: str = "") -> None:
        """Evaluate from `since` (unix seconds) on; `url` is the server's address in generator links."""
        self._engine = Engine(store)
        self._url = url
        self.groups = [
            GroupRecord(group, [RuleRecord(rule) for rule in group.rules], _before(since, group.interval))
            for group in groups
        ]

    @property
    def alerts(self) -> list[tuple[AlertRule, ActiveAlert]]:
        """All pending and firing alerts as of the last catching up."""
        return [
            (record.rule, alert)
            for group in self.groups
            for record in group.records
            for alert in record.active.values()
        ]

    def catch_up(self, now: float) -> None:
        """Do every evaluation that was due up to `now` (unix seconds). Raises PromQLError for a wrong expression."""
        for group in self.groups:
            interval = group.group.interval
            while (due := _before(now, interval)) > group.evaluated_at:
                first = group.evaluated_at + interval
                last = min(due, first + (MAXIMUM_POINTS - 1) * interval)
                for record in group.records:
                    _replay(record, self._engine.range(record.rule.expression, first, last, interval))
                group.evaluated_at = last

    def generator_url(self, rule: AlertRule) -> str:
        """Where the server shows the expression of `rule`."""
        return f"{self._url}/graph?g0.expr={urllib.parse.quote_plus(rule.expression)}&g0.tab=1"


def _before(moment: float, interval: float) -> float:
    return math.floor(moment / interval) * interval


def _replay(record: RuleRecord, answer: RangeAnswer) -> None:
    """Walk `record` through the steps of `answer`, skipping stretches in which nothing is there."""
    keys = [label_key(labels) for labels in answer.labels]
    present, values = answer.present, answer.values
    for step, at in enumerate(answer.seconds.tolist()):
        rows = present[:, step].nonzero()[0].tolist() if keys else []
        if rows or record.active:
            record.step(at, {keys[row]: (answer.labels[row], float(values[row, step])) for row in rows})
    record.annotate()
