"""Which traces are asked for, beyond the selection and the time range."""

from __future__ import annotations

import msgspec

from opsconsole.domain.selection import Selection
from opsconsole.domain.text import SafeText
from opsconsole.domain.time_range import TimeRange


class TraceQuery(msgspec.Struct, frozen=True):
    """Narrows the traces of a selection; an empty one lets all of them pass.

    `attributes` must all be on one span. `shortest` and `longest` bound the duration in seconds.
    """

    operation: SafeText | None = None
    attributes: tuple[tuple[SafeText, SafeText], ...] = ()
    shortest: float | None = None
    longest: float | None = None
    errors: bool = False
    """Only traces with a span in error."""

    def __bool__(self) -> bool:
        """Whether it narrows anything."""
        return self != TraceQuery()


class TraceSearch(msgspec.Struct, frozen=True):
    """One question to a trace source."""

    selection: Selection
    span: TimeRange
    query: TraceQuery = TraceQuery()
