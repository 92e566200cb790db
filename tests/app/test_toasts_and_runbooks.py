"""What is told in passing covers no runbook of the list, however small the terminal is."""

from __future__ import annotations

from console_case import console
from shown import shown

LONG = "a sentence that is told in passing and takes several lines, because it says what happened and what to do"


async def test_the_list_of_runbooks_is_whole_below_what_was_just_told() -> None:
    async with console(size=(80, 24)) as case:
        await case.press("1")
        for number in range(4):
            case.screen.notify(f"{number} {LONG}", markup=False, timeout=600)
        await case.press("w")
        await shown(case, "Slow start")
        await shown(case, "told in passing")
        rows = [row for row in case.text.splitlines() if "Bad release" in row or "Slow start" in row]
        assert not any("▌" in row for row in rows[:2]), case.text
