"""Where the panes go: a pure function of the terminal's size and the focus."""

from __future__ import annotations

import enum

import msgspec

from opsconsole.actions import LIVE_PANES, PaneName

WIDE = 170
ROOMY_WIDTH = 100
ROOMY_HEIGHT = 30
RUNBOOK_WIDTH = 44
"""Cells that a walk takes from the width of the others; the same number stands in `console.tcss`."""


class Arrangement(enum.Enum):
    """Ways to lay out the five panes; the value is the CSS class of the body."""

    TWO_PANES = "two-panes"
    STACKED = "stacked"
    """One below the other, alerts and pods side by side: in what a walk leaves of a screen of medium width."""
    TWO_COLUMNS = "two-columns"
    THREE_COLUMNS = "three-columns"
    FULL = "full-pane"


class Placement(msgspec.Struct, frozen=True):
    """An arrangement and the panes it shows, top to bottom; `beside` when the walk has a column of its own."""

    arrangement: Arrangement
    visible: tuple[PaneName, ...]
    beside: bool = False


def place(
    width: int, height: int, recent: tuple[PaneName, ...], full: PaneName | None, *, walking: bool = False
) -> Placement:
    """The placement for a terminal of `width` x `height` cells.

    `recent` lists panes by their last focus, newest first; a small terminal shows the first two. While a runbook is
    walked the walk has a column beside the others, on a small terminal one of the two places.
    """
    if full is not None:
        return Placement(Arrangement.FULL, (full,))
    if width < ROOMY_WIDTH or height < ROOMY_HEIGHT:
        kept = (PaneName.RUNBOOK,) if walking else ()
        live = tuple(name for name in recent if name in LIVE_PANES)
        two = tuple(dict.fromkeys((*kept, *live, PaneName.ALERTS, PaneName.METRICS)))[:2]
        return Placement(Arrangement.TWO_PANES, tuple(pane for pane in PaneName if pane in two))
    left = width - RUNBOOK_WIDTH if walking else width
    if left < ROOMY_WIDTH:
        arrangement = Arrangement.STACKED
    else:
        arrangement = Arrangement.THREE_COLUMNS if left >= WIDE else Arrangement.TWO_COLUMNS
    visible = tuple(PaneName) if walking else LIVE_PANES
    return Placement(arrangement, visible, beside=walking)
