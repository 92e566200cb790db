"""A drill while it goes on: when it began to hurt, and whether it is over."""

from __future__ import annotations

import msgspec

from opsconsole.domain.alert import Alert, AlertState
from opsconsole.domain.drill import DrillEnding, DrillTruth
from opsconsole.domain.incident import Incident, IncidentState
from opsconsole.domain.incident_event import DrillEnded
from opsconsole.domain.series import Severity
from opsconsole.domain.text import SafeText
from opsconsole.drills.key_path import KeyPath

STEADY = 30.0
"""Seconds that it has to stay calm: between two rounds of its alerts a shop in trouble may look well."""

_COUNTS_BACK = "increase("
"""In a rule's query: it tells of what happened in the last minutes, and fires on long after all is well."""


class DrillOrder(msgspec.Struct, frozen=True):
    """What is played; nothing of it is told before the end."""

    scenario: SafeText
    seed: int
    truth: DrillTruth


class Drill:
    """Follows the alerts. Nothing here waits or writes."""

    def __init__(self, order: DrillOrder, path: KeyPath) -> None:
        """Nothing has happened yet; `path` is kept by whoever sees the keys."""
        self.order = order
        self.path = path
        self.alerted_at: float | None = None
        """When the first alert fired, in unix seconds: the clock runs from here."""
        self.incident: str | None = None
        """The incident in which it is written down, once it is."""
        self.trouble = ""
        """Why its end could not be written down when the console ended."""
        self._calm_at: float | None = None
        self._seen_at = 0.0
        self._waiting: tuple[Alert, ...] = ()

    @property
    def calm(self) -> bool:
        """Whether something was wrong, and nothing that matters has been for a while."""
        return self._calm_at is not None and self._seen_at - self._calm_at >= STEADY

    @property
    def waiting(self) -> tuple[SafeText, ...]:
        """Names of the alerts that have to clear before it is calm."""
        return tuple(dict.fromkeys(alert.name for alert in self._waiting))

    def see(self, alerts: tuple[Alert, ...], now: float) -> None:
        """All alerts there are at `now` (unix seconds), from a whole and fresh answer.

        It is calm without any, but for those that count back some minutes. Silences heal nothing.
        """
        self._seen_at = now
        active = [one for one in alerts if one.state is not AlertState.PENDING and one.severity is not Severity.INFO]
        firing = [one.fires_since for one in active if one.state is AlertState.FIRING]
        if self.alerted_at is None and firing:
            self.alerted_at = min(firing)
        self._waiting = tuple(one for one in active if _COUNTS_BACK not in one.query)
        if self._waiting or self.alerted_at is None:
            self._calm_at = None
        elif self._calm_at is None:
            self._calm_at = now

    def healed(self, incident: Incident | None) -> bool:
        """Whether it is over by itself: `incident` is resolved, and it is calm."""
        return incident is not None and self.calm and incident.state in (IncidentState.RESOLVED, IncidentState.CLOSED)

    def ended(self, ending: DrillEnding) -> DrillEnded | None:
        """What is written down at its end; None when no alert had fired, for then there was nothing to find."""
        if self.alerted_at is None:
            return None
        return DrillEnded(
            scenario=self.order.scenario,
            seed=self.order.seed,
            truth=self.order.truth,
            ending=ending,
            alerted_at=self.alerted_at,
            calm_at=self._calm_at,
            path=self.path.used,
            unlisted=self.path.unlisted,
        )
