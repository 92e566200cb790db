"""A trace as text: a line a span, its bar under its parent's."""

from __future__ import annotations

from opsconsole.domain.series import Unit
from opsconsole.domain.trace import Span, Trace
from opsconsole.domain.value_words import format_value

BAR = 32
NAME = 40
MOST_SPANS = 200
_DEEPEST = 10


def text_waterfall(trace: Trace) -> tuple[str, ...]:
    """Name, bar, duration; below a failed span what it said. Of very many the first two hundred."""
    rows = trace.depth_first()
    lines: list[str] = []
    start, duration = trace.start, trace.duration
    for depth, span in rows[:MOST_SPANS]:
        indent = "  " * min(depth, _DEEPEST)
        name = f"{indent}{'✘ ' if span.error else '  '}{span.service} {span.operation}"
        told = format_value(span.duration, Unit.SECONDS)
        lines.append(f"{_fitting(name)} │{_bar(span, start, duration)}│ {told:>8}")
        if span.error and span.status_message:
            lines.append(f"{indent}    {span.status_message}")
    left = len(rows) - MOST_SPANS
    return (*lines, *((f"and {left:,} more spans",) if left > 0 else ()))


def _fitting(name: str) -> str:
    return name.ljust(NAME) if len(name) <= NAME else f"{name[: NAME - 1]}…"


def _bar(span: Span, start: float, duration: float) -> str:
    share = BAR / duration if duration > 0 else 0.0
    first = min(BAR - 1, max(0, int((span.start - start) * share)))
    cells = max(1, min(BAR - first, round(span.duration * share)))
    return f"{' ' * first}{'█' * cells}{' ' * (BAR - first - cells)}"
