"""Log lines as the log store returns them."""

from __future__ import annotations

import enum

import msgspec

from opsconsole.domain.snapshot import WHOLE, Completeness
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


_RECORD_BYTES = 650
"""What a record takes beside its message and fields."""
_FIELD_BYTES = 180
"""What a field takes beside its value: a pair of texts, and a name."""


class LogRecord(msgspec.Struct, frozen=True, gc=False):
    """One line. `time` is the event's own time, unix seconds; None when it could not be read."""

    id: SafeText
    time: float | None
    level: LogLevel
    service: SafeText
    message: SafeText
    pod: SafeText = SafeText("")
    namespace: SafeText = SafeText("")
    container: SafeText = SafeText("")
    trace_id: SafeText = SafeText("")
    span_id: SafeText = SafeText("")
    fields: tuple[tuple[SafeText, SafeText], ...] = ()

    @property
    def size(self) -> int:
        """About how many bytes it takes in memory: characters, and what the values around them need."""
        values = sum([len(value) for _, value in self.fields])
        message = len(self.message) if self.message.isascii() else 4 * len(self.message)
        return _RECORD_BYTES + _FIELD_BYTES * len(self.fields) + message + values


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
    `bucket_width` is in seconds. `exhausted` when nothing older matches.
    """

    records: tuple[LogRecord, ...]
    total: int
    total_is_exact: bool = True
    buckets: tuple[LogBucket, ...] = ()
    bucket_width: float = 0.0
    exhausted: bool = False


class TailBatch(msgspec.Struct, frozen=True):
    """What came at once while following: `records` oldest first, none of them twice.

    `dropped` counts lines that were skipped because more came than is read, `behind` is how many seconds the
    newest line read lies before now. `words` say what is wrong, if anything; it is tried again.
    """

    records: tuple[LogRecord, ...] = ()
    dropped: int = 0
    behind: float = 0.0
    completeness: Completeness = WHOLE
    words: SafeText = SafeText("")
