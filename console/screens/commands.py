"""The palette: every action and every service by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import msgspec

from opsconsole.actions import Action, key_words
from opsconsole.domain.text import SafeText
from opsconsole.screens.choice_screen import Choice, ChoiceScreen
from opsconsole.screens.console_screen import ConsoleScreen
from opsconsole.screens.pane import Pane
from opsconsole.screens.services import known_services, with_service


class Command(msgspec.Struct, frozen=True):
    """Something the palette offers: what it is called, the keys that do it, and what does it."""

    title: SafeText
    keys: str
    run: Callable[[], object]


def palette(commands: Sequence[Command]) -> ChoiceScreen:
    """The list of `commands`, narrowed by typing; returns the place of the chosen one as text."""
    choices = tuple(Choice(str(place), one.title, one.keys) for place, one in enumerate(commands))
    return ChoiceScreen(SafeText("Everything there is to do"), choices, "words of its name")


def commands(screen: ConsoleScreen) -> tuple[Command, ...]:
    """All actions, those of the focused pane first, then those that work everywhere; then services."""
    return (*_actions(screen), *_services(screen))


def _actions(screen: ConsoleScreen) -> Iterator[Command]:
    # Second and later ones of numbered actions would fill the list; they stand last.
    actions = sorted((one for one in screen.actions if one.id != "palette"), key=_further)
    here = screen.focused_pane
    for one in actions:
        if here in one.panes and here is not None:
            yield _command(one.title, one, screen.pane(here))
    for one in actions:
        if not one.panes:
            yield _command(one.title, one, screen)
    for one in actions:
        for name in sorted(one.panes - {here}, key=lambda pane: pane.digit):
            yield _command(f"{name.title}: {one.title}", one, screen.pane(name))


def _command(title: str, one: Action, target: ConsoleScreen | Pane) -> Command:
    return Command(SafeText(title), key_words(one.keys), lambda: target.run_action(one.handler))


def _services(screen: ConsoleScreen) -> Iterator[Command]:
    for name in known_services(screen.feeds):
        yield Command(SafeText(f"Service {name}"), "", _chooser(screen, name))


def _chooser(screen: ConsoleScreen, name: SafeText) -> Callable[[], object]:
    return lambda: screen.follow(with_service(screen.scope, name))


def _further(one: Action) -> bool:
    return one.id[-1].isdigit() and not one.id.endswith("_1")
