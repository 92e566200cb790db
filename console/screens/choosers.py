"""The dialogs that choose a service and a time range."""

from __future__ import annotations

from opsconsole.domain.text import SafeText
from opsconsole.domain.time_range import RANGE_PRESETS, parse_duration
from opsconsole.screens.choice_screen import Choice, ChoiceScreen


def service_chooser(names: tuple[SafeText, ...], current: SafeText | None) -> ChoiceScreen:
    """Returns a service's name, the empty string for all of them; `current` is highlighted at first."""
    everything = Choice("", SafeText("all services"))
    return ChoiceScreen(
        SafeText("Service"),
        (everything, *(Choice(name, name) for name in names)),
        "type to narrow",
        current=current or "",
    )


def range_chooser(current: float) -> ChoiceScreen:
    """Returns a duration as `parse_duration` reads it: a preset, or one that was typed.

    The preset of `current` seconds is highlighted at first.
    """

    def accepts(typed: str) -> str:
        parse_duration(typed)
        return typed

    present = next((text for text, seconds in RANGE_PRESETS if seconds == current), None)
    choices = tuple(Choice(text, SafeText(f"last {text}")) for text, _ in RANGE_PRESETS)
    return ChoiceScreen(SafeText("Time range"), choices, "or type 45m, 2h30m, 7d", accepts, present)
