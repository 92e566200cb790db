"""Who calls whom."""

from __future__ import annotations

import msgspec

from opsconsole.domain.text import SafeText


class ServiceEdge(msgspec.Struct, frozen=True):
    """Calls of `caller` to `callee`, an external peer or database where `callee` sends no spans of its own.

    `errors` counts the calls that failed and `median`, `p95` are their latencies in seconds; None where whoever
    counted the calls does not tell.
    """

    caller: SafeText
    callee: SafeText
    calls: int
    errors: int | None = None
    median: float | None = None
    p95: float | None = None

    @property
    def error_ratio(self) -> float | None:
        """Failed calls of all, 0 to 1."""
        return self.errors / self.calls if self.errors is not None and self.calls else None


class Topology(msgspec.Struct, frozen=True):
    """Edges in no particular order, and what they were counted from, in words."""

    edges: tuple[ServiceEdge, ...]
    counted_from: SafeText = SafeText("")
