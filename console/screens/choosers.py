"""The dialogs that choose a service and a time range."""

from __future__ import annotations

from collections.abc import Callable

from textual.app import App

from opsconsole.domain.scope import Scope
from opsconsole.domain.text import SafeText
from opsconsole.domain.time_range import RANGE_PRESETS, parse_duration
from opsconsole.feeds.cluster_feeds import ClusterFeeds
from opsconsole.screens.choice_screen import Choice, ChoiceScreen
from opsconsole.screens.services import known_services, with_service
from opsconsole.screens.time_travel import with_range


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


def choose_service(app: App[int], feeds: ClusterFeeds, scope: Scope, follow: Callable[[Scope], None]) -> None:
    """Offer every service that any source knows; `follow` gets the scope of the chosen one."""

    def chosen(name: str | None) -> None:
        if name is not None:
            follow(with_service(scope, SafeText(name) or None))

    app.push_screen(service_chooser(known_services(feeds), scope.selection.service), chosen)


def choose_range(app: App[int], scope: Scope, move: Callable[[Scope], None]) -> None:
    """Offer the presets; any duration may be typed. `move` gets the scope of that range."""

    def chosen(text: str | None) -> None:
        if text is not None:
            move(with_range(scope, text))

    app.push_screen(range_chooser(scope.window.duration), chosen)
