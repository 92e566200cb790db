"""The practice shop: one object that the wire servers read and change."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from opsconsole.practice.shop.conditions import Model
from opsconsole.practice.shop.control import TICK, Change, Control
from opsconsole.practice.shop.exposition import Exposition
from opsconsole.practice.shop.ledger import Ledger
from opsconsole.practice.shop.noise import Noise
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
        """`started_at` is unix seconds; `trouble_age` and `history` seconds before it."""
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
        control = self.control
        tracks = tracked([*control.pods, *control.gone], first, last)
        control.gone = [pod for pod in control.gone if pod.samples]
        self._exposition.write(self._model.conditions(np.arange(first, last + 1), tracks))

    def apply(self, change: Change) -> None:
        """Do `change` now. Raises `KeyError` when what it names is not there."""
        self.advance()
        self.control.apply(change)
