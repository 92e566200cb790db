"""What each figure may be, and how a run is printed."""

from __future__ import annotations

import dataclasses
import statistics

BUDGETS: dict[str, float] = {
    "first paint": 300.0,
    "every pane filled": 1000.0,
    "key to paint, moving in logs": 50.0,
    "key to paint, changing panes": 50.0,
    "every backend black-holed in turn: key to paint": 50.0,
    "every backend black-holed in turn: resident memory": 150.0,
    "idle bytes to the terminal": 1000.0,
    "bytes of one page of scrolling": 12_000.0,
    "idle processor": 3.0,
    "resident memory": 150.0,
    "an incident attached: first paint": 300.0,
    "an incident attached: idle bytes to the terminal": 1000.0,
    "an incident attached: idle processor": 3.0,
    "an incident's screen: idle bytes to the terminal": 1000.0,
    "an incident's screen: idle processor": 3.0,
    "an incident's screen, 2,000 events: key to paint": 50.0,
    "an incident's screen, 2,000 events: page to paint": 50.0,
    "patterns: processor time a line": 20.0,  # 50,000 lines a second
    "patterns: memory of a full tree": 12.0,
    "1,000,000 lines: first page, server's answer off": 300.0,
    "scrolling back 10,000 lines: key to paint": 50.0,
    "tail at 5,000 lines/s: last line on the screen after": 5.0,
    "tail at 5,000 lines/s: lines skipped, as the console says": 0.0,
    "tail at 5,000 lines/s: lines neither seen nor said to be skipped": 0.0,
    "tail at 5,000 lines/s: lines missing among those at hand": 0.0,
    "tail at 5,000 lines/s: key to paint": 50.0,
    "tail at 5,000 lines/s: memory for logs": 60.0,
    "10,000 spans: on the screen after the last byte": 500.0,
    "10,000 spans: key to paint": 50.0,
    "10,000 pods: first rows": 1500.0,
    "10,000 pods: resident memory": 150.0,
    "10,000 pods: idle processor": 3.0,
    "10,000 pods, 100 changing a second: key to paint": 50.0,
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


KeyPaint = tuple[float, float]
"""Seconds from a key to its paint, and how many of them the program waited for a processor that others had."""


def key_figures(name: str, paints: list[KeyPaint]) -> list[Figure]:
    """Key to paint, and the same without the waits for a processor."""
    return [
        Figure(name, "ms", [1000 * seconds for seconds, _ in paints]),
        Figure(f"{name}, waits for a processor off", "ms", [1000 * max(0.0, one - off) for one, off in paints]),
    ]


def table(figures: list[Figure]) -> str:
    """One line a figure: median, 95th percentile, maximum, budget, and whether it is met."""
    lines = [f"{'':<72}{'p50':>10}{'p95':>10}{'max':>10}{'budget':>10}  unit"]
    for figure in figures:
        budget = BUDGETS.get(figure.name)
        met = "" if budget is None else ("met" if figure.quantile(0.95) <= budget else "MISSED")
        shown = f"{budget:>10,.0f}" if budget is not None else " " * 10
        lines.append(
            f"{figure.name:<72}{statistics.median(figure.values):>10,.1f}{figure.quantile(0.95):>10,.1f}"
            f"{max(figure.values):>10,.1f}{shown}  {figure.unit:<14}{met}"
        )
    return "\n".join(lines)
