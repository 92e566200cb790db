"""Everything the screen knows at one moment, as one value with a schema version."""

from __future__ import annotations

import msgspec

from opsconsole.domain.alert import Alert
from opsconsole.domain.log_record import LogPage
from opsconsole.domain.pod import ChangeList, PodList
from opsconsole.domain.scope import Scope
from opsconsole.domain.series import PanelReading
from opsconsole.domain.snapshot import Snapshot, SourceFreshness
from opsconsole.domain.time_range import TimeRange
from opsconsole.domain.trace import TraceList

SCHEMA = "opsconsole.snapshot/1"


class PanelSnapshot(msgspec.Struct, frozen=True):
    """One panel by its id with its last answer."""

    panel: str
    snapshot: Snapshot[PanelReading]


class ConsoleSnapshot(msgspec.Struct, frozen=True, kw_only=True):
    """The domain values behind one picture of the console.

    In JSON every time is unix seconds (UTC), every duration seconds, NaN is null. A change that a
    reader of version 1 could misread gets a new number in `schema`.
    """

    schema: str = SCHEMA
    taken_at: float
    scope: Scope
    span: TimeRange
    freshness: tuple[SourceFreshness, ...]
    alerts: Snapshot[tuple[Alert, ...]]
    panels: tuple[PanelSnapshot, ...]
    logs: Snapshot[LogPage]
    log_histogram: Snapshot[LogPage]
    traces: Snapshot[TraceList]
    pods: Snapshot[PodList]
    changes: Snapshot[ChangeList]
