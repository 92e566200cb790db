"""What events tell of probes. No field of a pod holds a probe's last result, so the kubelet's words are read."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from opsconsole.domain.pod import ProbeKind
from opsconsole.safe_text import safe_text
from opsconsole.sources.kubernetes.objects import EventObject
from opsconsole.sources.kubernetes.probing.event_counts import EventCounts, EventLook
from opsconsole.sources.kubernetes.probing.probe_run import STAMP_RESOLUTION, ProbeHistory, Sighting
from opsconsole.sources.moments import parse_moment

__all__ = [
    "STAMP_RESOLUTION",
    "ProbeHistory",
    "ProbeKey",
    "ProbeNews",
    "Sighting",
    "histories",
    "probe_news",
    "times_of",
]

# Wording of pkg/kubelet/prober and pkg/kubelet/kuberuntime in Kubernetes.
_FAILED = re.compile(
    r"(Startup|Readiness|Liveness) probe (failed|errored)(?: and resulted in \w+ state)?: ?(.*)", re.DOTALL
)
_WARNED = re.compile(r"(Startup|Readiness|Liveness) probe warning: ?", re.DOTALL)
_KILLED = re.compile(r"(?:Container|Init container) (\S+) failed (startup|liveness) probe")
_COMBINED = "(combined from similar events): "
_FIELD_PATH = re.compile(r"spec\.(?:initContainers|containers)\{([^}]*)\}")

ProbeKey = tuple[str, str, ProbeKind]
"""Pod uid, container name and kind."""


@dataclass(frozen=True)
class ProbeNews:
    """What one event says of a probe: a failure, or that it passed with a warning, or that its threshold is reached."""

    key: ProbeKey
    failure: EventLook | None = None
    passed_at: float | None = None
    killed_at: float | None = None

    def told(self, history: ProbeHistory, counts: EventCounts) -> tuple[ProbeHistory, EventCounts]:
        """`history` with the news, and the counts of the pod's events after it."""
        if self.failure is not None:
            counts, sighting = counts.observe(self.failure)
            return (history if sighting is None else history.observe_failure(sighting)), counts
        if self.killed_at is not None:
            return history.observe_kill(self.killed_at), counts
        return (history if self.passed_at is None else history.observe_success(self.passed_at)), counts


def probe_news(event: EventObject) -> ProbeNews | None:
    """What `event` says of a probe, None when it speaks of something else or bears no time."""
    first, last, count = times_of(event)
    if first is None or last is None:
        return None
    message = event.message.removeprefix(_COMBINED)
    uid = event.involved_object.uid
    if (match := _FAILED.match(message)) is not None:
        text = safe_text(match.group(3).strip(), 1000)
        name, shared = event.metadata.uid or event.metadata.name, message != event.message
        look = EventLook(name, count, first, last, text, match.group(2) == "failed", shared)
        return ProbeNews((uid, _container(event), ProbeKind(match.group(1).lower())), failure=look)
    if (match := _KILLED.match(message)) is not None:
        return ProbeNews((uid, match.group(1), ProbeKind(match.group(2))), killed_at=last)
    if (match := _WARNED.match(message)) is not None:
        return ProbeNews((uid, _container(event), ProbeKind(match.group(1).lower())), passed_at=last)
    return None


def histories(events: Iterable[EventObject]) -> dict[ProbeKey, ProbeHistory]:
    """What one list of `Unhealthy`, `ProbeWarning` and `Killing` events tells, by probe."""
    found: dict[ProbeKey, ProbeHistory] = {}
    for event in events:
        news = probe_news(event)
        if news is not None:
            # Each event of a list is another one, whatever it is called.
            found[news.key], _ = news.told(found.get(news.key, ProbeHistory()), EventCounts())
    return found


def times_of(event: EventObject) -> tuple[float | None, float | None, int]:
    """When the event first and last came, unix seconds, and how often."""
    series = event.series
    stamps = (series.last_observed_time if series else None, event.last_timestamp, event.event_time)
    known = [moment for stamp in stamps if stamp and (moment := parse_moment(stamp)) is not None]
    created = parse_moment(event.metadata.creation_timestamp or "")
    last = max(known, default=created)
    began = event.first_timestamp or event.event_time
    first = (parse_moment(began) if began else None) or created or last
    return first, last, max(1, (series.count if series else 0) or event.count or 1)


def _container(event: EventObject) -> str:
    match = _FIELD_PATH.fullmatch(event.involved_object.field_path)
    return match.group(1) if match else ""
