"""The application: wires settings, sources, feeds and the screen together."""

from __future__ import annotations

import io
import random
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from rich.console import Console
from textual import events
from textual.actions import ActionParseResult
from textual.app import SuspendNotSupported
from textual.dom import DOMNode
from textual.filter import LineFilter, NoColor

from opsconsole.actions import PaneName, key_words, with_keymap
from opsconsole.clock import Clock, SystemClock
from opsconsole.config.settings import Settings, ThemeName
from opsconsole.domain.errors import SourceError
from opsconsole.domain.operation import AuditRecord
from opsconsole.domain.scope import Scope
from opsconsole.domain.selection import Selection
from opsconsole.domain.text import SafeText
from opsconsole.domain.time_range import TimeWindow
from opsconsole.drills.drill import Drill
from opsconsole.feeds.cluster_feeds import ClusterFeeds
from opsconsole.feeds.feed import Pace
from opsconsole.garbage import FULL_COLLECTION_INTERVAL, collect_everything, spare_key_presses
from opsconsole.hang_up import GRACE
from opsconsole.incidents.late_records import IncidentJournal
from opsconsole.late_parts import logged_in, messenger_of, share_of, write_mode_of
from opsconsole.operations.protocols import Operations
from opsconsole.record_keeping import late_records
from opsconsole.runbooks.late_bookcase import LateBookcase, LookUp
from opsconsole.runbooks.protocols import Runbooks
from opsconsole.safe_text import safe_text
from opsconsole.screens.commands import commands, palette
from opsconsole.screens.console_screen import ConsoleScreen
from opsconsole.screens.desks import Desks
from opsconsole.screens.drills.drill_desk import DrillDesk
from opsconsole.screens.incidents.incident_desk import IncidentDesk
from opsconsole.screens.incidents.pinning import web_links
from opsconsole.screens.incidents.record_watch import OpenRecords, RecordWatch, Share
from opsconsole.screens.incidents.timeline_keeper import TimelineKeeper
from opsconsole.screens.messages import EvidenceAsked, JumpAsked, TopicChanged
from opsconsole.screens.operations.desk import OperationDesk
from opsconsole.screens.runbooks.runbook_desk import RunbookDesk
from opsconsole.screens.terminal_guard import ControlCharacterFilter
from opsconsole.sources.protocols import Sources
from opsconsole.terminal_driver import driver_on
from opsconsole.terminal_life import TerminalLife, output_of_this_process
from opsconsole.themes import ALL_THEMES, VARIABLE_DEFAULTS
from opsconsole.toasts import ToastingApp
from opsconsole.widgets.glyphs import ASCII, UNICODE
from opsconsole.widgets.typing_box import TypingBox
from opsconsole.write_mode import WriteMode

if TYPE_CHECKING:
    from opsconsole.sources.kubernetes.access import Reached


ReadRunbooks = Callable[[Sources, LookUp | None], Awaitable[Runbooks]]
"""Reads the runbooks, whose checks ask those sources; the second tells what became of an operation."""


class OpsConsole(ToastingApp):
    """The console on one cluster. Nothing here knows whether the cluster is a practice one."""

    TITLE = "opsconsole"
    CSS_PATH = str(files("opsconsole.themes") / "console.tcss")
    ENABLE_COMMAND_PALETTE = False

    def __init__(
        self,
        settings: Settings,
        connect: Callable[[], Sources],
        *,
        clock: Clock | None = None,
        chance: random.Random | None = None,
        pace: Pace | None = None,
        full: PaneName | None = None,
        write_mode: WriteMode | None = None,
        operations: Callable[[], Operations] | None = None,
        records: OpenRecords | None = None,
        share: Share | None = None,
        runbooks: ReadRunbooks | None = None,
        log_in: Callable[[], SafeText] | None = None,
        drill: Drill | None = None,
    ) -> None:
        """`connect` is called once the screen is painted: its imports cost as much as a first paint may.

        `pace` replaces the one that `settings.refresh` (seconds) gives; `full` shows one pane alone. `operations`
        makes the engine when the first operation is asked for; it shares `write_mode`. `records` opens
        the incidents' records once the screen is painted; None keeps none. `share` makes what exchanges them with the
        team. `runbooks` reads those there are when they are first asked for. `log_in` has the terminal while it signs
        in to the cluster, and returns a sentence or raises `SourceError`. `drill` is what is practised.
        """
        super().__init__(driver_class=driver_on(output := output_of_this_process()))
        self._terminal = TerminalLife(self, output)
        self._settings = settings
        self._connect = connect
        self._clock = clock or SystemClock()
        self._chance = chance or random.Random()  # noqa: S311 - spreads requests in time, guards nothing
        self._pace = pace or Pace(interval=settings.refresh)
        self._full = full
        self._write_mode = write_mode or WriteMode(self._clock)
        self._operations = operations
        self._records = records
        self._share = share
        self._runbooks = runbooks
        self._log_in = log_in
        self._drill = drill
        self._operation_desk: OperationDesk | None = None
        self._guard = ControlCharacterFilter()
        self._no_color = NoColor()
        self._fault: Exception | None = None
        # Textual prints an error with its local variables, which may hold secrets; `raise_fault` has it instead.
        self.error_console = Console(file=io.StringIO())
        self.animation_level = "none"
        for theme in ALL_THEMES:
            self.register_theme(theme)
        self.theme = settings.theme.value

    @property
    def _ascii(self) -> bool:
        """Whether frames and signs are drawn with letters."""
        return self._settings.ascii_only or not self._terminal.draws_lines

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
            glyphs=ASCII if self._ascii else UNICODE,
            actions=with_keymap(settings.keymap),
            production=settings.cluster.production,
            desks=self._desks,
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

    def _desks(self, screen: ConsoleScreen) -> Desks:
        zone = zone_of(self._settings.time_zone)
        glyphs = ASCII if self._ascii else UNICODE
        self._operation_desk = OperationDesk(
            screen,
            self._operations,
            self._write_mode,
            clock=self._clock,
            zone=zone,
            glyphs=glyphs,
            on_change=screen.feeds.refresh,
            actions=screen.actions,
            say_last=self._terminal.say,
        )
        watch = RecordWatch(screen, self._records, self._share)
        incidents = IncidentDesk(
            screen,
            watch,
            clock=self._clock,
            zone=zone,
            glyphs=glyphs,
            cluster=safe_text(self._settings.cluster.name),
            production=self._settings.cluster.production,
            links=web_links(self._settings.cluster),
        )
        runbooks = RunbookDesk(
            screen,
            screen,
            incidents,
            self._operation_desk,
            self._shelf(screen, self._operation_desk),
            glyphs=glyphs,
            actions=screen.actions,
        )
        end_key = next(key_words(one.keys) for one in screen.actions if one.id == "end_drill")
        drill = DrillDesk(screen, self._drill, incidents, clock=self._clock, zone=zone, glyphs=glyphs, key=end_key)
        return Desks(self._operation_desk, incidents, runbooks, TimelineKeeper(screen, lambda: watch.opened), drill)

    def _shelf(self, screen: ConsoleScreen, desk: OperationDesk) -> Callable[[], Awaitable[Runbooks]] | None:
        """Reads the runbooks, whose checks ask the sources of the feeds; None where there are none to read."""
        read = self._runbooks
        if read is None:
            return None

        async def look_up(operation: str) -> tuple[AuditRecord, ...]:
            # The engine is made only now.
            await desk.operations.reconcile()
            return await desk.operations.audit_of(operation)

        return lambda: read(screen.feeds.sources, look_up if self._operations is not None else None)

    def _patience(self) -> float:
        """Seconds an orderly end may take: longer while the answer to something sent is awaited."""
        desk = self._operation_desk
        return GRACE if desk is None else GRACE + desk.patience

    def on_mount(self) -> None:
        """Apply the keymap; leave cleanly when the terminal or the session goes away."""
        if self._ascii:
            self.add_class("ascii")
        self.set_keymap(self._settings.keymap)
        if not self.is_headless:
            self._terminal.begin(self._patience)
            self.set_interval(FULL_COLLECTION_INTERVAL, collect_everything)

    def post_display_hook(self) -> None:
        """As Textual's, which calls it whenever it has painted: a slow terminal is not given more than it takes."""
        self._terminal.painted()

    def action_stop(self) -> None:
        """Give the terminal back to the shell, which brings the console back by `fg`."""
        if refused := self._terminal.stop():
            self.notify(refused, markup=False)

    def on_key(self, event: events.Key) -> None:
        """Letters that were typed for a box, and were on their way to what had the keys before it, go there.

        They come here when nobody else took them, and would be looked up as commands next.
        """
        focused = self.focused
        if isinstance(focused, TypingBox) and event.is_printable and event.character is not None:
            event.prevent_default()
            event.stop()
            focused.take(event.character)

    async def run_action(
        self,
        action: str | ActionParseResult,
        default_namespace: DOMNode | None = None,
        namespaces: Mapping[str, DOMNode] | None = None,
    ) -> bool:
        """As Textual's; in a drill the use of an action is noted, since the way is told at its end."""
        if self._drill is not None and isinstance(action, str):
            self._drill.path.note(action, self._clock.now())
        return await super().run_action(action, default_namespace, namespaces)

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

    def on_jump_asked(self, event: JumpAsked) -> None:
        """A view over the panes asks to go elsewhere: it closes, and the console goes there."""
        while not isinstance(self.screen, ConsoleScreen):
            self.pop_screen()
        self.screen.on_jump_asked(event)

    def on_evidence_asked(self, event: EvidenceAsked) -> None:
        """A view over the panes asks to keep something: it stays, and the console keeps it."""
        for screen in self.screen_stack:
            if isinstance(screen, ConsoleScreen):
                screen.on_evidence_asked(event)

    def action_log_in(self) -> None:
        """Hand the terminal to the program that signs in to Kubernetes, then ask everything anew."""
        if self._log_in is None:
            self.notify("there is nothing to sign in to: Kubernetes is not configured", markup=False)
            return
        try:
            with self.suspend():
                try:  # what leaves the block leaves the terminal handed over
                    told = self._log_in()
                except SourceError as error:
                    told = error.sentence
        except SuspendNotSupported:
            told = SafeText("this terminal can't be handed over; use `opsconsole login`")
        self.notify(told, markup=False, timeout=12)
        if isinstance(self.screen, ConsoleScreen):
            self.screen.action_refresh()

    def action_palette(self) -> None:
        """Every action by name: a list of our own, since Textual's ends the program when keys come fast."""
        screen = self.screen
        if not isinstance(screen, ConsoleScreen):
            return
        offered = commands(screen)

        def run(place: str | None) -> None:
            if place is not None:
                self.call_later(offered[int(place)].run)

        self.push_screen(palette(offered), run)

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


def run(settings: Settings, drill: Drill | None = None) -> int:
    """Open the console until the operator leaves; returns the exit code. In a `drill` incidents are marked as such.

    Raises `ConfigError` for settings that only show to be wrong when they are used, and any error that nobody
    caught while the screen was open.
    """
    clock = SystemClock()
    with_keymap(settings.keymap)

    @cache
    def reached() -> Reached | None:
        """One set of credentials for feeds and operations."""
        from opsconsole.sources.kubernetes.access import Reached  # noqa: PLC0415 - brings httpx, after first paint

        kubernetes = settings.cluster.kubernetes
        return None if kubernetes is None else Reached(kubernetes, clock)

    def connect() -> Sources:
        from opsconsole.sources import connect as late  # noqa: PLC0415 - brings httpx, after first paint

        late.import_ahead(settings.cluster)
        return late.connect(settings.cluster, clock, reached=reached())

    write_mode = write_mode_of(settings, clock)
    drill_since = None if drill is None else clock.now()
    records = late_records(settings, clock, drill_since=drill_since, messenger=messenger_of)

    def operations() -> Operations:
        from opsconsole.operating import operations as operations_on  # noqa: PLC0415 - only for who operates

        journal = IncidentJournal(records)
        return operations_on(settings.cluster, clock, write_mode, reached=reached(), journal=journal)

    spare_key_presses()
    app = OpsConsole(
        settings,
        connect,
        clock=clock,
        write_mode=write_mode,
        operations=operations if settings.cluster.kubernetes else None,
        records=records,
        share=share_of(settings, clock),
        runbooks=LateBookcase(settings, clock, records.if_needed),
        log_in=(lambda: logged_in(reached())) if settings.cluster.kubernetes else None,
        drill=drill,
    )
    result = app.run(mouse=True)
    app.raise_fault()
    return result if isinstance(result, int) else app.return_code or 0
