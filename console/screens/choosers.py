"""The dialogs that choose a service and a time range."""

from __future__ import annotations

from opsconsole.domain.text import SafeText
from opsconsole.domain.time_range import RANGE_PRESETS, parse_duration
from opsconsole.screens.choice_screen import Choice, ChoiceScreen


def service_chooser(names: tuple[SafeText, ...]) -> ChoiceScreen:
    """Returns a service's name, the empty string for all of them."""
    everything = Choice("", SafeText("all services"))
    return ChoiceScreen(SafeText("Service"), (everything, *(Choice(name, name) for name in names)), "type to narrow")


def range_chooser() -> ChoiceScreen:
    """Returns a duration as `parse_duration` reads it: a preset, or one that was typed."""

    def accepts(typed: str) -> str:
        parse_duration(typed)
        return typed

    choices = tuple(Choice(text, SafeText(f"last {text}")) for text, _ in RANGE_PRESETS)
    return ChoiceScreen(SafeText("Time range"), choices, "or type 45m, 2h30m, 7d", accepts)
