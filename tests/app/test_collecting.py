"""A console that is open for long collects its garbage, and lives on."""

from __future__ import annotations

import asyncio
import gc

import pytest
from console_case import SETTINGS

from opsconsole.app import OpsConsole
from still_sources import backends


class OnATerminal(OpsConsole):
    """As on a terminal, where alone garbage is collected by the clock."""

    @property
    def is_headless(self) -> bool:
        return False


async def test_the_full_collection_by_the_clock_happens_and_ends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("opsconsole.app.FULL_COLLECTION_INTERVAL", 0.01)
    monkeypatch.setattr("opsconsole.terminal_life.leave_on_hang_up", lambda *_: None)
    collected = asyncio.Event()

    def watch(phase: str, info: dict[str, int]) -> None:
        if phase == "stop" and info["generation"] == 2:
            collected.set()

    app = OnATerminal(SETTINGS, backends().sources)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        gc.callbacks.append(watch)
        try:
            async with asyncio.timeout(30):
                await collected.wait()
            await pilot.pause()
            assert app.is_running
        finally:
            gc.callbacks.remove(watch)
