"""Domain values for widget tests: a shop in trouble at 14:12:00 UTC on 2026-03-02."""

from __future__ import annotations

from typing import TypeVar

from opsconsole.domain.alert import Alert, AlertState
from opsconsole.domain.series import Severity
from opsconsole.domain.snapshot import FeedState, Snapshot
from opsconsole.domain.text import SafeText
from opsconsole.safe_text import safe_text

NOW = 1_772_460_720.0

T = TypeVar("T")


def live(value: T) -> Snapshot[T]:
    return Snapshot(FeedState.LIVE, value, NOW)


def alert(
    name: str,
    *,
    severity: Severity = Severity.CRITICAL,
    state: AlertState = AlertState.FIRING,
    since: float = 240.0,
    **labels: str,
) -> Alert:
    named = {
        SafeText("alertname"): safe_text(name),
        **{safe_text(key): safe_text(text) for key, text in labels.items()},
    }
    return Alert(
        fingerprint=safe_text(f"{name}-{'-'.join(labels.values())}"),
        name=safe_text(name),
        state=state,
        severity=severity,
        started_at=NOW - since,
        labels=named,
        annotations={SafeText("summary"): safe_text(f"{name} on {labels.get('service', 'something')}")},
    )


ALERTS = (
    alert("ErrorRateHigh", service="checkout"),
    alert("PoolWaiting", service="orders", since=190.0, severity=Severity.WARNING),
    alert("GoroutinesHigh", service="checkout", pod="checkout-7d9f8b6c5-abcde", since=130.0, severity=Severity.WARNING),
    alert("GoroutinesHigh", service="checkout", pod="checkout-7d9f8b6c5-fghij", since=70.0, severity=Severity.WARNING),
    alert("CPUHigh", service="redis", state=AlertState.SILENCED, since=7300.0, severity=Severity.WARNING),
    alert("HighLatency", service="gateway", state=AlertState.PENDING, since=20.0, severity=Severity.WARNING),
    alert("NodeDown", instance="10.0.0.12:9100", state=AlertState.INHIBITED, since=200_000.0),
)
