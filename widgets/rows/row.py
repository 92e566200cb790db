"""What a list draws."""

from __future__ import annotations

from datetime import tzinfo
from typing import Protocol

import msgspec
from textual.content import Content

from opsconsole.widgets.glyphs import Glyphs


class RowView(msgspec.Struct, frozen=True):
    """How a row is to be drawn: `width` in cells, `now` in unix seconds, times in `zone`."""

    width: int
    now: float
    zone: tzinfo
    glyphs: Glyphs


class Row(Protocol):
    """One entry of a list; immutable. `key` stays the same over refreshes, `height` is in lines."""

    @property
    def key(self) -> str:
        """What the selection holds on to."""
        ...

    @property
    def height(self) -> int:
        """How many lines `lines` returns."""
        ...

    def lines(self, view: RowView) -> tuple[Content, ...]:
        """`height` lines of at most `view.width` cells; longer ones are cropped."""
        ...
