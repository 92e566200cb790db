"""What a chart is asked to draw."""

from __future__ import annotations

from datetime import UTC, tzinfo

import msgspec

from opsconsole.domain.marker import Marker
from opsconsole.domain.series import Panel, PanelReading
from opsconsole.domain.snapshot import Snapshot
from opsconsole.domain.time_range import TimeRange


class ChartView(msgspec.Struct, frozen=True):
    """A panel's snapshot within `span`, as of `now`; times are unix seconds.

    `cursor` is the moment whose values are asked for, None for the newest. `selected` says that
    keys go to this panel. `time_zone` is the zone of every clock time that is written.
    """

    snapshot: Snapshot[PanelReading]
    panel: Panel
    span: TimeRange
    now: float
    cursor: float | None = None
    markers: tuple[Marker, ...] = ()
    selected: bool = False
    time_zone: tzinfo = UTC
