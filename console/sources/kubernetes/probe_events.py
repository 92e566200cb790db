"""What events tell of probes. No field of a pod holds a probe's last result, so the kubelet's words are read."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from opsconsole.domain.pod import ProbeKind
from opsconsole.domain.text import SafeText
from opsconsole.safe_text import safe_text
from opsconsole.sources.kubernetes.objects import EventObject
from opsconsole.sources.moments import parse_moment

# Wording of pkg/kubelet/prober and pkg/kubelet/kuberuntime in Kubernetes.
_FAILED = re.compile(
    r"(Startup|Readiness|Liveness) probe (failed|errored)(?: and resulted in \w+ state)?: ?(.*)", re.DOTALL
)
_KILLED = re.compile(r"Container (\S+) failed (startup|liveness) probe, will be restarted")
_COMBINED = "(combined from similar events): "
_FIELD_PATH = re.compile(r"spec\.(?:initContainers|containers)\{([^}]*)\}")

STAMP_RESOLUTION = 1.0
"""Kubernetes' times hold whole seconds."""

PERIOD_JITTER = 1.3
"""How much longer than its period a probe may take to come again."""

ProbeKey = tuple[str, str, ProbeKind]
"""Pod uid, container name and kind."""


@dataclass(frozen=True)
class Sighting:
    """One event about a probe. `first` and `last` are unix seconds; `counts` says whether it nears the threshold."""

    count: int
    first: float
    last: float
    text: SafeText
    counts: bool = True

    def in_a_row(self, start: float, period: float) -> int:
        """Failures since `start` that can have followed each other, up to the last; at least that one.

        An event counts how often it came since it was first seen, successes between left out. Only where it
        came about once a period was it a run.
        """
        began = max(self.first, start)
        fitting = self.count if self.first >= start else min(self.count, int((self.last - start) / period) + 1)
        dense = self.last - began <= (fitting - 1) * period * PERIOD_JITTER + 2 * STAMP_RESOLUTION
        return fitting if dense else 1


@dataclass
class ProbeHistory:
    """Sightings of one probe, and when the kubelet last gave its container up for it."""

    sightings: list[Sighting] = field(default_factory=list)
    killed_at: float | None = None

    @property
    def newest(self) -> Sighting | None:
        """The latest sighting."""
        return max(self.sightings, key=lambda sighting: sighting.last, default=None)

    def run(self, start: float, period: float, reach: float) -> int:
        """Failures in a row up to the newest sighting, none before `start` (unix seconds); an estimate.

        Every text of a failure is an event of its own; they are one run while gaps stay within `reach` seconds.
        """
        counted = [sighting for sighting in self.sightings if sighting.counts and sighting.last >= start]
        total, edge = 0, None
        for sighting in sorted(counted, key=lambda one: -one.last):
            if edge is not None and edge - sighting.last > reach:
                break
            length = sighting.in_a_row(start, period)
            total += length
            begin = sighting.last - (length - 1) * period
            edge = begin if edge is None else min(edge, begin)
        return total


def histories(events: Iterable[EventObject]) -> dict[ProbeKey, ProbeHistory]:
    """What `Unhealthy` and `Killing` events tell, by probe."""
    found: dict[ProbeKey, ProbeHistory] = {}
    for event in events:
        first, last, count = _times(event)
        if last is None or first is None:
            continue
        message = event.message.removeprefix(_COMBINED)
        if (match := _FAILED.match(message)) is not None:
            key = (event.involved_object.uid, _container(event), ProbeKind(match.group(1).lower()))
            text = safe_text(match.group(3).strip(), 1000)
            sighting = Sighting(count, first, last, text, counts=match.group(2) == "failed")
            found.setdefault(key, ProbeHistory()).sightings.append(sighting)
        elif (match := _KILLED.match(message)) is not None:
            key = (event.involved_object.uid, match.group(1), ProbeKind(match.group(2)))
            history = found.setdefault(key, ProbeHistory())
            history.killed_at = max(last, history.killed_at or 0.0)
    return found


def _container(event: EventObject) -> str:
    match = _FIELD_PATH.fullmatch(event.involved_object.field_path)
    return match.group(1) if match else ""


def _times(event: EventObject) -> tuple[float | None, float | None, int]:
    series = event.series
    stamps = (series.last_observed_time if series else None, event.last_timestamp, event.event_time)
    known = [moment for stamp in stamps if stamp and (moment := parse_moment(stamp)) is not None]
    created = parse_moment(event.metadata.creation_timestamp or "")
    last = max(known, default=created)
    began = event.first_timestamp or event.event_time
    first = (parse_moment(began) if began else None) or created or last
    return first, last, max(1, (series.count if series else 0) or event.count or 1)
