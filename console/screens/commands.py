"""The palette: every action, every service and every theme by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content
from textual.types import IgnoreReturnCallbackType

from opsconsole.actions import Action, key_words
from opsconsole.domain.text import SafeText
from opsconsole.screens.console_screen import ConsoleScreen
from opsconsole.screens.pane import Pane
from opsconsole.screens.services import known_services, with_service


class ConsoleCommands(Provider):
    """Offers what the registry holds and what the feeds know."""

    async def discover(self) -> Hits:
        """All actions, in the registry's order."""
        for title, call, help_text in self._commands():
            yield DiscoveryHit(Content(title), call, text=title, help=help_text)

    async def search(self, query: str) -> Hits:
        """Actions and services whose name matches."""
        matcher = self.matcher(query)
        for title, call, help_text in (*self._commands(), *self._services()):
            score = matcher.match(title)
            if score > 0:
                yield Hit(score, Content(title), call, text=title, help=help_text)

    def _commands(self) -> Iterator[tuple[str, IgnoreReturnCallbackType, str]]:
        screen = self.screen
        if not isinstance(screen, ConsoleScreen):
            return
        for one in screen.actions:
            if one.id == "palette":
                continue
            if not one.panes:
                yield one.title, self._runner(screen, one), key_words(one.keys)
                continue
            for name in sorted(one.panes, key=lambda pane: pane.digit):
                title = f"{name.title}: {one.title}"
                yield title, self._runner(screen.pane(name), one), key_words(one.keys)

    def _services(self) -> Iterator[tuple[str, IgnoreReturnCallbackType, str]]:
        screen = self.screen
        if isinstance(screen, ConsoleScreen):
            for name in known_services(screen.feeds):
                yield f"Service {name}", self._chooser(screen, name), "show this service"

    @staticmethod
    def _runner(target: ConsoleScreen | Pane, one: Action) -> Callable[[], object]:
        async def run() -> None:
            await target.run_action(one.handler)

        return run

    @staticmethod
    def _chooser(screen: ConsoleScreen, name: SafeText) -> Callable[[], object]:
        return lambda: screen.follow(with_service(screen.scope, name))
