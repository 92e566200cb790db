"""What happened, as marks on a time axis."""

from __future__ import annotations

from opsconsole.domain.alert import Alert, AlertState
from opsconsole.domain.marker import Marker, MarkerKind
from opsconsole.domain.pod import ChangeKind, ChangeList
from opsconsole.domain.snapshot import Snapshot
from opsconsole.domain.text import SafeText
from opsconsole.feeds import topic as topics
from opsconsole.feeds.cluster_feeds import ClusterFeeds
from opsconsole.screens.following import service_of


def markers_of(feeds: ClusterFeeds, service: SafeText | None) -> tuple[Marker, ...]:
    """Changes and alerts of `service` (None: of any)."""
    changes, alerts = feeds.snapshot(topics.CHANGES), feeds.snapshot(topics.ALERTS)
    return change_markers(changes, service) + alert_markers(alerts, service)


def change_markers(changes: Snapshot[ChangeList], service: SafeText | None) -> tuple[Marker, ...]:
    """A marker for every change of `service` (None: of any, but for jobs)."""
    found = changes.value.changes if changes.value is not None else ()
    kinds = {ChangeKind.RESTART: MarkerKind.RESTART}
    return tuple(
        Marker(change.time, kinds.get(change.kind, MarkerKind.DEPLOY), change.title)
        for change in found
        if change.service == service or (service is None and change.kind is not ChangeKind.JOB)
    )


def alert_markers(alerts: Snapshot[tuple[Alert, ...]], service: SafeText | None) -> tuple[Marker, ...]:
    """A marker where the first alert of each name of `service` (None: any) began; what is muted has none."""
    first: dict[SafeText, float] = {}
    for alert in alerts.value or ():
        heard = alert.state in (AlertState.FIRING, AlertState.PENDING)
        if heard and (service is None or service_of(alert) == service):
            first[alert.name] = min(alert.started_at, first.get(alert.name, alert.started_at))
    return tuple(Marker(began, MarkerKind.ALERT, name) for name, began in first.items())
