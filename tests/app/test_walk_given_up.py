"""The key that gives up a walk which nobody goes on with."""

from __future__ import annotations

from console_case import console
from shown import shown, until

from opsconsole.domain.text import SafeText
from opsconsole.domain.walk import Walk
from still_runbooks import BAD_RELEASE

LEFT = Walk(
    id="walk-old", incident="inc-20270115-7kq4", runbook=BAD_RELEASE.name, title=BAD_RELEASE.title,
    sha256=BAD_RELEASE.sha256, path=BAD_RELEASE.path, begun_at=0.0, position=4,
    inputs={"service": SafeText("checkout")},
)  # fmt: skip


async def test_x_gives_up_what_was_left_for_a_reason_and_only_that() -> None:
    async with console() as case:
        case.runbooks.walks = (LEFT,)
        await case.press("w")
        await shown(case, "x give up")
        await case.press("down", "x", "up")
        assert "Runbooks for" in case.text  # a runbook that was not begun is not given up
        await case.press("x")
        await shown(case, "Why is Bad release given up")
        await case.press("enter")
        await shown(case, "write a few words")
        await case.press(*"no use", "enter")
        await shown(case, "Bad release is given up")
        assert case.runbooks.given_up == [("walk-old", "no use")]
        await case.press("w")
        await shown(case, "Slow start")
        assert "resume" not in case.text
        assert "x give up" not in case.text


async def test_a_walk_that_was_put_away_is_not_offered_again_either() -> None:
    async with console() as case:
        await case.press("1", "w")
        await shown(case, "Slow start")
        await case.press("enter")
        await shown(case, "Service in trouble")
        await case.press("enter", "enter")
        await until(case, lambda: bool(case.runbooks.begun))
        await case.press("X", "w")
        await shown(case, "resume Bad release")
        await case.press("x")
        await shown(case, "Why is Bad release given up")
        await case.press("n", "o", "enter")
        await shown(case, "Bad release is given up")
        await case.press("w")
        await shown(case, "Slow start")
        assert "resume" not in case.text
