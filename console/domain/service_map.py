"""Who calls whom, from all that tells of it, around one service."""

from __future__ import annotations

import msgspec

from opsconsole.domain.text import SafeText
from opsconsole.domain.topology import ServiceEdge

UNHEALTHY = 0.05
"""Share of failed calls from which an edge is called failing."""


class MapEdge(msgspec.Struct, frozen=True):
    """Calls of `caller` to `callee`: `counted` by the store over the range, `sampled` in the traces in hand.

    Either is None where that source tells nothing of it.
    """

    caller: SafeText
    callee: SafeText
    counted: int | None = None
    sampled: ServiceEdge | None = None

    @property
    def key(self) -> tuple[SafeText, SafeText]:
        """What tells it from the others."""
        return self.caller, self.callee

    @property
    def error_ratio(self) -> float | None:
        """Failed calls of those sampled, 0 to 1; None where none was."""
        return None if self.sampled is None else self.sampled.error_ratio

    @property
    def failing(self) -> bool:
        """Whether so many calls failed that it must be looked at (`UNHEALTHY`)."""
        return (self.error_ratio or 0.0) >= UNHEALTHY

    @property
    def trouble(self) -> tuple[float, float, int, SafeText, SafeText]:
        """Sorts edges: most failures first, then the slowest, then the busiest."""
        slow = (self.sampled.p95 or 0.0) if self.sampled is not None else 0.0
        calls = self.counted or (self.sampled.calls if self.sampled is not None else 0)
        return -(self.error_ratio or 0.0), -slow, -calls, self.caller, self.callee


class ServiceMap(msgspec.Struct, frozen=True):
    """Edges, those in trouble first."""

    edges: tuple[MapEdge, ...] = ()

    def callers(self, service: SafeText) -> tuple[MapEdge, ...]:
        """Edges that end at `service`."""
        return tuple(edge for edge in self.edges if edge.callee == service)

    def callees(self, service: SafeText) -> tuple[MapEdge, ...]:
        """Edges that begin at `service`."""
        return tuple(edge for edge in self.edges if edge.caller == service)

    def worst(self) -> SafeText | None:
        """The service that the worst edge leads to; None without edges."""
        return self.edges[0].callee if self.edges else None
