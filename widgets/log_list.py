"""The logs pane: the newest lines of the selection."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import msgspec
from textual.content import Content

from opsconsole.domain.log_record import LogLevel, LogPage, LogRecord
from opsconsole.domain.text import SafeText
from opsconsole.widgets.feed_list import FeedList
from opsconsole.widgets.problem_note import clock_text
from opsconsole.widgets.rows import Row, RowView, fit, pad, width_of

LEVEL_STYLES: dict[LogLevel, str] = {
    LogLevel.UNKNOWN: "$muted",
    LogLevel.DEBUG: "$level-debug",
    LogLevel.INFO: "$level-info",
    LogLevel.WARN: "$level-warn",
    LogLevel.ERROR: "$level-error bold",
    LogLevel.FATAL: "$level-error bold reverse",
}

_LEVEL_CELLS = 5
_TRACE_CELLS = 8
_POD_CELLS = 6
_SERVICE_FROM = 110
"""Cells from which the service is written even where all lines have the same."""


def level_word(level: LogLevel) -> SafeText:
    """The level in at most five capital letters; `-` when the line told none."""
    return SafeText("-" if level is LogLevel.UNKNOWN else level.value.upper())


def pod_suffix(pod: SafeText) -> SafeText:
    """The part of a pod's name that tells it from its siblings."""
    return SafeText(pod.rsplit("-", 1)[-1])


class LogRow(msgspec.Struct, frozen=True):
    """One record. `service_cells`, `traced` and `alike` hold for the whole page, so that columns line up.

    `alike` pages are of one service, which the screen's header names: its column gives way to the message.
    """

    key: str
    record: LogRecord
    service_cells: int
    traced: bool
    alike: bool = False

    @property
    def height(self) -> int:
        """One line."""
        return 1

    def lines(self, view: RowView) -> tuple[Content, ...]:
        """`14:11:03.120 ERROR checkout pool wait timeout 4bf92f35`; narrow panes drop columns, never the message."""
        record, width, cut = self.record, view.width, view.glyphs.cut
        style = LEVEL_STYLES[record.level]
        wide, middling = width >= 64, width >= 44
        # Each column brings its own gap: fewer changes of style are fewer bytes over SSH.
        columns: list[tuple[str, str]] = [(f"{self._time(view, milliseconds=wide)} ", "$muted")]
        word = level_word(record.level)
        columns.append((f"{pad(word, _LEVEL_CELLS if middling else 1, SafeText(word[:1]))} ", style))
        if self.service_cells and middling and not (self.alike and width < _SERVICE_FROM):
            cells = min(self.service_cells, 16 if width >= 90 else 9)
            columns.append((f"{pad(record.service, cells, cut)} ", ""))
        if width >= 110:
            columns.append((f"{pad(pod_suffix(record.pod), _POD_CELLS, cut)} ", "$muted"))
        trace = ""
        if self.traced and width >= 80:
            trace = f" {record.trace_id[:_TRACE_CELLS]:<{_TRACE_CELLS}}"
        used = sum(width_of(text) for text, _ in columns)
        room = max(1, width - used - width_of(trace))
        loud = "$level-error" if record.level.rank >= LogLevel.ERROR.rank else ""
        message = pad(record.message, room, cut) if trace else fit(record.message, room, cut)
        return (Content.assemble(*columns, (message, loud), (trace, "$muted")),)

    def _time(self, view: RowView, *, milliseconds: bool) -> SafeText:
        text = clock_text(self.record.time, view.zone)
        if not milliseconds:
            return SafeText(f"{text:<8}")
        if self.record.time is None or text == "no time":
            return SafeText(f"{text:<12}")
        return SafeText(f"{text}.{int(self.record.time % 1 * 1000):03d}")


class LogList(FeedList[LogPage, LogRecord]):
    """Log lines, newest first; lines that arrive do not move the reader."""

    NEWEST_FIRST: ClassVar[bool] = True

    SOURCE: ClassVar[str] = "elasticsearch"

    @property
    def count_text(self) -> SafeText:
        """How much of what matches is here: `500 of 88,310`, `500 of 10,000+`, `42 lines`."""
        page = self._value
        if page is None:
            return SafeText("")
        here, more = len(page.records), "" if page.total_is_exact else "+"
        if page.total > here or more:
            return SafeText(f"{here:,} of {page.total:,}{more}")
        return SafeText("1 line" if here == 1 else f"{here:,} lines")

    def empty(self) -> tuple[SafeText, ...]:
        """Nothing was logged, or nothing that matches."""
        return (
            SafeText("no log lines in this range"),
            SafeText("a longer range, another service or a lower level may have some"),
        )

    def build(self, value: LogPage) -> Sequence[tuple[Row, LogRecord]]:
        """One row a record, in the page's order."""
        cells = max((width_of(record.service) for record in value.records), default=0)
        traced = any(record.trace_id for record in value.records)
        alike = len({record.service for record in value.records}) == 1
        return tuple((LogRow(record.id, record, cells, traced, alike), record) for record in value.records)
