"""Where the panes go: a pure function of the terminal's size and the focus."""

from __future__ import annotations

import enum

import msgspec

from opsconsole.actions import PaneName

WIDE = 170
ROOMY_WIDTH = 100
ROOMY_HEIGHT = 30


class Arrangement(enum.Enum):
    """Ways to lay out the screen; the value is the CSS class of the body."""

    TWO_PANES = "two-panes"
    TWO_COLUMNS = "two-columns"
    THREE_COLUMNS = "three-columns"
    FULL = "full-pane"


class Placement(msgspec.Struct, frozen=True):
    """An arrangement and the panes it shows, top to bottom."""

    arrangement: Arrangement
    visible: tuple[PaneName, ...]


def place(width: int, height: int, recent: tuple[PaneName, ...], full: PaneName | None) -> Placement:
    """The placement for a terminal of `width` x `height` cells.

    `recent` lists panes by their last focus, newest first; a small terminal shows the first two.
    """
    if full is not None:
        return Placement(Arrangement.FULL, (full,))
    if width < ROOMY_WIDTH or height < ROOMY_HEIGHT:
        two = tuple(dict.fromkeys((*recent, PaneName.ALERTS, PaneName.METRICS)))[:2]
        return Placement(Arrangement.TWO_PANES, tuple(pane for pane in PaneName if pane in two))
    arrangement = Arrangement.THREE_COLUMNS if width >= WIDE else Arrangement.TWO_COLUMNS
    return Placement(arrangement, tuple(PaneName))
