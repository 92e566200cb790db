"""The one selection and the one time range that every pane follows."""

from __future__ import annotations

import msgspec

from opsconsole.domain.log_query import LogOrigin, LogQuery
from opsconsole.domain.selection import Selection
from opsconsole.domain.time_range import TimeWindow
from opsconsole.domain.trace_query import TraceQuery


class Scope(msgspec.Struct, frozen=True):
    """Selection, window and cursor as one value, and what of logs and traces is asked for there.

    A new value replaces the old one whole.
    """

    selection: Selection
    window: TimeWindow = TimeWindow()
    cursor: float | None = None
    """The moment under the cursor, unix seconds, the same in every pane."""
    logs: LogQuery = LogQuery()
    log_origin: LogOrigin = LogOrigin.STORE
    traces: TraceQuery = TraceQuery()
