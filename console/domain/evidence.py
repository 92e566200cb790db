"""What was pinned to an incident: values as they were seen, never pictures, so that they can be drawn again."""

from __future__ import annotations

import msgspec

from opsconsole.domain.alert import Alert
from opsconsole.domain.log_query import LogSearch
from opsconsole.domain.log_record import LogRecord
from opsconsole.domain.marker import Marker
from opsconsole.domain.pod import Pod
from opsconsole.domain.series import Panel, Series
from opsconsole.domain.text import SafeText
from opsconsole.domain.time_range import TimeRange
from opsconsole.domain.trace import Trace


class _Pinned(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind"):
    """What every piece of evidence has. Times in unix seconds, absolute, whatever the window was."""

    title: SafeText
    span: TimeRange
    """The window that was on the screen."""
    at: float
    """The moment it speaks of: the cursor, the line, the start of the trace."""
    captured_at: float
    source: SafeText
    """Which backend said so (`prometheus`, `elasticsearch`, …)."""
    completeness: SafeText = SafeText("")
    """What was missing from the answer, in words; empty when it was whole."""
    link: SafeText = SafeText("")
    """Where the same can be seen outside the console; empty where nobody configured that."""


class ChartEvidence(_Pinned, frozen=True, kw_only=True, tag="chart"):
    """A panel with its samples in `span`; `query` is the PromQL as it was sent."""

    panel: Panel
    query: SafeText
    series: tuple[Series, ...]
    """Every value is a finite number; where one is missing, its time is missing too."""
    markers: tuple[Marker, ...] = ()
    step: float = 0.0
    """The distance of samples in seconds: the line breaks where two lie further apart. 0.0: nobody knows."""


class LinesEvidence(_Pinned, frozen=True, kw_only=True, tag="lines"):
    """Log lines, oldest first, and the search that found them; `total` as the server counted.

    `chosen` are the ids of those that were meant; the others were written just before and after.
    """

    search: LogSearch
    records: tuple[LogRecord, ...]
    total: int = 0
    total_is_exact: bool = True
    chosen: tuple[SafeText, ...] = ()


class TraceEvidence(_Pinned, frozen=True, kw_only=True, tag="trace"):
    """One trace, whole unless `completeness` says otherwise; `chosen` is the id of the span under the cursor."""

    trace: Trace
    chosen: SafeText = SafeText("")


class PodEvidence(_Pinned, frozen=True, kw_only=True, tag="pod"):
    """A pod with its containers and probes."""

    pod: Pod


class AlertEvidence(_Pinned, frozen=True, kw_only=True, tag="alert"):
    """An alert as it stood."""

    alert: Alert


Pinned = ChartEvidence | LinesEvidence | TraceEvidence | PodEvidence | AlertEvidence
