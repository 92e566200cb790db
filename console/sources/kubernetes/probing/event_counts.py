"""What is new in an event whose count grows while it is watched."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from opsconsole.domain.text import SafeText
from opsconsole.sources.kubernetes.probing.probe_run import Sighting

NAMES = 64
"""Events of one pod whose counts are remembered."""


@dataclass(frozen=True)
class EventLook:
    """One look at an event about failures of a probe: its name, its count so far, and when it first and last came.

    A combined event is `shared` by all probes of the pod; its text is that of the last failure.
    """

    name: str
    count: int
    first: float
    last: float
    text: SafeText
    counts: bool = True
    shared: bool = False


@dataclass(frozen=True)
class EventCounts:
    """By event name: how often it had come when it was last looked at, and when it last came, unix seconds."""

    known: Mapping[str, tuple[int, float]] = field(default_factory=lambda: MappingProxyType({}))

    def observe(self, look: EventLook) -> tuple[EventCounts, Sighting | None]:
        """The counts after a look, and what it told that was new.

        A count lower than before is that of another event by the same name.
        """
        known, before = self.known.get(look.name, (0, look.first))
        afresh = look.count < known or not known
        fresh = look.count if afresh else look.count - known
        if not fresh:
            return self, None
        # What came since the last look came evenly, as far as one can know.
        first = look.first if afresh else look.last - max(0.0, look.last - before) * (fresh - 1) / fresh
        # That of a combined event which came once is this probe's; of more nobody knows whose they were.
        sighting = Sighting(fresh, first, look.last, look.text, look.counts, look.shared and fresh > 1)
        names = {**self.known, look.name: (look.count, look.last)}
        while len(names) > NAMES:
            names.pop(next(iter(names)))
        return EventCounts(MappingProxyType(names)), sighting
