"""What one tick was like, for those who tell stories about it: traces and log lines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from opsconsole.practice.shop.conditions import Conditions
from opsconsole.practice.shop.ledger import Ledger
from opsconsole.practice.shop.workload import Pod

_FIELDS = (
    "share",
    "slowness",
    "slow_share",
    "slow",
    "errors",
    "hit_ratio",
    "in_use",
    "waiting",
    "blocked",
    "old_generation",
    "pause",
    "goroutines",
    "cpu",
)


class PodMoment(NamedTuple):
    """One running pod at one tick; fields as in `PodCondition`, `level` that of its fault."""

    pod: Pod
    level: float
    share: float
    slowness: float
    slow_share: float
    slow: float
    errors: float
    hit_ratio: float
    in_use: float
    waiting: float
    blocked: float
    old_generation: float
    pause: float
    goroutines: float
    cpu: float


@dataclass(frozen=True)
class Moment:
    """The shop at one tick: running pods by service, seconds of a query and the share of queries that fail."""

    tick: int
    pods: dict[str, tuple[PodMoment, ...]]
    query_seconds: float
    query_errors: float

    @property
    def everyone(self) -> list[PodMoment]:
        """All running pods."""
        return [pod for pods in self.pods.values() for pod in pods]


class Moments:
    """Remembers conditions tick by tick."""

    def __init__(self, first_tick: int, keep: int) -> None:
        """Keeps at least `keep` ticks."""
        self._ledger = Ledger(first_tick, keep, rows=320)
        self._pods: dict[str, tuple[Pod, list[int]]] = {}
        """Pods by uid with the rows of their level and their fields."""
        self._last: Moment | None = None

    @property
    def first_tick(self) -> int:
        """The oldest tick still remembered."""
        return self._ledger.first_tick

    def remember(self, conditions: Conditions) -> None:
        """Keep a block of ticks."""
        first = int(conditions.ticks[0])
        self._ledger.make_room(int(conditions.ticks[-1]))
        self._last = None
        for pod in conditions.pods:
            it, alive = pod.track.pod, pod.track.alive
            if it.uid not in self._pods:
                self._pods[it.uid] = (it, [self._ledger.row((it.uid, field), dict) for field in ("level", *_FIELDS)])
            rows = self._pods[it.uid][1]
            self._ledger.write(rows[0], first, np.where(alive, pod.track.level, np.nan))
            for row, field in zip(rows[1:], _FIELDS, strict=True):
                self._ledger.write(row, first, getattr(pod, field))
        for name, values in (("seconds", conditions.query_seconds), ("errors", conditions.query_errors)):
            self._ledger.write(self._ledger.row(("query", name), dict), first, values)

    def at(self, tick: int) -> Moment:
        """The shop at `tick`."""
        if self._last is not None and self._last.tick == tick:
            return self._last
        column = self._ledger.column(tick)
        pods: dict[str, list[PodMoment]] = {}
        for pod, rows in self._pods.values():
            if column[rows[0]] >= 0.0:
                pods.setdefault(pod.service.name, []).append(PodMoment(pod, *[column[row] for row in rows]))
        seconds, errors = (column[self._ledger.row(("query", name), dict)] for name in ("seconds", "errors"))
        self._last = Moment(tick, {name: tuple(found) for name, found in pods.items()}, seconds, errors)
        return self._last
