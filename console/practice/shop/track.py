"""What a pod was at each tick of a block, as arrays."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from opsconsole.practice.shop.workload import PROBE_RESULTS, Pod

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Track:
    """One pod over consecutive ticks; every array has one entry a tick.

    `present`: the pod exists; `run`: which life of its container goes on, 0 for none; `run_age` in
    seconds; `probes` has a column for each of `PROBE_RESULTS`.
    """

    pod: Pod
    present: Bools
    run: Ints
    run_age: Floats
    ready: Bools
    serving: Bools
    level: Floats
    restarts: Floats
    probes: Floats

    @property
    def alive(self) -> Bools:
        """Whether its container runs."""
        return np.asarray(self.run > 0)


def _spread(at: Ints, values: tuple[Any, ...], count: int) -> Floats:
    full = np.zeros(count)
    full[at] = values
    return full


def tracked(pods: Iterable[Pod], first: int, last: int) -> list[Track]:
    """The samples that `pods` have collected for the ticks `first..last`, taken from them."""
    tracks = []
    for pod in pods:
        samples = [sample for sample in pod.samples if first <= sample.tick <= last]
        pod.samples = [sample for sample in pod.samples if sample.tick > last]
        if not samples:
            continue
        count = last - first + 1
        at = np.array([sample.tick for sample in samples]) - first
        columns = list(zip(*samples, strict=True))

        present = np.zeros(count, dtype=bool)
        present[at] = True
        probes = np.zeros((count, len(PROBE_RESULTS)))
        probes[at] = columns[7]
        tracks.append(
            Track(
                pod=pod,
                present=present,
                run=_spread(at, columns[1], count).astype(np.int64),
                run_age=_spread(at, columns[2], count),
                ready=_spread(at, columns[3], count).astype(bool),
                serving=_spread(at, columns[4], count).astype(bool),
                level=_spread(at, columns[5], count),
                restarts=_spread(at, columns[6], count),
                probes=probes,
            )
        )
    return tracks
