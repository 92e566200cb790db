"""The sentence under the header: what is wrong, since when, where, and what changed before it."""

from __future__ import annotations

from datetime import tzinfo

import msgspec

from opsconsole.domain.alert import Alert, AlertState
from opsconsole.domain.pod import Change, ChangeKind
from opsconsole.domain.scope import Scope
from opsconsole.domain.snapshot import FeedState
from opsconsole.domain.text import SafeText
from opsconsole.domain.time_range import format_duration
from opsconsole.feeds import topic as topics
from opsconsole.feeds.cluster_feeds import ClusterFeeds
from opsconsole.screens.following import most_urgent, service_of
from opsconsole.widgets.headline import Headline, Phrase
from opsconsole.widgets.problem_note import clock_text

_BEFORE = 3600.0
"""Seconds before an alert in which a change is worth naming with it."""
_APART = 60.0
"""Seconds from which the first alert of a service is told apart from the gravest."""
_AFTER = 120.0
"""An alert waits out its `for`; a change is also named when it came shortly after the trouble began."""


def change_before(alert: Alert, changes: tuple[Change, ...]) -> Change | None:
    """The last deploy, scaling or job of the alert's service before it began, within an hour; else another's deploy."""
    service = service_of(alert)
    candidates = [
        change
        for change in changes
        if change.kind is not ChangeKind.RESTART
        and (change.kind is not ChangeKind.JOB or change.service == service)
        and alert.started_at - _BEFORE <= change.time <= alert.started_at + _AFTER
    ]
    own = [change for change in candidates if change.service == service]
    return max(own or candidates, key=lambda change: change.time, default=None)


def first_sign(alert: Alert, alerts: tuple[Alert, ...]) -> float:
    """When the first firing alert of `alert`'s service began (unix seconds): the trouble's own start.

    The gravest alert is often the last to fire, long after the change that explains them all.
    """
    service = service_of(alert)
    return min(
        (alert.started_at, *(one.started_at for one in _firing(alerts) if service and service_of(one) == service))
    )


def _firing(alerts: tuple[Alert, ...]) -> tuple[Alert, ...]:
    return tuple(alert for alert in alerts if alert.state is AlertState.FIRING)


def _began(alert: Alert, alerts: tuple[Alert, ...]) -> float:
    """When the first alert of `alert`'s name and service began: its pods follow one after the other."""
    alike = (one for one in _firing(alerts) if (one.name, service_of(one)) == (alert.name, service_of(alert)))
    return min((alert.started_at, *(one.started_at for one in alike)))


def headline(feeds: ClusterFeeds, scope: Scope, now: float, zone: tzinfo) -> Headline:
    """What `feeds` say of the alert in `scope`, else of the most urgent one, with the change before it."""
    alerts = feeds.snapshot(topics.ALERTS).value
    if alerts is None:
        return Headline((Phrase(SafeText("nothing is known of alerts yet")),))
    changes = feeds.snapshot(topics.CHANGES)
    chosen = next((alert for alert in alerts if alert.fingerprint == scope.selection.alert), None)
    alert = chosen or most_urgent(alerts) or next(iter(_firing(alerts)), None)
    if alert is None:
        return Headline((Phrase(SafeText("no alert is firing")),))
    # Changes are asked for the selection alone: only of its own service can their absence be told.
    selection = scope.selection
    told = changes.state is FeedState.LIVE and changes.completeness.whole and selection.pod is None
    searched = told and selection.service == service_of(alert)
    known = changes.value.changes if changes.value is not None else ()
    parts = sentence(alert, alerts, known, now, zone, searched=searched)
    return Headline(parts, alert.severity if alert.state is AlertState.FIRING else None)


def sentence(
    alert: Alert, alerts: tuple[Alert, ...], changes: tuple[Change, ...], now: float, zone: tzinfo, *, searched: bool
) -> tuple[Phrase, ...]:
    """Phrases about `alert`, the change before the trouble, how many others of `alerts` fire, and the summary.

    `searched` says that `changes` hold all there were, so that none is worth a word, too.
    """
    began, place = _began(alert, alerts), service_of(alert)
    sign = first_sign(alert, alerts)
    state = "" if alert.state is AlertState.FIRING else f" {alert.state.value}"
    age = format_duration(now - began)
    first = first_age = ""
    if began - sign >= _APART:
        first = f", first alert {clock_text(sign, zone, '%H:%M')}"
        first_age = f" (first {format_duration(now - sign)})"
    phrases = [
        Phrase(
            SafeText(
                f"{alert.name}{f' on {place}' if place else ''}{state}"
                f" since {clock_text(began, zone, '%H:%M')} ({age}){first}"
            ),
            SafeText(f"{alert.name}{f' {place}' if place else ''}{state} {age}{first_age}"),
            SafeText(f"{alert.name}{f' {place}' if place else ''}{state} {age}"),
        )
    ]
    change = change_before(msgspec.structs.replace(alert, started_at=sign), changes)
    if change is not None:
        phrases.append(_change_phrase(change, sign, place, " that" if first else ""))
    elif searched and place:
        phrases.append(
            Phrase(SafeText(f"nothing of {place} changed in the hour before"), SafeText("no change before it"))
        )
    others = sum(other.fingerprint != alert.fingerprint for other in _firing(alerts))
    if others:
        phrases.append(Phrase(SafeText(f"{others} more firing"), SafeText(f"+{others} firing")))
    if alert.summary:
        phrases.append(Phrase(alert.summary))
    return tuple(phrases)


def _change_phrase(change: Change, sign: float, place: SafeText | None, of: str) -> Phrase:
    gap = format_duration(abs(sign - change.time))
    when = "before" if change.time <= sign else "after"
    title = change.title.split(", revision ")[0]
    if place and change.service == place:
        # The alert has named the service already.
        title = title.replace(f" {place} ", " ", 1)
    return Phrase(SafeText(f"{gap} {when}{of}: {change.title}"), SafeText(f"{gap} {when}: {title}"))
