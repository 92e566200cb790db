"""Keys that arrive all at once, as a slow link delivers them."""

from __future__ import annotations

import pytest
from console_case import ConsoleCase, console
from textual import events


def burst(case: ConsoleCase, typed: str) -> None:
    """Put every key of `typed` into the queue before the first is handled."""
    for character in typed:
        key = {"/": "slash", "\r": "enter", "\x1b": "escape", ":": "colon", "!": "exclamation_mark"}.get(
            character, character
        )
        case.app.post_message(events.Key(key, character))


@pytest.mark.parametrize("pane", ["3", "5"])
async def test_words_typed_right_after_the_slash_go_to_the_box(pane: str) -> None:
    async with console() as case:
        await case.press(pane)
        burst(case, "/request")
        text = await case.settled()
        assert case.app.is_running
        assert case.app.screen is case.screen
        assert "request" in text


async def test_a_search_typed_and_entered_in_one_burst_is_asked() -> None:
    async with console() as case:
        await case.press("3")
        burst(case, "/pool wait\r".replace(" ", ""))
        await case.settle()
        assert case.scope.logs.words == "poolwait"


@pytest.mark.parametrize("opening", ["t", "s", "x", "question_mark", "w", "a", "colon"])
async def test_keys_that_close_a_dialog_twice_close_nothing_else(opening: str) -> None:
    async with console() as case:
        await case.press("5", opening)
        assert case.app.screen is not case.screen
        burst(case, "\r\r\x1b\x1b\r\r")
        await case.settle()
        assert case.app.is_running
        assert case.screen.is_attached


async def test_the_palette_opens_again_before_the_last_one_is_gone() -> None:
    async with console() as case:
        burst(case, ":\x1b:\x1b:\x1b:")
        await case.settle()
        assert case.app.is_running
