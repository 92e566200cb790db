"""What of the logs is asked for, beyond the selection and the time range."""

from __future__ import annotations

import enum

import msgspec

from opsconsole.domain.log_record import LogLevel
from opsconsole.domain.selection import Selection
from opsconsole.domain.text import SafeText
from opsconsole.domain.time_range import TimeRange


class LogSyntax(enum.Enum):
    """How `LogQuery.words` are read. PLAIN never is a syntax error; RAW is the store's own query language."""

    PLAIN = "plain"
    RAW = "raw"


class LogFilter(msgspec.Struct, frozen=True):
    """Lines whose `field` is `value`, or, with `exclude`, is not.

    `field` is a name as `LogRecord.fields` gives it, or one of `service`, `namespace`, `pod`, `container` and
    `trace`, which stand for whatever field of the store holds that.
    """

    field: SafeText
    value: SafeText
    exclude: bool = False


class LogQuery(msgspec.Struct, frozen=True):
    """Narrows the lines of a selection; an empty one lets all of them pass.

    `level` is the least severe that passes. `pattern` is the template of a `LogPattern`: only its lines pass.
    """

    words: SafeText = SafeText("")
    syntax: LogSyntax = LogSyntax.PLAIN
    level: LogLevel | None = None
    filters: tuple[LogFilter, ...] = ()
    pattern: SafeText | None = None

    def __bool__(self) -> bool:
        """Whether it narrows anything."""
        return bool(self.words or self.level or self.filters or self.pattern is not None)


class LogOrigin(enum.Enum):
    """Where lines come from: the log store, or the containers themselves by way of Kubernetes."""

    STORE = "store"
    CONTAINERS = "containers"


class LogSearch(msgspec.Struct, frozen=True):
    """One question to a log source."""

    selection: Selection
    span: TimeRange
    query: LogQuery = LogQuery()


class FieldValue(msgspec.Struct, frozen=True):
    """One value of a field and how many lines have it; `exact` is False where the store estimated."""

    value: SafeText
    count: int
    exact: bool = True
