"""What an incident's record tells already, as far as the next event depends on it."""

from __future__ import annotations

from collections.abc import Iterable

from opsconsole.domain.incident_event import AlertFired, ChangeKind, ChangeSeen, IncidentEvent, ProbeFlipped
from opsconsole.domain.pod import ProbeKind
from opsconsole.domain.text import SafeText

ONE_BY_ONE = 6
"""Events about the same thing that are told one by one; from then on it flaps, and is told every `FLAP_SECONDS`."""

FLAP_SECONDS = 600.0

ProbeKey = tuple[SafeText, SafeText, SafeText, ProbeKind]
"""Namespace, pod, container and which probe."""


class Told:
    """A digest of the events of one incident, which are given by the time they happened."""

    def __init__(self, events: Iterable[IncidentEvent]) -> None:
        """`events` are all that the incident has."""
        self.ids: set[str] = set()
        self._last: dict[object, IncidentEvent] = {}
        self._counts: dict[object, int] = {}
        self._pods: dict[object, set[SafeText]] = {}
        for event in events:
            self.ids.add(event.id)
            about = _about(event)
            if about is not None:
                self._last[about] = event
                self._counts[about] = self._counts.get(about, 0) + 1
            if isinstance(event.what, ProbeFlipped):
                self._pods.setdefault((event.what.container, event.what.probe), set()).add(event.what.pod)

    def last(self, about: object) -> IncidentEvent | None:
        """The newest event about something: a fingerprint, a `ProbeKey`, or a `ChangeKind` with its target."""
        return self._last.get(about)

    def pods(self, container: SafeText, probe: ProbeKind) -> int:
        """Of how many pods it tells that this probe of theirs flipped."""
        return len(self._pods.get((container, probe), ()))

    def after(self, about: object) -> str:
        """What names the place in the record after the newest event about something."""
        last = self._last.get(about)
        return "first" if last is None else last.id

    def flaps(self, about: object) -> bool:
        """Whether so much was told about something that it is told less often by now."""
        return self._counts.get(about, 0) >= ONE_BY_ONE

    def too_soon(self, about: object, at: float) -> bool:
        """Whether what happens to something `at` (unix seconds) is to wait, because it flaps."""
        last = self._last.get(about)
        return last is not None and self.flaps(about) and at < last.at + FLAP_SECONDS


def change_key(kind: ChangeKind, target: SafeText) -> tuple[ChangeKind, SafeText]:
    """Under what changes of one kind to one thing are looked up."""
    return kind, target


def _about(event: IncidentEvent) -> object:
    match event.what:
        case AlertFired(fingerprint):
            return fingerprint
        case ProbeFlipped(namespace, pod, container, probe):
            return namespace, pod, container, probe
        case ChangeSeen(kind, target):
            return change_key(kind, target)
    return None
