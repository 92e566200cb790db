"""The application: wires settings, sources, feeds and the screen together."""

from __future__ import annotations

import gc
import io
import random
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, tzinfo
from importlib.resources import files
from typing import ClassVar
from zoneinfo import ZoneInfo

from rich.console import Console
from textual.app import App
from textual.command import Provider
from textual.filter import LineFilter, NoColor

from opsconsole.actions import PaneName, with_keymap
from opsconsole.clock import Clock, SystemClock
from opsconsole.config.settings import Settings, ThemeName
from opsconsole.domain.scope import Scope, Selection
from opsconsole.domain.text import SafeText
from opsconsole.domain.time_range import TimeWindow
from opsconsole.feeds.cluster_feeds import ClusterFeeds
from opsconsole.feeds.feed import Pace
from opsconsole.garbage import FULL_COLLECTION_INTERVAL, spare_key_presses
from opsconsole.hang_up import leave_on_hang_up
from opsconsole.safe_text import safe_text
from opsconsole.screens.commands import ConsoleCommands
from opsconsole.screens.console_screen import ConsoleScreen
from opsconsole.screens.messages import TopicChanged
from opsconsole.screens.terminal_guard import ControlCharacterFilter
from opsconsole.sources.protocols import Sources
from opsconsole.themes import ALL_THEMES, VARIABLE_DEFAULTS
from opsconsole.widgets.glyphs import ASCII, UNICODE

_PRODUCTION = frozenset({"production", "prod", "live"})


class OpsConsole(App[int]):
    """The console on one cluster. Nothing here knows whether the cluster is a practice one."""

    TITLE = "opsconsole"
    CSS_PATH = str(files("opsconsole.themes") / "console.tcss")
    COMMANDS: ClassVar[set[type[Provider] | Callable[[], type[Provider]]]] = {ConsoleCommands}
    COMMAND_PALETTE_BINDING = "ctrl+p"
    ENABLE_COMMAND_PALETTE = True

    def __init__(
        self,
        settings: Settings,
        connect: Callable[[], Sources],
        *,
        clock: Clock | None = None,
        chance: random.Random | None = None,
        pace: Pace | None = None,
        full: PaneName | None = None,
    ) -> None:
        """`connect` is called once the screen is painted: its imports cost as much as a first paint may.

        `pace` replaces the one that `settings.refresh` (seconds) gives; `full` shows one pane alone.
        """
        super().__init__()
        self._settings = settings
        self._connect = connect
        self._clock = clock or SystemClock()
        self._chance = chance or random.Random()  # noqa: S311 - spreads requests in time, guards nothing
        self._pace = pace or Pace(interval=settings.refresh)
        self._full = full
        self._guard = ControlCharacterFilter()
        self._no_color = NoColor()
        self._fault: Exception | None = None
        # Textual prints an error with its local variables, which may hold secrets; `raise_fault` has it instead.
        self.error_console = Console(file=io.StringIO())
        self.animation_level = "none"
        for theme in ALL_THEMES:
            self.register_theme(theme)
        self.theme = settings.theme.value

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Our own colour variables, for themes that do not know them."""
        return VARIABLE_DEFAULTS

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Textual's filters, no colour at all where NO_COLOR asks for that, and the last door before the terminal.

        By itself Textual answers NO_COLOR with shades of grey, which are colours to a terminal.
        """
        colourless = (self._no_color,) if self.no_color else ()
        return (*super().get_line_filters(), *colourless, self._guard)

    def get_default_screen(self) -> ConsoleScreen:
        """The one screen, on the settings' scope."""
        settings = self._settings
        selection = Selection(
            safe_text(settings.cluster.name),
            _name(settings.namespace or settings.cluster.namespace),
            _name(settings.service),
        )
        return ConsoleScreen(
            Scope(selection, TimeWindow(settings.since)),
            self._feeds,
            clock=self._clock,
            zone=zone_of(settings.time_zone),
            glyphs=ASCII if settings.ascii_only else UNICODE,
            actions=with_keymap(settings.keymap),
            production=settings.cluster.environment.lower() in _PRODUCTION,
            write=settings.write,
            full=self._full,
        )

    def _feeds(self, screen: ConsoleScreen) -> ClusterFeeds:
        return ClusterFeeds(
            self._connect,
            screen.scope,
            lambda topic: screen.post_message(TopicChanged(topic)),
            clock=self._clock,
            chance=self._chance,
            pace=self._pace,
            panels=self._settings.cluster.panels,
        )

    def on_mount(self) -> None:
        """Apply the keymap; leave cleanly when the terminal or the session goes away."""
        if self._settings.ascii_only:
            self.add_class("ascii")
        self.set_keymap(self._settings.keymap)
        if not self.is_headless:
            leave_on_hang_up(lambda: self.exit(0))
            self.set_interval(FULL_COLLECTION_INTERVAL, gc.collect)

    def bell(self) -> None:
        """Ring; keep the error when Textual rings for one.

        It rings while it handles an error that nobody caught, and gives no other public sign of which one that was.
        """
        error = sys.exception()
        if self._fault is None and isinstance(error, Exception):
            self._fault = error
        super().bell()

    def raise_fault(self) -> None:
        """Once the app has ended: raise the error that ended it, if one did."""
        if self.return_code and self.return_value is None:
            raise self._fault or RuntimeError("the screen ended with an error that it did not tell")

    def action_next_theme(self) -> None:
        """The theme after this one."""
        names = [theme.value for theme in ThemeName]
        self.theme = names[(names.index(self.theme) + 1) % len(names)]


def _name(text: str | None) -> SafeText | None:
    return safe_text(text) if text else None


def zone_of(name: str) -> tzinfo:
    """The time zone called `name`: `local`, `UTC` or an IANA name (checked when settings are read)."""
    if name == "local":
        return datetime.now().astimezone().tzinfo or UTC
    return UTC if name.upper() == "UTC" else ZoneInfo(name)


def run(settings: Settings) -> int:
    """Open the console until the operator leaves; returns the exit code.

    Raises `ConfigError` for settings that only show to be wrong when they are used, and any error that nobody
    caught while the screen was open.
    """
    clock = SystemClock()
    with_keymap(settings.keymap)

    def connect() -> Sources:
        from opsconsole.sources import connect as late  # noqa: PLC0415 - brings httpx, after first paint

        late.import_ahead(settings.cluster)
        return late.connect(settings.cluster, clock)

    spare_key_presses()
    app = OpsConsole(settings, connect, clock=clock)
    result = app.run(mouse=True)
    app.raise_fault()
    return result if isinstance(result, int) else app.return_code or 0
