"""The footer."""

from __future__ import annotations

import pytest

from opsconsole.domain.text import SafeText
from opsconsole.widgets.key_line import KeyLine
from widget_stage import Stage, shown

KEYS = tuple(
    (SafeText(key), SafeText(title))
    for key, title in (("r", "restart"), ("b", "roll back"), ("i", "incident"), ("/", "search"), ("?", "help"))
)


@pytest.mark.parametrize(
    ("width", "expected"),
    [
        (80, " r restart  b roll back  i incident  / search  ? help"),
        (40, " r restart  b roll back  i incident"),
        (33, " r restart  b roll back  ? help"),
        (12, " r restart"),
        (4, ""),
    ],
)
async def test_the_most_important_keys_that_fit_are_shown_whole(width: int, expected: str) -> None:
    line = KeyLine()
    app = Stage(line)
    async with app.run_test(size=(width, 3), notifications=True) as pilot:
        line.show(KEYS)
        await pilot.pause(0)
        assert shown(app) == [expected, "", ""]


async def test_other_keys_replace_them() -> None:
    line = KeyLine()
    app = Stage(line)
    async with app.run_test(size=(80, 3), notifications=True) as pilot:
        line.show(KEYS)
        await pilot.pause(0)
        line.show(KEYS[3:])
        await pilot.pause(0)
        assert shown(app)[0] == " / search  ? help"
