"""The sentence under the header: what is wrong, since when, where, and what changed before it."""

from __future__ import annotations

from datetime import tzinfo

from opsconsole.domain.alert import Alert, AlertState
from opsconsole.domain.pod import Change, ChangeKind
from opsconsole.domain.scope import Scope
from opsconsole.domain.text import SafeText
from opsconsole.domain.time_range import format_duration
from opsconsole.feeds import topic as topics
from opsconsole.feeds.cluster_feeds import ClusterFeeds
from opsconsole.screens.following import most_urgent, service_of
from opsconsole.widgets.headline import Headline
from opsconsole.widgets.problem_note import clock_text

_BEFORE = 3600.0
"""Seconds before an alert in which a change is worth naming with it."""
_AFTER = 120.0
"""An alert waits out its `for`; a change is also named when it came shortly after the trouble began."""


def change_before(alert: Alert, changes: tuple[Change, ...]) -> Change | None:
    """The last deploy or scaling of the alert's service before it began, within an hour."""
    candidates = [
        change
        for change in changes
        if change.kind is not ChangeKind.RESTART
        and alert.started_at - _BEFORE <= change.time <= alert.started_at + _AFTER
    ]
    service = service_of(alert)
    own = [change for change in candidates if change.service == service]
    return max(own or candidates, key=lambda change: change.time, default=None)


def headline(feeds: ClusterFeeds, scope: Scope, now: float, zone: tzinfo) -> Headline:
    """What `feeds` say of the alert in `scope`, else of the most urgent one, with the change before it."""
    alerts = feeds.snapshot(topics.ALERTS).value
    if alerts is None:
        return Headline((SafeText("nothing is known of alerts yet"),))
    changes = feeds.snapshot(topics.CHANGES).value
    firing = [alert for alert in alerts if alert.state is AlertState.FIRING]
    chosen = next((alert for alert in alerts if alert.fingerprint == scope.selection.alert), None)
    alert = chosen or most_urgent(alerts) or (firing[0] if firing else None)
    if alert is None:
        return Headline((SafeText("no alert is firing"),))
    others = len(firing) - (alert.state is AlertState.FIRING)
    parts = sentence(alert, others, changes.changes if changes is not None else (), now, zone)
    return Headline(parts, alert.severity if alert.state is AlertState.FIRING else None)


def sentence(alert: Alert, others: int, changes: tuple[Change, ...], now: float, zone: tzinfo) -> tuple[SafeText, ...]:
    """Phrases about `alert`, the change before it, the number of `others` that fire, and its summary."""
    since = f"{clock_text(alert.started_at, zone, '%H:%M')} ({format_duration(now - alert.started_at)})"
    place = service_of(alert)
    verb = "firing" if alert.state is AlertState.FIRING else alert.state.value
    parts = [f"{alert.name}{f' on {place}' if place else ''} {verb} since {since}"]
    change = change_before(alert, changes)
    if change is not None:
        gap = format_duration(abs(alert.started_at - change.time))
        when = "before it" if change.time <= alert.started_at else "after it"
        parts.append(f"{gap} {when}: {change.title}")
    if others:
        parts.append(f"{others} more firing")
    if alert.summary:
        parts.append(alert.summary)
    return tuple(map(SafeText, parts))
