"""Answers that come while the dialog that asked is being closed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from textual.app import App
from textual.containers import Vertical
from textual.screen import ModalScreen

from fake_clock import FakeClock
from opsconsole.screens.operations.restart_screen import RestartScreen
from opsconsole.screens.operations.revision_screen import RevisionScreen
from opsconsole.widgets.glyphs import UNICODE

Late = Callable[[], Awaitable[tuple[object, ...]]]


def restart(late: Late) -> ModalScreen[object]:
    return RestartScreen("checkout", late, glyphs=UNICODE)  # type: ignore[arg-type, return-value]


def roll_back(late: Late) -> ModalScreen[object]:
    return RevisionScreen("checkout", late, glyphs=UNICODE, clock=FakeClock())  # type: ignore[arg-type, return-value]


@pytest.mark.parametrize("dialog", [restart, roll_back])
async def test_an_answer_to_a_dialog_without_its_widgets_is_no_fault(
    dialog: Callable[[Late], ModalScreen[object]],
) -> None:
    answer: asyncio.Future[tuple[object, ...]] = asyncio.get_running_loop().create_future()
    async with App[None]().run_test() as pilot:
        screen = dialog(lambda: answer)
        await pilot.app.push_screen(screen)
        await pilot.pause()
        await screen.query(Vertical).remove()  # as closing does, from the leaves up
        answer.set_result(())
        await pilot.pause()
        assert pilot.app.is_running
