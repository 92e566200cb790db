"""The sentence under the header: what is wrong, since when, where, and what changed before it."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo

from opsconsole.domain.alert import Alert, AlertState
from opsconsole.domain.pod import Change, ChangeKind
from opsconsole.domain.text import SafeText
from opsconsole.domain.time_range import format_duration
from opsconsole.screens.following import service_of

_BEFORE = 3600.0
"""Seconds before an alert in which a change is worth naming with it."""
_AFTER = 120.0
"""An alert waits out its `for`; a change is also named when it came shortly after the trouble began."""


def clock_time(moment: float, zone: tzinfo) -> str:
    """`moment` (unix seconds) as HH:MM in `zone`; `--:--` when no calendar can hold it."""
    try:
        return datetime.fromtimestamp(moment, UTC).astimezone(zone).strftime("%H:%M")
    except (ValueError, OverflowError, OSError):
        return "--:--"


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


def headline(alert: Alert | None, others: int, changes: tuple[Change, ...], now: float, zone: tzinfo) -> SafeText:
    """One line about `alert`, the number of `others` that fire, and the change before it."""
    if alert is None:
        return SafeText("no alert is firing")
    since = f"{clock_time(alert.started_at, zone)} ({format_duration(now - alert.started_at)})"
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
    return SafeText(" · ".join(parts))
