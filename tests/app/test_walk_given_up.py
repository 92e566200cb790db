"""The key that gives up a walk which nobody goes on with."""

from __future__ import annotations

from console_case import console

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
        assert "x give up" in await case.screen_after("w")
        await case.press("down", "x")
        assert "Runbooks for" in await case.screen_after()  # a runbook that was not begun is not given up
        assert "Why is Bad release given up" in await case.screen_after("up", "x")
        assert "write a few words" in await case.screen_after("enter")
        text = await case.screen_after(*"no use", "enter")
        assert "Bad release is given up" in text
        assert case.runbooks.given_up == [("walk-old", "no use")]
        text = await case.screen_after("w")
        assert "resume" not in text
        assert "x give up" not in text
        await case.press("escape", "w", "enter", "enter", "enter", "X", "w", "x", "n", "o", "enter")
        assert len(case.runbooks.given_up) == 2
        assert "resume" not in await case.screen_after("w")
