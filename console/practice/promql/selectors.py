"""Selectors: from stored samples to values at each step, or to windows of samples.

Rules of Prometheus 2.x (promql/engine.go): an instant selector takes the newest sample no older
than the lookback, unless that sample is a staleness marker; ranges include both their ends.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from opsconsole.practice.promql.store import STALE_BITS, Floats, StoredSeries
from opsconsole.practice.promql.values import Bools, Ints, Labels, Vector, empty_vector, label_key, stacked


@dataclass(frozen=True)
class Block:
    """Series that were sampled at the same moments: `values` has shape (series, samples)."""

    labels: list[Labels]
    milliseconds: Ints
    values: Floats


@dataclass(frozen=True)
class Window:
    """For each step, the samples `first[step]` up to but not including `last[step]` of a block.

    `starts`, `ends` bound the range in milliseconds (offset applied); `moments` are the steps themselves.
    """

    block: Block
    first: Ints
    last: Ints
    starts: Ints
    ends: Ints
    moments: Ints

    @property
    def count(self) -> Ints:
        """Samples in the range at each step."""
        return self.last - self.first

    @property
    def seconds(self) -> Floats:
        """Sample times in unix seconds."""
        return self.block.milliseconds / 1000.0


def _is_stale(values: Floats) -> Bools:
    return np.asarray(np.ascontiguousarray(values).view(np.int64) == STALE_BITS, dtype=np.bool_)


def blocks(found: Sequence[StoredSeries], start: int, end: int, *, drop_stale: bool) -> list[Block]:
    """The samples of `found` in `start..end` (milliseconds), series with equal sample times together."""
    groups: dict[bytes, tuple[Ints, list[StoredSeries], list[Floats]]] = {}
    for series in sorted(found, key=lambda series: label_key(series.labels)):
        low = int(np.searchsorted(series.times, start / 1000.0 - 0.001))
        high = int(np.searchsorted(series.times, end / 1000.0 + 0.001, side="right"))
        times, values = series.times[low:high], series.values[low:high]
        if drop_stale and np.isnan(values).any() and (stale := _is_stale(values)).any():
            times, values = times[~stale], values[~stale]
        if not len(times):
            continue
        key = times.tobytes()
        if key not in groups:
            groups[key] = (np.rint(times * 1000.0).astype(np.int64), [], [])
        groups[key][1].append(series)
        groups[key][2].append(values)
    return [
        Block([dict(series.labels) for series in members], milliseconds, np.array(rows, dtype=np.float64))
        for milliseconds, members, rows in groups.values()
    ]


def at_steps(parts: Sequence[Block], references: Ints, lookback: int) -> tuple[Vector, Floats]:
    """The newest sample at each of `references` (milliseconds), and its time in unix seconds."""
    vectors, sampled = [], []
    for block in parts:
        index = np.searchsorted(block.milliseconds, references, side="right") - 1
        safe = np.maximum(index, 0)
        fresh = (index >= 0) & (block.milliseconds[safe] >= references - lookback)
        values = block.values[:, safe]
        present = np.broadcast_to(fresh, values.shape)
        if np.isnan(values).any():
            present = present & ~_is_stale(values)
        vectors.append(Vector(block.labels, values, np.array(present)))
        sampled.append(np.broadcast_to(block.milliseconds[safe] / 1000.0, values.shape))
    if not vectors:
        return empty_vector(len(references)), np.empty((0, len(references)))
    return stacked(vectors, len(references)), np.concatenate(sampled)


def windows(parts: Sequence[Block], references: Ints, width: int, moments: Ints) -> list[Window]:
    """For each block, the samples of the `width` milliseconds up to each of `references`."""
    starts = references - width
    return [
        Window(
            block,
            np.searchsorted(block.milliseconds, starts, side="left").astype(np.int64),
            np.searchsorted(block.milliseconds, references, side="right").astype(np.int64),
            starts,
            references,
            moments,
        )
        for block in parts
    ]


def blocks_of(vector: Vector, milliseconds: Ints) -> list[Block]:
    """The samples of an evaluated vector (a subquery's steps) as blocks again."""
    groups: dict[bytes, list[int]] = {}
    for row in range(len(vector)):
        groups.setdefault(vector.present[row].tobytes(), []).append(row)
    made = []
    for rows in groups.values():
        mask = vector.present[rows[0]]
        if mask.any():
            made.append(Block([vector.labels[row] for row in rows], milliseconds[mask], vector.values[rows][:, mask]))
    return made
