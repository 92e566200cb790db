"""How many events the kubelet may still send about a pod.

client-go's spam filter (`tools/record/events_cache.go`) gives every pair of source and object a bucket of 25
events that fills by one in five minutes; newer ones keep one bucket for warnings and one for the rest. All
containers and reasons of a pod share it. What does not fit is never sent, though it is counted: the count of an
event jumps when it is sent again.
"""

from __future__ import annotations

from dataclasses import dataclass

BURST = 25.0
REFILL = 300.0
"""Seconds until one more event may be sent."""


@dataclass(frozen=True)
class EventBudget:
    """What can be left at most: events that were sent but not seen spent more. `at` is unix seconds."""

    left: float = BURST
    at: float = 0.0

    def spend(self, events: int, first: float, last: float) -> EventBudget:
        """The budget after `events` that were sent between `first` and `last`, some of them perhaps only counted."""
        afresh = self.at == 0.0
        begin = first if afresh else max(self.at, first)
        refilled = min(BURST, self._at(begin))
        left = refilled + max(0.0, last - begin) / REFILL - events
        return EventBudget(max(0.0, min(BURST, left)), max(last, self.at))

    def spent(self, now: float) -> bool:
        """Whether nothing can be sent at `now`."""
        return self._at(now) < 1.0

    def _at(self, moment: float) -> float:
        return min(BURST, self.left + max(0.0, moment - self.at) / REFILL)


FULL = EventBudget()
"""A budget nothing was seen of."""
