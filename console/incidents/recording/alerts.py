"""Alerts of an incident that begin to fire, and that clear."""

from __future__ import annotations

from opsconsole.domain.alert import Alert, AlertState
from opsconsole.domain.incident import Incident, LinkedAlert
from opsconsole.domain.incident_event import AlertCleared, AlertFired, Fact
from opsconsole.domain.snapshot import Snapshot
from opsconsole.domain.text import SafeText
from opsconsole.incidents.recording.reach import Reach
from opsconsole.incidents.recording.sight import tells_what_is_gone, tells_what_is_there
from opsconsole.incidents.recording.told import Told

ALERTMANAGER, PROMETHEUS, ALERTS = SafeText("alertmanager"), SafeText("prometheus"), SafeText("alerts")

_ACTIVE = (AlertState.FIRING, AlertState.SILENCED, AlertState.INHIBITED)
"""Muted is not cleared."""


def fired(alert: Alert) -> Fact:
    """That `alert` began to fire: how it joins an incident, whoever sees it first."""
    return _fired(alert, alert.fingerprint, alert.fires_since, "first")


def alert_facts(incident: Incident, told: Told, alerts: Snapshot[tuple[Alert, ...]]) -> tuple[Fact, ...]:
    """What `alerts` tell that the record does not.

    Alerts of the incident's services join. Those that are linked fire again or clear; cleared is only what is missing
    from a whole answer, for a source that is away or old tells nothing about its alerts.
    """
    if not tells_what_is_there(alerts) or alerts.value is None or alerts.as_of is None:
        return ()
    reach, seen = Reach(incident), alerts.as_of
    facts, active = [], set()
    for alert in alerts.value:
        if alert.state not in _ACTIVE:
            continue
        linked = reach.linked(alert)
        if linked is not None:
            active.add(linked.fingerprint)
            if linked.cleared_at is not None and seen > linked.cleared_at:
                facts += _again(alert, linked, linked.cleared_at, told, seen)
        elif alert.state is AlertState.FIRING and reach.joined_by(alert):
            facts.append(fired(alert))
    if tells_what_is_gone(alerts):
        facts += [_cleared(one, told, seen) for one in incident.alerts if _is_gone(one, active, told, seen)]
    return tuple(facts)


def _again(alert: Alert, linked: LinkedAlert, cleared_at: float, told: Told, seen: float) -> list[Fact]:
    at = alert.fires_since if alert.fires_since > cleared_at else seen
    if told.too_soon(linked.fingerprint, at):
        return []
    return [_fired(alert, linked.fingerprint, at, f"after {told.after(linked.fingerprint)}")]


def _fired(alert: Alert, fingerprint: SafeText, at: float, which: str) -> Fact:
    what = AlertFired(fingerprint, alert.name, alert.severity, alert.labels, alert.summary)
    routed = alert.receivers or alert.silenced_by or alert.inhibited_by
    return Fact(what, at, ALERTMANAGER if routed else PROMETHEUS, f"fired/{fingerprint}/{which}")


def _is_gone(linked: LinkedAlert, active: set[SafeText], told: Told, seen: float) -> bool:
    last = told.last(linked.fingerprint)
    known_at = linked.started_at if last is None else max(last.at, linked.started_at)
    return linked.cleared_at is None and linked.fingerprint not in active and seen > known_at


def _cleared(linked: LinkedAlert, told: Told, seen: float) -> Fact:
    what = AlertCleared(linked.fingerprint, linked.name)
    return Fact(what, seen, ALERTS, f"cleared/{linked.fingerprint}/after {told.after(linked.fingerprint)}")
