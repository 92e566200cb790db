"""Alerts as Prometheus raises and Alertmanager routes them."""

from __future__ import annotations

import enum

import msgspec

from opsconsole.domain.series import Severity
from opsconsole.domain.text import SafeText


class AlertState(enum.Enum):
    """Firing first; `rank` orders the list."""

    FIRING = "firing"
    PENDING = "pending"
    SILENCED = "silenced"
    INHIBITED = "inhibited"

    @property
    def rank(self) -> int:
        """0 for what needs eyes first."""
        return list(AlertState).index(self)


class Alert(msgspec.Struct, frozen=True):
    """One alert instance. `started_at` is unix seconds."""

    fingerprint: SafeText
    name: SafeText
    state: AlertState
    severity: Severity
    started_at: float
    labels: dict[SafeText, SafeText]
    annotations: dict[SafeText, SafeText]
    value: float | None = None
    runbook_url: SafeText | None = None
    generator_url: SafeText | None = None
    receivers: tuple[SafeText, ...] = ()
    silenced_by: tuple[SafeText, ...] = ()
    inhibited_by: tuple[SafeText, ...] = ()

    @property
    def summary(self) -> SafeText:
        """The annotation people wrote for people, or nothing."""
        for key in ("summary", "description", "message"):
            if text := self.annotations.get(SafeText(key)):
                return text
        return SafeText("")

    @property
    def order(self) -> tuple[int, int, float]:
        """Sort key: what fires before what is quiet, by severity, then the newest."""
        return (self.state.rank, self.severity.rank, -self.started_at)


class AlertGroup(msgspec.Struct, frozen=True):
    """Alerts of one name, worst first."""

    name: SafeText
    alerts: tuple[Alert, ...]


def grouped(alerts: tuple[Alert, ...]) -> tuple[AlertGroup, ...]:
    """`alerts` by name; groups and members sorted by `Alert.order`."""
    members: dict[SafeText, list[Alert]] = {}
    for alert in sorted(alerts, key=lambda alert: alert.order):
        members.setdefault(alert.name, []).append(alert)
    return tuple(AlertGroup(name, tuple(group)) for name, group in members.items())
