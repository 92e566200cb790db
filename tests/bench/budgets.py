"""What each figure may be, and how a run is printed."""

from __future__ import annotations

import dataclasses
import statistics

BUDGETS: dict[str, float] = {
    "first paint": 300.0,
    "every pane filled": 1000.0,
    "key to paint, moving in logs": 50.0,
    "key to paint, changing panes": 50.0,
    "idle bytes to the terminal": 1000.0,
    "bytes of one page of scrolling": 12_000.0,
    "idle processor": 3.0,
    "resident memory": 150.0,
}
"""Budgets in the figure's own unit, held against its 95th percentile."""


@dataclasses.dataclass(frozen=True)
class Figure:
    """Measured values of one thing."""

    name: str
    unit: str
    values: list[float]

    def quantile(self, share: float) -> float:
        """The value that `share` of the values do not exceed (nearest rank)."""
        ordered = sorted(self.values)
        return ordered[min(len(ordered) - 1, max(0, round(share * len(ordered) + 0.5) - 1))]


def table(figures: list[Figure]) -> str:
    """One line a figure: median, 95th percentile, maximum, budget, and whether it is met."""
    lines = [f"{'':<34}{'p50':>10}{'p95':>10}{'max':>10}{'budget':>10}  unit"]
    for figure in figures:
        budget = BUDGETS.get(figure.name)
        met = "" if budget is None else ("met" if figure.quantile(0.95) <= budget else "MISSED")
        shown = f"{budget:>10,.0f}" if budget is not None else " " * 10
        lines.append(
            f"{figure.name:<34}{statistics.median(figure.values):>10,.1f}{figure.quantile(0.95):>10,.1f}"
            f"{max(figure.values):>10,.1f}{shown}  {figure.unit:<14}{met}"
        )
    return "\n".join(lines)
