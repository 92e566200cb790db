"""The last door before the terminal.

Every text is made safe where it enters (`safe_text`). Should one ever slip by, this filter
replaces its control characters on the way out; columns may then shift, the terminal stays ours.
"""

from __future__ import annotations

import re

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


class ControlCharacterFilter(LineFilter):
    """Replaces control and bidi characters in text segments by a visible mark of one cell."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """`segments` without anything a terminal obeys; control segments are Textual's own and stay."""
        del background
        if not any(_CONTROL.search(segment.text) for segment in segments if not segment.control):
            return segments
        return [
            segment if segment.control else Segment(_CONTROL.sub("\ufffd", segment.text), segment.style)
            for segment in segments
        ]
