"""What belongs to an incident: its place and its time."""

from __future__ import annotations

from opsconsole.domain.alert import Alert
from opsconsole.domain.incident import Incident, LinkedAlert
from opsconsole.domain.text import SafeText

LOOK_BACK = 3600.0
"""Seconds before an incident began in which something may have brought it about."""


class Reach:
    """Tells of services, moments and alerts whether they are the incident's."""

    def __init__(self, incident: Incident) -> None:
        """As the incident stands now."""
        self.incident = incident
        self._services = frozenset(incident.services)

    def holds_namespace(self, namespace: SafeText | None) -> bool:
        """Whether something there may belong to it; where nobody names a namespace, all may."""
        return not namespace or not self.incident.namespace or namespace == self.incident.namespace

    def holds(self, namespace: SafeText | None, service: SafeText | None) -> bool:
        """Whether that service suffers in it."""
        return service in self._services and self.holds_namespace(namespace)

    def covers(self, at: float) -> bool:
        """Whether what happened `at` (unix seconds) may have to do with it: from an hour before it began to its end."""
        end = self.incident.ends_at
        return at >= self.incident.begins_at - LOOK_BACK and (end is None or at <= end)

    def joined_by(self, alert: Alert) -> bool:
        """Whether a firing alert is one of this trouble: of its services, and not one that has fired for long."""
        end = self.incident.ends_at
        fresh = alert.started_at >= self.incident.opened_at - LOOK_BACK
        return fresh and (end is None or alert.started_at <= end) and self.holds(alert.namespace, alert.service)

    def linked(self, alert: Alert) -> LinkedAlert | None:
        """The incident's alert that `alert` is; None when it is none of them.

        Alertmanager may know it by more labels than the rule that raised it, and so by another fingerprint.
        """
        same_name = None
        for one in self.incident.alerts:
            if one.fingerprint == alert.fingerprint:
                return one
            ours, theirs = one.labels.items(), alert.labels.items()
            if one.name == alert.name and ours and (ours <= theirs or ours >= theirs):
                same_name = one
        return same_name
