"""Failures in a row, from what events and counters tell: frozen states that observe.

The kubelet's own run is private. Every check that fails is one event, sent before it is counted against the
threshold, until the kubelet's event budget is spent; equal texts are one event object whose `count` grows,
different texts are several, and from ten texts in ten minutes on all are one `(combined from similar events)`
(client-go, `tools/record/events_cache.go`). Successes are silent, so a run of events is an estimate.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from opsconsole.domain.pod import Evidence
from opsconsole.domain.probe_counters import CounterSample
from opsconsole.domain.text import SafeText
from opsconsole.sources.kubernetes.probing.counter_run import joined
from opsconsole.sources.kubernetes.probing.event_budget import FULL, EventBudget

STAMP_RESOLUTION = 1.0
"""Kubernetes' times hold whole seconds."""

PERIOD_JITTER = 1.3
"""How much longer than its period a probe may take to come again."""

GAP = 1.5
"""Periods between two failures from which on a success must have come between them: one check a period."""

SIGHTINGS = 64
SAMPLES = 96


@dataclass(frozen=True)
class Sighting:
    """Failures that one look at an event told: `count` of them, from `first` to `last`, unix seconds.

    `counts` is whether they near the threshold; a probe that errored doesn't (`worker.go`). Those of a combined
    event are `shared`: failures of the pod's other probes may be among them.
    """

    count: int
    first: float
    last: float
    text: SafeText
    counts: bool = True
    shared: bool = False

    def in_a_row(self, start: float, period: float) -> int | None:
        """Failures since `start` that can have followed each other, up to the last; None when they were no run.

        An event counts how often it came since it was first seen, successes between left out. Only where it
        came about once a period was it a run.
        """
        began = max(self.first, start)
        fitting = self.count
        if self.first < start or self.shared:
            fitting = min(fitting, int((self.last - began + STAMP_RESOLUTION / 2) / period) + 1)
        dense = self.last - began <= (fitting - 1) * period * PERIOD_JITTER + 2 * STAMP_RESOLUTION
        return fitting if dense else None

    def with_older(self, other: Sighting) -> Sighting:
        """Both as one."""
        shared = self.shared or other.shared
        return replace(self, count=self.count + other.count, first=min(self.first, other.first), shared=shared)


@dataclass(frozen=True)
class ProbeHistory:
    """What was seen of one probe so far; `observe…` gives the history that knows one thing more."""

    sightings: tuple[Sighting, ...] = ()
    """Oldest first."""
    killed_at: float | None = None
    """When the kubelet last gave the container up for this probe."""
    passed_at: float | None = None
    """A moment at which the probe is known to have succeeded."""
    samples: tuple[CounterSample, ...] = ()
    counter: Evidence | None = None
    """Who told `samples`."""
    budget: EventBudget = FULL
    """What the kubelet has left for warnings about the pod."""
    heard: bool = True
    """Whether events can be read at all."""

    @property
    def newest(self) -> Sighting | None:
        """The latest sighting."""
        return self.sightings[-1] if self.sightings else None

    def observe_failure(self, sighting: Sighting) -> ProbeHistory:
        """Failures were seen."""
        ordered = tuple(sorted((*self.sightings, sighting), key=lambda one: one.last))
        return replace(self, sightings=_bounded(ordered))

    def observe_kill(self, at: float) -> ProbeHistory:
        """The kubelet gave the container up for this probe."""
        return replace(self, killed_at=max(at, self.killed_at or 0.0))

    def observe_success(self, at: float) -> ProbeHistory:
        """The probe succeeded: a warning came, or the container became ready or started."""
        return replace(self, passed_at=max(at, self.passed_at or 0.0))

    def observe_counter(self, samples: tuple[CounterSample, ...], told_by: Evidence) -> ProbeHistory:
        """Readings of the counter, oldest first. Readings of another teller can't continue the ones before."""
        before = self.samples if told_by is self.counter else ()
        return replace(self, samples=joined(before, samples, SAMPLES), counter=told_by)

    def run(self, start: float, period: float) -> int:
        """Failures in a row that events tell of up to the newest, none before `start` (unix seconds); an estimate.

        They are one run while no gap is longer than `GAP` periods; a known success ends it.
        """
        start = max(start, self.passed_at or 0.0)
        reach = GAP * period + STAMP_RESOLUTION
        left = [sighting for sighting in self.sightings if sighting.last >= start]
        total, edge = 0, None
        while left and (edge is None or edge - left[-1].last <= reach):
            if not left[-1].counts:
                # A check that errored is thrown away: the run goes on over it.
                edge = left.pop().last
                continue
            length, parts = _block([one for one in left if one.counts], start, period)
            total += length
            begin = left[-1].last - (length - 1) * period
            edge = begin if edge is None else min(edge, begin)
            if not parts:
                break
            left = _without(left, parts)
        return total


def _without(sightings: list[Sighting], parts: int) -> list[Sighting]:
    """All but the newest `parts` that count, and what came among them."""
    while parts:
        parts -= sightings.pop().counts
    return sightings


def _block(sightings: Sequence[Sighting], start: float, period: float) -> tuple[int, int]:
    """The run that the newest sighting ends, and how many sightings it takes; 1 and none when it was no run.

    A text that came every other time was a run together with the text that came in between.
    """
    together = sightings[-1]
    for parts, older in enumerate((*reversed(sightings[:-1]), None), start=1):
        length = together.in_a_row(start, period)
        if length is not None:
            return length, parts
        if older is None or older.last < together.first:
            break
        together = together.with_older(older)
    return 1, 0


def _bounded(sightings: tuple[Sighting, ...]) -> tuple[Sighting, ...]:
    """At most `SIGHTINGS`: the oldest two that count alike become one, whose density tells whether they were a run."""
    if len(sightings) <= SIGHTINGS:
        return sightings
    one, two, *rest = sightings
    if one.counts is not two.counts:
        return (two, *rest)
    return (two.with_older(one), *rest)
