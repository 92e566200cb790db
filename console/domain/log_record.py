"""Log lines as the log store returns them."""

from __future__ import annotations

import enum

import msgspec

from opsconsole.domain.text import SafeText


class LogLevel(enum.Enum):
    """Levels in rising severity; `rank` compares them. The names follow Zap's."""

    UNKNOWN = "unknown"
    DEBUG = "debug"
    INFO = "info"
    WARN = "warn"
    ERROR = "error"
    FATAL = "fatal"

    @property
    def rank(self) -> int:
        """0 for the least severe."""
        return list(LogLevel).index(self)


class LogRecord(msgspec.Struct, frozen=True):
    """One line. `time` is the event's own time, unix seconds; None when it could not be read."""

    id: SafeText
    time: float | None
    level: LogLevel
    service: SafeText
    message: SafeText
    pod: SafeText = SafeText("")
    namespace: SafeText = SafeText("")
    trace_id: SafeText = SafeText("")
    span_id: SafeText = SafeText("")
    fields: tuple[tuple[SafeText, SafeText], ...] = ()


class LogBucket(msgspec.Struct, frozen=True):
    """One bar of the histogram: `start` in unix seconds, counts by level."""

    start: float
    counts: dict[LogLevel, int]

    @property
    def total(self) -> int:
        """All levels together."""
        return sum(self.counts.values())


class LogPage(msgspec.Struct, frozen=True):
    """The newest lines of a scope, newest first.

    `total` counts the matches on the server; `total_is_exact` is False when it stopped counting.
    `bucket_width` is in seconds.
    """

    records: tuple[LogRecord, ...]
    total: int
    total_is_exact: bool = True
    buckets: tuple[LogBucket, ...] = ()
    bucket_width: float = 0.0
