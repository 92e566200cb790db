"""Keys that arrive all at once, as a slow link delivers them."""

from __future__ import annotations

from console_case import ConsoleCase, console
from textual import events

from opsconsole.domain.text import SafeText
from opsconsole.screens.choice_screen import Choice, ChoiceScreen


def burst(case: ConsoleCase, typed: str) -> None:
    """Put every key of `typed` into the queue before the first is handled."""
    for character in typed:
        key = {"/": "slash", "\r": "enter", "\x1b": "escape", ":": "colon", "!": "exclamation_mark"}.get(
            character, character
        )
        case.app.post_message(events.Key(key, character))


async def test_words_typed_right_after_the_slash_go_to_the_box() -> None:
    async with console() as case:
        for pane, words in (("3", "reserved"), ("5", "requisite")):
            await case.press(pane)
            assert words not in case.text
            burst(case, f"/{words}")
            text = await case.settled()
            assert case.app.is_running, pane
            assert case.app.screen is case.screen, pane
            assert words in text, pane
            await case.press("escape")


async def test_a_search_typed_and_entered_in_one_burst_is_asked() -> None:
    async with console() as case:
        await case.press("3")
        burst(case, "/pool wait\r".replace(" ", ""))
        await case.settle()
        assert case.scope.logs.words == "poolwait"


async def test_keys_that_close_a_dialog_twice_close_nothing_else() -> None:
    async with console() as case:
        for opening in ("t", "s", "x", "question_mark", "w", "a", "colon"):
            await case.press("5", opening)
            assert case.app.screen is not case.screen, opening
            burst(case, "\r\r\x1b\x1b\r\r")
            await case.settle()
            assert case.app.is_running, opening
            assert case.screen.is_attached, opening
            while case.app.screen is not case.screen:
                await case.press("escape")


async def test_the_palette_opens_again_before_the_last_one_is_gone() -> None:
    async with console() as case:
        burst(case, ":\x1b:\x1b:\x1b:")
        await case.settle()
        assert case.app.is_running


async def test_arrows_that_come_before_the_list_is_there_move_nothing() -> None:
    async with console() as case:
        case.app.push_screen(ChoiceScreen(SafeText("where to"), (Choice("a", SafeText("over there")),), "a place"))
        assert isinstance(case.app.screen, ChoiceScreen)
        case.app.screen.action_move(1)
        await case.settle()
        assert "over there" in case.text
