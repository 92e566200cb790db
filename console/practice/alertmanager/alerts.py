"""The alerts Alertmanager has been sent, with what silences and inhibition make of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from opsconsole.practice.alertmanager.matching import InhibitRule, all_match, fingerprint
from opsconsole.practice.alertmanager.silences import Silences
from opsconsole.practice.prometheus.rule_engine import RuleEngine
from opsconsole.practice.promql.store import LabelMatcher, MatchKind

RESEND_AFTER = 60.0
"""Seconds after which Prometheus sends an alert again; it is valid for four times as long."""


@dataclass(frozen=True)
class Receiver:
    """A receiver and the alerts routed to it; the first whose `matchers` fit gets the alert."""

    name: str
    matchers: tuple[LabelMatcher, ...] = ()


RECEIVERS = (Receiver("pager", (LabelMatcher("severity", MatchKind.EQUAL, "critical"),)), Receiver("team-chat"))
"""Critical alerts page, the rest is chat."""

INHIBITION = InhibitRule(
    (LabelMatcher("severity", MatchKind.EQUAL, "critical"),),
    (LabelMatcher("severity", MatchKind.EQUAL, "warning"),),
    ("namespace", "service", "alertgroup"),
)
"""A critical alert mutes warnings of the same service and topic."""


@dataclass(frozen=True)
class ReceivedAlert:
    """One firing alert as Alertmanager shows it; moments are unix seconds."""

    fingerprint: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    starts_at: float
    ends_at: float
    updated_at: float
    generator_url: str
    receiver: str
    silenced_by: tuple[str, ...] = ()
    inhibited_by: tuple[str, ...] = ()

    @property
    def state(self) -> str:
        """`active` or `suppressed`."""
        return "suppressed" if self.silenced_by or self.inhibited_by else "active"


def receiver_of(labels: Mapping[str, str]) -> str:
    """Where an alert with `labels` is routed."""
    return next(receiver.name for receiver in RECEIVERS if all_match(receiver.matchers, labels))


def received(rules: RuleEngine, silences: Silences, now: float) -> list[ReceivedAlert]:
    """Every firing alert of `rules` as of `now`, sorted by fingerprint. `rules` must be caught up."""
    firing: list[ReceivedAlert] = []
    for group in rules.groups:
        valid_for = 4 * max(RESEND_AFTER, group.group.interval)
        for record in group.records:
            for alert in record.active.values():
                if alert.fired_at is None:
                    continue
                firing.append(
                    ReceivedAlert(
                        fingerprint(alert.labels),
                        alert.labels,
                        alert.annotations,
                        alert.fired_at,
                        group.evaluated_at + valid_for,
                        group.evaluated_at,
                        rules.generator_url(record.rule),
                        receiver_of(alert.labels),
                        tuple(silences.matching(alert.labels, now)),
                    )
                )
    return sorted(_inhibited(firing), key=lambda alert: alert.fingerprint)


def _inhibited(firing: Sequence[ReceivedAlert]) -> list[ReceivedAlert]:
    made = []
    for target in firing:
        source = next((other for other in firing if INHIBITION.inhibits(other.labels, target.labels)), None)
        made.append(replace(target, inhibited_by=(source.fingerprint,)) if source else target)
    return made
