"""What stands over another screen does not paint what changes below it."""

from __future__ import annotations

import asyncio

import pytest
from textual.app import App, ComposeResult
from textual.geometry import Region
from textual.screen import ModalScreen, Screen
from textual.strip import Strip
from textual.widgets import Static

import opsconsole.app  # noqa: F401 - knows every dialog
from opsconsole.screens.upper_screens import OpaqueScreen, StillDialog


class Probe(Static):
    """Counts how often it is painted."""

    DEFAULT_CSS = "Probe { width: 100%; height: 100%; }"
    painted = 0

    def render_lines(self, crop: Region) -> list[Strip]:
        self.painted += 1
        return super().render_lines(crop)


class Dialog(StillDialog[None]):
    def compose(self) -> ComposeResult:
        yield Probe("over")


class ImpatientDialog(Dialog):
    BELOW_AGAIN = 0.01


class View(OpaqueScreen[None]):
    def compose(self) -> ComposeResult:
        yield Probe("over")


class Asking(StillDialog[None]):
    """Shows an answer as soon as it comes."""

    def __init__(self, answer: asyncio.Event) -> None:
        super().__init__()
        self.answer = answer

    def compose(self) -> ComposeResult:
        yield Static("over", id="answer")

    def on_mount(self) -> None:
        self.run_worker(self.read())

    async def read(self) -> None:
        await self.answer.wait()
        self.query_one("#answer", Static).update("here")


class Below(App[None]):
    def compose(self) -> ComposeResult:
        yield Static("0", id="clock")


@pytest.mark.parametrize("over", [Dialog, View])
async def test_what_changes_below_is_not_painted(over: type[Screen[None]]) -> None:
    app = Below()
    async with app.run_test() as pilot:
        clock = app.query_one("#clock", Static)
        await app.push_screen(over())
        await pilot.pause()
        probe = app.screen.query_one(Probe)
        before = probe.painted
        for second in range(1, 4):
            clock.update(str(second))
            await pilot.pause()
        assert probe.painted == before
        probe.refresh()
        await pilot.pause()
        assert probe.painted > before


async def test_a_dialog_paints_what_is_below_again_after_a_while() -> None:
    app = Below()
    async with app.run_test() as pilot:
        await app.push_screen(ImpatientDialog())
        probe = app.screen.query_one(Probe)
        before = probe.painted
        for _ in range(500):
            if probe.painted > before + 1:
                break
            await pilot.pause(0.01)
        assert probe.painted > before + 1


def test_every_dialog_is_one_that_stands_still() -> None:
    made: list[type[Screen[object]]] = list(ModalScreen.__subclasses__())
    ours = [one.__name__ for one in made if one.__module__.startswith("opsconsole.")]
    assert ours == ["StillDialog"]


async def test_an_answer_that_comes_while_a_dialog_closes_is_let_go() -> None:
    app, answer = Below(), asyncio.Event()
    async with app.run_test() as pilot:
        dialog = Asking(answer)
        await app.push_screen(dialog)
        await pilot.pause()
        dialog.dismiss()
        await dialog.query_one("#answer").remove()
        answer.set()
        await pilot.pause()
        assert app.is_running
