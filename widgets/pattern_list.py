"""Log lines by what their messages have in common, the most telling pattern first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from opsconsole.domain.log_pattern import LookedAt, PatternChange, PatternReport, PatternShift
from opsconsole.domain.text import SafeText
from opsconsole.widgets.feed_list import FeedList
from opsconsole.widgets.pattern_row import PatternColumns, PatternRow
from opsconsole.widgets.problem_note import clock_text
from opsconsole.widgets.rows import Row

_TOLD = (PatternChange.NEW, PatternChange.GONE, PatternChange.MORE, PatternChange.LESS)


def _counted(number: int, word: str) -> str:
    return f"{number:,} {word}{'' if number == 1 else 's'}"


class PatternList(FeedList[PatternReport, PatternShift]):
    """Patterns in the report's order. `item(key)` is the shift whose pattern has the id `key`."""

    SOURCE: ClassVar[str] = "elasticsearch"

    @property
    def count_text(self) -> SafeText:
        """How many patterns, and what became of them: `42 patterns, 3 new, 1 gone, 2 more, 1 less`."""
        if self._value is None:
            return SafeText("")
        report = self._value
        told = [f"{count} {change.value}" for change in _TOLD if (count := report.count_of(change))]
        return SafeText(", ".join((_counted(len(report.shifts), "pattern"), *told)))

    def empty(self) -> tuple[SafeText, ...]:
        """There were no lines."""
        return (
            SafeText("no log lines to find patterns in"),
            SafeText("a longer range, another service or a lower level may have some"),
        )

    def remark(self, value: PatternReport) -> str:
        """Which lines were looked at, and what that leaves open."""
        if value.before is None or value.moment is None:
            sentences = [f"{self._seen(value.after)} looked at"]
        else:
            moment = clock_text(value.moment, self._zone)
            sentences = [f"since {moment}: {self._seen(value.after)}; before: {self._seen(value.before)}"]
        doubtful = value.before is not None and not value.before.whole
        if value.forgotten:
            lost = f"{_counted(value.forgotten, 'rare pattern')} of {_counted(value.forgotten_lines, 'line')} not kept"
            sentences.insert(0, f"too many patterns: {lost}")
            doubtful = value.before is not None
        if doubtful and value.count_of(PatternChange.NEW):
            sentences.append("NEW may be older")
        return "; ".join(sentences)

    def build(self, value: PatternReport) -> Sequence[tuple[Row, PatternShift]]:
        """One row a pattern, in the report's order."""
        columns = PatternColumns.of(value)
        return tuple((PatternRow(shift.pattern.id, shift, columns), shift) for shift in value.shifts)

    def _seen(self, looked_at: LookedAt) -> str:
        """`all 1,204 lines`, `newest 500 of 88,310 lines, back to 13:50:02`, `500 of 88,310 lines, drawn by chance`."""
        if looked_at.whole:
            return f"all {_counted(looked_at.lines, 'line')}" if looked_at.lines else "no lines"
        total = f"{looked_at.total:,}{'' if looked_at.total_is_exact else '+'}"
        if looked_at.share < 1:
            return f"{looked_at.lines:,} of {total} lines, drawn by chance"
        return f"newest {looked_at.lines:,} of {total} lines, back to {clock_text(looked_at.span.start, self._zone)}"
