"""Only cells that look otherwise are sent again."""

from __future__ import annotations

import pytest
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from opsconsole.widgets.rows.difference import changed_cells

RED = Style(color="red")


def strip(*parts: tuple[str, Style | None]) -> Strip:
    return Strip([Segment(text, style) for text, style in parts])


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (None, strip(("abc", None)), (0, 3)),
        (strip(("abcd", None)), strip(("abc", None)), (0, 3)),
        (strip(("abc", None)), strip(("abc", None)), None),
        (strip(("abc", None)), strip(("a", None), ("bc", None)), None),
        (strip(("14:12:00 UTC", None)), strip(("14:12:01 UTC", None)), (7, 1)),
        (strip(("14:19:59", None)), strip(("14:20:00", None)), (3, 5)),
        (strip(("abc", None)), strip(("a", None), ("b", RED), ("c", None)), (1, 1)),
        (strip(("用户x", None)), strip(("用户y", None)), (4, 1)),
        (strip(("用户x", None)), strip(("用登x", None)), (2, 2)),
        (strip(("e\u0301x", None)), strip(("ex", None)), (0, 1)),
    ],
)
def test_the_span_from_the_first_to_the_last_differing_cell(old, new, expected) -> None:
    assert changed_cells(old, new) == expected
