"""How many charts fit, which of them are shown, and in which order: pure functions."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from opsconsole.domain.series import Panel, PanelReading, Severity
from opsconsole.domain.snapshot import Snapshot

_CHART_WIDTH = 26
_CHART_HEIGHT = 6


class Grid(msgspec.Struct, frozen=True):
    """Columns and rows of charts."""

    columns: int
    rows: int

    @property
    def slots(self) -> int:
        """Charts visible at once."""
        return self.columns * self.rows


def grid_for(width: int, height: int, panels: int) -> Grid:
    """The grid for `panels` charts in `width` x `height` cells; never more slots than are of use."""
    columns = max(1, min(width // _CHART_WIDTH, panels or 1))
    rows = max(1, min(height // _CHART_HEIGHT, -(-panels // columns)))
    return Grid(columns, rows)


def first_visible(selected: int, offset: int, grid: Grid) -> int:
    """The index of the first chart shown so that `selected` is in view, moving by whole rows."""
    row, top = selected // grid.columns, offset // grid.columns
    top = min(max(top, row - grid.rows + 1), row)
    return top * grid.columns


def alarm(panel: Panel, snapshot: Snapshot[PanelReading] | None) -> Severity | None:
    """The worst threshold that any series' newest value has crossed."""
    if snapshot is None or snapshot.value is None:
        return None
    newest = [last for series in snapshot.value.series if (last := series.last) is not None]
    crossed = [t.severity for t in panel.thresholds if any(t.crossed_by(value) for value in newest)]
    return min(crossed, key=lambda severity: severity.rank, default=None)


def trouble_first(panels: tuple[Panel, ...], snapshots: Mapping[str, Snapshot[PanelReading]]) -> tuple[Panel, ...]:
    """`panels` with those over a threshold in front, worst first, the rest in catalogue order."""

    def rank(panel: Panel) -> int:
        severity = alarm(panel, snapshots.get(panel.id))
        return len(Severity) if severity is None else severity.rank

    return tuple(sorted(panels, key=rank))
