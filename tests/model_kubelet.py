"""A kubelet that probes one container, and client-go's correlator of its events: the truth of the estimates.

Rules: `pkg/kubelet/prober/worker.go` (`doProbe`) and client-go's `tools/record/events_cache.go`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec

from opsconsole.domain.pod import Evidence, ProbeKind
from opsconsole.domain.probe_counters import CounterSample, ProbeCounter, ProbeCounters
from opsconsole.domain.text import SafeText
from opsconsole.sources.kubernetes.objects import ContainerSpec, ContainerStatus, EventObject

BEGIN = 1_800_000_000
WORDS = {ProbeKind.STARTUP: "Startup", ProbeKind.READINESS: "Readiness", ProbeKind.LIVENESS: "Liveness"}
FIELDS = {
    ProbeKind.STARTUP: "startupProbe",
    ProbeKind.READINESS: "readinessProbe",
    ProbeKind.LIVENESS: "livenessProbe",
}


def stamp(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Correlator:
    """Aggregation, counting and the spam filter for the warnings of one pod."""

    def __init__(self) -> None:
        self.sent: dict[str, dict[str, Any]] = {}
        self._texts: dict[str, tuple[set[str], float]] = {}
        self._counts: dict[str, tuple[int, int]] = {}
        self._left, self._left_at = 25.0, float(BEGIN)

    def can_send(self, now: float) -> bool:
        return min(25.0, self._left + (now - self._left_at) / 300.0) >= 1.0

    def emit(self, reason: str, message: str, now: int) -> dict[str, Any] | None:
        """The event object as the API server has it afterwards, None when it was not sent."""
        texts, last = self._texts.get(reason, (set(), -math.inf))
        texts = texts if now - last <= 600 else set()
        texts.add(message)
        self._texts[reason] = (texts, now)
        key, shown = f"{reason} {message}", message
        if len(texts) >= 10:
            texts.pop()
            key, shown = reason, f"(combined from similar events): {message}"
        count, first = self._counts.get(key, (0, now))
        self._counts[key] = (count + 1, first)
        left = min(25.0, self._left + (now - self._left_at) / 300.0)
        self._left, self._left_at = left, now
        if left < 1.0:
            return None
        self._left -= 1.0
        self.sent[key] = {
            "metadata": {"name": key, "uid": key, "creationTimestamp": stamp(first)},
            "involvedObject": {"kind": "Pod", "uid": "u1", "fieldPath": "spec.containers{app}"},
            "type": "Warning",
            "reason": reason,
            "message": shown,
            "count": count + 1,
            "firstTimestamp": stamp(first),
            "lastTimestamp": stamp(now),
        }
        return self.sent[key]


@dataclass
class ModelKubelet:
    """One probe of one container. `run` is the kubelet's `resultRun` of failures, 0 after a success."""

    kind: ProbeKind
    period: int
    threshold: int
    now: int = BEGIN
    started_at: int = BEGIN
    restarts: int = 0
    run: int = 0
    on_hold: bool = False
    ready: bool = False
    started: bool = False
    successful: int = 0
    failed: int = 0
    last_tick_failed: bool | None = None
    killed_at: int | None = None
    carried: bool = False
    """Whether the run holds failures of a container that ended by itself."""
    correlator: Correlator = field(default_factory=Correlator)
    fresh_events: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.ready = self.kind is not ProbeKind.READINESS
        self.started = self.kind is not ProbeKind.STARTUP

    @property
    def count(self) -> int:
        """What the console should say: failures in a row against the threshold."""
        return self.threshold if self.on_hold and not self.started_up else min(self.run, self.threshold)

    @property
    def started_up(self) -> bool:
        return self.kind is ProbeKind.STARTUP and self.started

    def tick(self, outcome: str, text: str) -> None:
        """One period passes, with a check at its end."""
        self.now += self.period
        if self.on_hold:
            return
        word = WORDS[self.kind]
        if outcome == "error":
            self._emit("Unhealthy", f"{word} probe errored and resulted in unknown state: {text}")
            return
        if outcome == "fail":
            self._emit("Unhealthy", f"{word} probe failed: {text}")
            self.failed += 1
            self.run += 1
            self.last_tick_failed = True
            if self.run < self.threshold:
                return
            if self.kind is ProbeKind.READINESS:
                self.ready = False
            else:
                self.on_hold, self.run, self.carried = True, 0, False
            return
        if outcome == "warn":
            self._emit("ProbeWarning", f"{word} probe warning: {text}")
        self.successful += 1
        self.run, self.last_tick_failed, self.carried = 0, False, False
        self.ready = self.ready or self.kind is ProbeKind.READINESS
        if self.kind is ProbeKind.STARTUP:
            self.started = self.on_hold = True

    @property
    def given_up(self) -> bool:
        return self.on_hold and not self.started_up

    def kill(self) -> None:
        """The kubelet says that it ends the container it has given up: a normal event, with a budget of its own."""
        self.killed_at = self.now
        self.fresh_events.append(
            {
                "metadata": {"name": f"kill{self.restarts}", "creationTimestamp": stamp(self.now)},
                "involvedObject": {"kind": "Pod", "uid": "u1", "fieldPath": "spec.containers{app}"},
                "type": "Normal",
                "reason": "Killing",
                "message": f"Container app failed {self.kind.value} probe, will be restarted",
                "count": 1,
                "firstTimestamp": stamp(self.now),
                "lastTimestamp": stamp(self.now),
            }
        )

    def restart(self) -> None:
        """A new container: after a kill, or because the old one ended by itself, which leaves the run as it is."""
        self.now += 2
        self.carried = self.run > 0
        self.started_at, self.restarts = self.now, self.restarts + 1
        self.on_hold = False
        self.ready = self.kind is not ProbeKind.READINESS
        self.started = self.kind is not ProbeKind.STARTUP
        self.last_tick_failed = None

    def noise(self, times: int) -> None:
        """Warnings about something else."""
        for _ in range(times):
            self._emit("BackOff", "Back-off pulling image")

    def _emit(self, reason: str, message: str) -> None:
        sent = self.correlator.emit(reason, message, self.now)
        if sent is not None:
            self.fresh_events.append(sent)

    # -- what the console can read ---------------------------------------------------------------

    def events(self) -> list[EventObject]:
        """What a watch has brought since the last call."""
        brought, self.fresh_events = self.fresh_events, []
        return [msgspec.convert(event, EventObject) for event in brought]

    def listed_events(self) -> list[EventObject]:
        """What a list brings: every event in its newest form, with whatever a watch would have brought besides."""
        kills = [event for event in self.fresh_events if event["reason"] == "Killing"]
        self.fresh_events = []
        return [msgspec.convert(event, EventObject) for event in (*self.correlator.sent.values(), *kills)]

    def counters(self) -> ProbeCounters:
        sample = CounterSample(self.now + 0.5, self.successful, self.failed)
        counter = ProbeCounter(SafeText("u1"), SafeText("app"), self.kind, (sample,))
        return ProbeCounters((counter,), Evidence.COUNTER)

    def spec(self) -> ContainerSpec:
        probe = {
            "httpGet": {"path": "/healthz", "port": 8080},
            "periodSeconds": self.period,
            "failureThreshold": self.threshold,
        }
        return msgspec.convert({"name": "app", FIELDS[self.kind]: probe}, ContainerSpec)

    def status(self) -> ContainerStatus:
        return msgspec.convert(
            {
                "name": "app",
                "ready": self.ready,
                "started": self.started,
                "restartCount": self.restarts,
                "state": {"running": {"startedAt": stamp(self.started_at)}},
            },
            ContainerStatus,
        )
