"""The palette: every action, every service and every theme by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from textual.command import CommandPalette, DiscoveryHit, Hit, Hits, Provider
from textual.content import Content
from textual.types import IgnoreReturnCallbackType

from opsconsole.actions import Action, key_words
from opsconsole.domain.text import SafeText
from opsconsole.screens.console_screen import ConsoleScreen
from opsconsole.screens.pane import Pane
from opsconsole.screens.services import known_services, with_service
from opsconsole.screens.upper_screens import UpperScreen


class Palette(CommandPalette, UpperScreen[None]):
    """Textual's palette, which keys that arrive together close once."""


class ConsoleCommands(Provider):
    """Offers what the registry holds and what the feeds know."""

    async def discover(self) -> Hits:
        """All actions: those of the focused pane, those that work everywhere, those of other panes."""
        for title, keys, call in self._commands(folded=True):
            yield DiscoveryHit(_shown(Content(title), keys), call, text=title)

    async def search(self, query: str) -> Hits:
        """Actions and services whose name matches."""
        matcher = self.matcher(query)
        for title, keys, call in (*self._commands(), *self._services()):
            score = matcher.match(title)
            if score > 0:
                yield Hit(score, _shown(matcher.highlight(title), keys), call, text=title)

    def _commands(self, *, folded: bool = False) -> Iterator[tuple[str, str, IgnoreReturnCallbackType]]:
        screen = self.screen
        if not isinstance(screen, ConsoleScreen):
            return
        actions = [one for one in screen.actions if one.id != "palette" and not (folded and _further(one))]
        here = screen.focused_pane
        for one in actions:
            if here in one.panes and here is not None:
                yield one.title, key_words(one.keys), self._runner(screen.pane(here), one)
        for one in actions:
            if not one.panes:
                yield one.title, key_words(one.keys), self._runner(screen, one)
        for one in actions:
            for name in sorted(one.panes - {here}, key=lambda pane: pane.digit):
                yield f"{name.title}: {one.title}", key_words(one.keys), self._runner(screen.pane(name), one)

    def _services(self) -> Iterator[tuple[str, str, IgnoreReturnCallbackType]]:
        screen = self.screen
        if isinstance(screen, ConsoleScreen):
            for name in known_services(screen.feeds):
                yield f"Service {name}", "", self._chooser(screen, name)

    @staticmethod
    def _runner(target: ConsoleScreen | Pane, one: Action) -> Callable[[], object]:
        async def run() -> None:
            await target.run_action(one.handler)

        return run

    @staticmethod
    def _chooser(screen: ConsoleScreen, name: SafeText) -> Callable[[], object]:
        return lambda: screen.follow(with_service(screen.scope, name))


def _further(one: Action) -> bool:
    """Whether it is a second or later one of numbered actions, which would fill the list; a search finds all."""
    return one.id[-1].isdigit() and not one.id.endswith("_1")


def _shown(title: Content, keys: str) -> Content:
    """A title with its keys behind it, in one line: a small terminal shows twice as many."""
    return Content.assemble(title, (f"  {keys}", "$primary")) if keys else title
