"""What an incident is opened with, from what is on the screen."""

from __future__ import annotations

import msgspec

from opsconsole.domain.alert import Alert, AlertState
from opsconsole.domain.incident import IncidentSeverity
from opsconsole.domain.selection import Selection
from opsconsole.domain.series import Severity
from opsconsole.domain.text import SafeText
from opsconsole.feeds import topic as topics
from opsconsole.screens.alerts_pane import AlertsPane
from opsconsole.screens.following import most_urgent, service_of
from opsconsole.screens.pane import Pane, PaneView


class Draft(msgspec.Struct, frozen=True):
    """An incident that is not opened yet. `rule` says in words why it is so severe, `about` which alert it is about."""

    title: SafeText
    severity: IncidentSeverity
    rule: SafeText
    namespace: SafeText = SafeText("")
    services: tuple[SafeText, ...] = ()
    alerts: tuple[Alert, ...] = ()
    about: Alert | None = None


def drafted(under_cursor: Alert | None, alerts: tuple[Alert, ...], selection: Selection, *, production: bool) -> Draft:
    """An incident about the alert under the cursor, else about the worst alert of the selected service.

    Every alert of the same service that fires now belongs to it.
    """
    firing = tuple(one for one in alerts if one.state is AlertState.FIRING)
    of_service = tuple(one for one in firing if service_of(one) == selection.service)
    alert = under_cursor or most_urgent(of_service)
    service = (service_of(alert) if alert is not None else None) or selection.service
    linked = tuple(one for one in firing if service is not None and service_of(one) == service)
    if alert is not None and all(one.fingerprint != alert.fingerprint for one in linked):
        linked = (alert, *linked)
    linked = tuple(sorted(linked, key=lambda one: one.order))
    severity, rule = severity_of(linked, production=production)
    namespace = (alert.namespace if alert is not None else None) or selection.namespace
    return Draft(
        _title(alert, service),
        severity,
        rule,
        namespace or SafeText(""),
        (service,) if service else (),
        linked,
        alert,
    )


def alert_meant(view: PaneView, focused: Pane | None = None) -> Alert | None:
    """The alert under the cursor where `focused` lists alerts, else the one that was followed; None for neither."""
    if isinstance(focused, AlertsPane) and focused.current is not None:
        return focused.current
    alerts: tuple[Alert, ...] = view.feeds.snapshot(topics.ALERTS).value or ()
    return next((one for one in alerts if one.fingerprint == view.scope.selection.alert), None)


def severity_of(alerts: tuple[Alert, ...], *, production: bool) -> tuple[IncidentSeverity, SafeText]:
    """How severe an incident of `alerts` is, by the worst of them, and the rule in words."""
    worst = min((one.severity for one in alerts), key=lambda one: one.rank, default=None)
    if worst is None:
        return IncidentSeverity.P3, SafeText("no alert fires")
    if worst is Severity.CRITICAL:
        if production:
            return IncidentSeverity.P1, SafeText("a critical alert in production")
        return IncidentSeverity.P2, SafeText("a critical alert, not in production")
    if worst is Severity.WARNING:
        return IncidentSeverity.P3, SafeText("warnings alone")
    return IncidentSeverity.P4, SafeText("no alert above info")


def _title(alert: Alert | None, service: SafeText | None) -> SafeText:
    """What hurts, in the alert's own words; service and alert are named once."""
    about = f"{service}: " if service else ""
    if alert is None:
        return SafeText(about)
    if not alert.summary:
        return SafeText(f"{about}{alert.name}")
    before = "" if service is None or service in alert.summary else about
    after = "" if alert.name in alert.summary else f" ({alert.name})"
    return SafeText(f"{before}{alert.summary}{after}")
