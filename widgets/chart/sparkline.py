"""A row of blocks that rises with its values."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from textual.content import Content

from opsconsole.widgets.chart.signs import signs_for
from opsconsole.widgets.glyphs import Glyphs


def bucket_extremes(values: Sequence[float], width: int) -> list[float]:
    """`values` in at most `width` buckets of equal length, each with its largest; NaN where none is a number."""
    if len(values) <= width:
        return [value if math.isfinite(value) else math.nan for value in values]
    edges = [index * len(values) // width for index in range(width + 1)]
    return [max(filter(math.isfinite, values[start:stop]), default=math.nan) for start, stop in pairwise(edges)]


def sparkline(values: Sequence[float], width: int, glyphs: Glyphs, style: str = "") -> Content:
    """`values` in `width` cells, oldest left, each cell the largest of its share; a gap is blank.

    Heights run from 0, or the smallest value where one is negative, to the largest; a value above
    the bottom always shows. Fewer values than cells stand at the right. `style` is a Textual style.
    """
    if width < 1:
        return Content("")
    shown = bucket_extremes(values, width)
    known = [value for value in shown if not math.isnan(value)]
    low, high = min([0.0, *known]), max([0.0, *known])
    text = "".join(block(value, low, high, signs_for(glyphs).blocks) for value in shown).rjust(width)
    return Content.assemble((text, style)) if style else Content(text)


def block(value: float, low: float, high: float, blocks: Sequence[str]) -> str:
    """The block for `value` between `low` and `high`: the first is blank, the second the lowest that shows."""
    if math.isnan(value):
        return blocks[0]
    if not high > low:
        return blocks[1]
    share = value / (high - low) - low / (high - low)
    return blocks[1 + min(len(blocks) - 2, max(0, math.ceil(share * (len(blocks) - 2) - 0.5)))]
