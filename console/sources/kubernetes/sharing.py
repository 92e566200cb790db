"""Equal values kept once: ten thousand pods have few images, labels and probes between them."""

from __future__ import annotations

import sys
from typing import TypeVar

from opsconsole.domain.pod import Probe
from opsconsole.domain.text import SafeText
from opsconsole.safe_text import safe_mapping, safe_text

K = TypeVar("K")
V = TypeVar("V")

KEPT = 4096
"""Different values kept of one kind; with more of them they are not the same over and over."""


def shared_text(raw: str, limit: int) -> SafeText:
    """`safe_text`, the one object for all equal texts."""
    return SafeText(sys.intern(safe_text(raw, limit)))


class Shared:
    """Remembers the label sets and probes of pods by value. What it hands out must not be changed."""

    def __init__(self) -> None:
        """Nothing yet."""
        self._labels: dict[tuple[tuple[str, str], ...], dict[SafeText, SafeText]] = {}
        self._probes: dict[tuple[Probe, ...], tuple[Probe, ...]] = {}

    def labels(self, raw: dict[str, str]) -> dict[SafeText, SafeText]:
        """`raw` made safe."""
        key = tuple(raw.items())
        found = self._labels.get(key)
        if found is None:
            found = {shared_text(name, 256): shared_text(value, 8192) for name, value in safe_mapping(raw).items()}
            _keep(self._labels, key, found)
        return found

    def probes(self, probes: tuple[Probe, ...]) -> tuple[Probe, ...]:
        """Equal probes; those that fail are nobody else's."""
        if any(probe.last_failure_at is not None for probe in probes):
            return probes
        found = self._probes.get(probes)
        if found is None:
            found = probes
            _keep(self._probes, probes, probes)
        return found


def _keep(where: dict[K, V], key: K, value: V) -> None:
    if len(where) >= KEPT:
        where.clear()
    where[key] = value
