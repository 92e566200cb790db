"""Alerts as Prometheus raises and Alertmanager routes them."""

from __future__ import annotations

import enum

import msgspec

from opsconsole.domain.series import Severity
from opsconsole.domain.text import SafeText

SERVICE_LABELS = ("service", "service_name", "app_kubernetes_io_name", "app", "job", "deployment")
NAMESPACE_LABELS = ("namespace", "kubernetes_namespace", "k8s_namespace_name")
"""Names of labels that tell what an alert speaks of, the first one that is there."""


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
    query: SafeText = SafeText("")
    """The PromQL of the rule that raised it, empty where nobody told."""
    receivers: tuple[SafeText, ...] = ()
    silenced_by: tuple[SafeText, ...] = ()
    inhibited_by: tuple[SafeText, ...] = ()
    fired_at: float | None = None
    """When it began to fire, as Alertmanager tells; `started_at` may be when it was pending first. None: not told."""

    @property
    def fires_since(self) -> float:
        """When it began to fire (unix seconds), as far as anybody tells: clocks of incidents and drills start here."""
        return self.started_at if self.fired_at is None else max(self.started_at, self.fired_at)

    @property
    def summary(self) -> SafeText:
        """The annotation people wrote for people, or nothing."""
        for key in ("summary", "description", "message"):
            if text := self.annotations.get(SafeText(key)):
                return text
        return SafeText("")

    @property
    def service(self) -> SafeText | None:
        """The service it speaks of, by the label names in use."""
        return first_label(self.labels, SERVICE_LABELS)

    @property
    def namespace(self) -> SafeText | None:
        """The namespace it speaks of, by the label names in use."""
        return first_label(self.labels, NAMESPACE_LABELS)

    @property
    def order(self) -> tuple[int, int, float]:
        """Sort key: what fires before what is quiet, by severity, then the newest."""
        return (self.state.rank, self.severity.rank, -self.started_at)


def first_label(labels: dict[SafeText, SafeText], names: tuple[str, ...]) -> SafeText | None:
    """The value of the first of `names` that `labels` holds."""
    return next((labels[SafeText(name)] for name in names if labels.get(SafeText(name))), None)


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
