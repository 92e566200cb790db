"""The practice shop: one object that the wire servers read and change."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import numpy as np

from opsconsole.practice.shop.changes import Change
from opsconsole.practice.shop.conditions import Model
from opsconsole.practice.shop.control import TICK, Control
from opsconsole.practice.shop.exemplars import SeriesExemplars, duration_exemplars
from opsconsole.practice.shop.exposition import Exposition
from opsconsole.practice.shop.ledger import Ledger
from opsconsole.practice.shop.log_lines import LogLine, LogLines
from opsconsole.practice.shop.moment import Moments
from opsconsole.practice.shop.noise import Noise
from opsconsole.practice.shop.requests import Requests, RequestTrace
from opsconsole.practice.shop.scenario import Scenario
from opsconsole.practice.shop.store import ShopSeries
from opsconsole.practice.shop.track import tracked

HISTORY = 6 * 3600
"""Seconds of history there are at the start."""

TROUBLE_AGE = 720
"""Seconds that the trouble is old at the start."""


class WallClock(Protocol):
    """Wall time."""

    def now(self) -> float:
        """Unix seconds."""
        ...


class Shop:
    """A small shop with its past, broken as `scenario` says, that lives on with `clock`.

    The same scenario, seed, start and changes give the same shop, whenever and however often it is
    asked. Not for several threads.
    """

    def __init__(
        self,
        scenario: Scenario,
        seed: int,
        started_at: float,
        clock: WallClock,
        *,
        trouble_age: int = TROUBLE_AGE,
        history: int = HISTORY,
    ) -> None:
        """`started_at` is unix seconds; `trouble_age` and `history` seconds before it.

        A negative `trouble_age` is trouble to come: the shop is well at first, and breaks while one looks on.
        """
        self.scenario = scenario
        self.seed = seed
        self.started_at = int(started_at)
        self.trouble_at = self.started_at - trouble_age
        self._clock = clock
        begin = (self.started_at - history) // TICK * TICK
        self.begin = begin
        self.noise = Noise(seed)
        self.control = Control(scenario, seed, begin, self.trouble_at)
        self._ledger = Ledger(begin // TICK, history // TICK, rows=1600)
        self._model = Model(self.noise, scenario.fault.kind if scenario.fault else None, TICK)
        self._exposition = Exposition(self._ledger, self.noise, TICK)
        self.moments = Moments(begin // TICK, history // TICK)
        fault = scenario.fault.kind if scenario.fault else None
        self.requests = Requests(self.noise, fault, TICK, self.moments.at)
        self.log_lines = LogLines(self.noise, fault, TICK, self.moments, self.requests)
        self._done = begin // TICK - 1
        self.series = ShopSeries(self._ledger, TICK, self.advance)
        self.advance()

    def now(self) -> float:
        """The clock's unix seconds, never before the start."""
        return max(float(self.started_at), self._clock.now())

    def advance(self) -> None:
        """Live up to now."""
        now = int(self.now())
        self.control.advance(now)
        last = now // TICK
        if last <= self._done:
            return
        first, self._done = self._done + 1, last
        self._ledger.make_room(last)
        fleet = self.control.fleet
        tracks = tracked([*fleet.pods, *fleet.gone], first, last)
        fleet.gone = [pod for pod in fleet.gone if pod.samples]
        conditions = self._model.conditions(np.arange(first, last + 1), tracks)
        self._exposition.write(conditions)
        self.moments.remember(conditions)

    def traces(self, start: float, end: float) -> Iterator[RequestTrace]:
        """Sampled requests that began in `start..end` (unix seconds) and are over, newest first."""
        self.advance()
        now = self.now()
        newest = int(min(end, now) // TICK)
        for tick in range(newest, max(self.moments.first_tick, int(start // TICK)) - 1, -1):
            for trace in sorted(self.requests.of_tick(tick), key=lambda one: -one.start):
                if start <= trace.start <= end and trace.end <= now:
                    yield trace

    def trace(self, trace_id: str) -> RequestTrace | None:
        """The sampled request of that id (32 hex digits), once it is over."""
        self.advance()
        tick = self.requests.tick_of(trace_id)
        if tick is None or not self.moments.first_tick <= tick <= self._done:
            return None
        found = next((one for one in self.requests.of_tick(tick) if one.trace_id == trace_id), None)
        return found if found is not None and found.end <= self.now() else None

    def logs(self, start: float, end: float) -> list[LogLine]:
        """Lines of `start..end` (unix seconds, both included) written so far, oldest first."""
        self.advance()
        now = int(self.now())
        end = min(end, self.now())
        lines: list[LogLine] = []
        for tick in range(max(self.moments.first_tick, int(start // TICK) - 6), int(end // TICK) + 1):
            lines.extend(self.log_lines.of_tick(tick, now))
        return sorted((line for line in lines if start <= line.time <= end), key=lambda line: (line.time, line.id))

    def exemplars(self, start: float, end: float) -> list[SeriesExemplars]:
        """Exemplars of `http_request_duration_seconds_bucket` in `start..end`, by series."""
        return duration_exemplars(self.traces(start, end))

    def apply(self, change: Change) -> None:
        """Do `change` now. Raises `KeyError` when what it names is not there."""
        self.advance()
        self.control.apply(change)
