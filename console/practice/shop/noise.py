"""Noise that depends on what it is for and when, never on when it is asked.

Counter-based generation (Steele, Lea, Flood 2014: SplitMix64's finalizer as a hash): the value of
a stream at a counter is a pure function of seed, stream name and counter.
"""

from __future__ import annotations

import zlib

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Counters = NDArray[np.int64]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
_MASK = (1 << 64) - 1


def mixed(value: int) -> int:
    """SplitMix64's finalizer of one 64-bit integer."""
    value = (value + 0x9E3779B97F4A7C15) & _MASK
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & _MASK
    return value ^ (value >> 31)


class Noise:
    """All randomness of one shop."""

    def __init__(self, seed: int) -> None:
        """`seed` may be any integer."""
        self._seed = mixed(seed & _MASK)
        self._streams: dict[str, int] = {}

    def key(self, stream: str) -> int:
        """64 bits that stand for a stream."""
        found = self._streams.get(stream)
        if found is None:
            name = stream.encode()
            found = mixed(self._seed ^ (zlib.crc32(name) << 32 | zlib.adler32(name)))
            self._streams[stream] = found
        return found

    def bits(self, stream: str, counter: int) -> int:
        """64 random bits."""
        return mixed(self.key(stream) ^ mixed(counter & _MASK))

    def unit(self, stream: str, counter: int) -> float:
        """One number in [0, 1)."""
        return (self.bits(stream, counter) >> 11) * 2.0**-53

    def units(self, stream: str, counters: Counters) -> Floats:
        """Numbers in [0, 1), one for each counter; equal to `unit` of each."""
        return np.asarray(
            (self._mix(self._mix(counters.astype(np.uint64)) ^ np.uint64(self.key(stream))) >> np.uint64(11)) * 2.0**-53
        )

    def normals(self, stream: str, counters: Counters) -> Floats:
        """Standard normal numbers, one for each counter (Box-Muller)."""
        radius = np.sqrt(-2.0 * np.log1p(-self.units(stream + "/r", counters)))
        return np.asarray(radius * np.cos(2.0 * np.pi * self.units(stream + "/a", counters)))

    def drift(self, stream: str, counters: Counters, width: int = 18) -> Floats:
        """Smooth noise of unit variance: normals averaged over `width` consecutive counters.

        `counters` must be consecutive.
        """
        if len(counters) == 0:
            return np.zeros(0)
        longer = np.arange(counters[0] - width + 1, counters[-1] + 1)
        sums = np.convolve(self.normals(stream, longer), np.ones(width), mode="valid")
        return np.asarray(sums / np.sqrt(width))

    @staticmethod
    def _mix(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
        values = values + _GOLDEN
        values = (values ^ (values >> np.uint64(30))) * _MIX_1
        values = (values ^ (values >> np.uint64(27))) * _MIX_2
        return np.asarray(values ^ (values >> np.uint64(31)))
