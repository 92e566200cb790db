"""An incident's own screen: what is known above, the timeline below, the newest on top.

Who looks at 03:00 asks what happened last; the beginning is one key (End) away.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from datetime import tzinfo
from functools import partial
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget

from opsconsole.clock import Clock
from opsconsole.domain.errors import OpsConsoleError
from opsconsole.domain.event_words import EventGroup, group_of
from opsconsole.domain.incident import Incident
from opsconsole.domain.incident_event import IncidentEvent
from opsconsole.domain.text import SafeText
from opsconsole.incidents.records import Records
from opsconsole.screens.choice_screen import Choice, ChoiceScreen
from opsconsole.screens.detail_screen import DetailScreen
from opsconsole.screens.full_view import FullView
from opsconsole.screens.incidents.doubling import Doubling
from opsconsole.screens.incidents.duties import Duties
from opsconsole.screens.incidents.editing import IncidentEditing
from opsconsole.screens.incidents.telling import Telling
from opsconsole.screens.messages import DetailAsked
from opsconsole.widgets.glyphs import Glyphs
from opsconsole.widgets.incidents.event_page import whole_event
from opsconsole.widgets.incidents.event_preview import SCREEN_ROWS, EventPreview
from opsconsole.widgets.incidents.heading import IncidentHeading, heading_lines, standing
from opsconsole.widgets.incidents.timeline import EventRow, event_rows
from opsconsole.widgets.problem_note import clock_text
from opsconsole.widgets.rows.row_list import RowList
from opsconsole.widgets.text_filter import TextFilter

_TICK = 1.0
"""Seconds between two looks at the clock and at whether anybody wrote something."""
_ALIKE = 0.5
"""How like a past incident has to be (0 to 1) to be named above the timeline."""


class IncidentView(FullView):
    """Reads the record anew whenever anybody on this machine wrote to it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n,J", "edit('note')", "note", id="incident.note"),
        Binding("s", "edit('state')", "state", id="incident.state"),
        Binding("p", "edit('severity')", "severity", id="incident.severity"),
        Binding("h", "edit('hypothesis')", "hypothesis", id="incident.hypothesis"),
        Binding("c", "edit('cause')", "cause", id="incident.cause"),
        Binding("r", "edit('roles')", "roles", id="incident.roles"),
        Binding("a", "edit('follow_ups')", "afterwards", id="incident.follow_ups"),
        Binding("t", "edit('texts')", "texts", id="incident.texts"),
        Binding("x", "edit('decide')", "decide", id="incident.decide"),
        Binding("D", "edit('duplicate')", "duplicate", id="incident.duplicate"),
        Binding("N", "edit('tell')", "tell", id="incident.tell"),
        Binding("w", "edit('work_on')", "work on it", id="incident.work_on"),
        Binding("F", "groups", "kinds", id="incident.groups"),
        Binding("m", "similar", "similar ones", id="incident.similar"),
        Binding("o", "open", "open", id="incident.open"),
        Binding("f2", "list", "all incidents", id="incident.list"),
        Binding("i", "dismiss", "back", show=False, id="incident.back"),
    ]

    def __init__(
        self,
        records: Records,
        incident: Incident,
        glyphs: Glyphs,
        clock: Clock,
        zone: tzinfo,
        *,
        show_list: Callable[[], object],
        show_similar: Callable[[Incident], object],
    ) -> None:
        """About `incident`; `show_list` and `show_similar` open other screens."""
        super().__init__(glyphs, clock, zone)
        self._records = records
        self._incident = incident
        self._show_list = show_list
        self._show_similar = show_similar
        self._events: tuple[IncidentEvent, ...] = ()
        self._heading = IncidentHeading()
        self._rows = RowList(glyphs=glyphs, zone=zone, newest_first=True)
        self._preview = EventPreview(glyphs=glyphs, zone=zone)
        self._shown_rows: tuple[EventRow, ...] = ()
        self._groups: frozenset[EventGroup] = frozenset()
        self._wanted = TextFilter()
        self._seen = -1
        self._doubling = Doubling(self, records)
        self._like = SafeText("")
        self._likened: tuple[SafeText, ...] | None = None
        self._looking = False
        editing = IncidentEditing(
            self, records.book, shown=lambda: self._incident, events=lambda: self._events, read=self.read
        )
        duties = Duties(editing, clock, zone)
        self._telling = Telling(editing, records.notifier)
        self._dialogs: dict[str, Callable[[], Coroutine[None, None, None]]] = {
            "note": editing.note,
            "state": editing.state,
            "severity": editing.severity,
            "hypothesis": editing.hypothesis,
            "cause": editing.cause,
            "roles": duties.roles,
            "follow_ups": duties.follow_ups,
            "texts": editing.texts,
            "decide": editing.decide,
            "tell": self._telling.tell,
            "duplicate": partial(self._doubling.close, self.read, self._complain),
            "work_on": editing.work_on,
        }

    @property
    def incident(self) -> Incident:
        """The incident as last read."""
        return self._incident

    @property
    def body(self) -> Widget:
        """The timeline."""
        return self._rows

    @property
    def key_pairs(self) -> tuple[tuple[str, str], ...]:
        """What is done most, first."""
        return (
            ("Esc", "back"),
            ("n", "note"),
            ("s", "state"),
            ("c", "cause"),
            ("h", "hypothesis"),
            ("Enter", "open"),
            ("p", "severity"),
            ("r", "roles"),
            ("a", "afterwards"),
            ("t", "texts"),
            ("N", "tell"),
            ("F", "kinds"),
            ("m", "similar"),
            ("F2", "all"),
        )

    @property
    def key_page(self) -> tuple[tuple[str, str], ...]:
        """The same in sentences."""
        return (
            ("Esc", "back to the panes"),
            ("n", "write a note"),
            ("s", "say how far it is: only what may follow is offered"),
            ("c", "name the cause"),
            ("h", "say what it may be; the first time is a milestone"),
            ("Enter", "open the event under the cursor; evidence is drawn again"),
            ("p", "say how much it hurts: P1 to P4"),
            ("r", "take a role, hand it over, leave it"),
            ("a", "what has to be done afterwards, by whom and when"),
            ("t", "title, summary, impact, cause, healing, owner, services"),
            ("x", "decide where two people said otherwise"),
            ("D", "close the younger of two incidents about one alert as a duplicate, and go on with the older"),
            ("N", "tell somebody: shows whom and what before anything is sent"),
            ("w", "work on this incident here, or leave it"),
            ("F", "show events of one kind alone"),
            ("/", "show events with certain words alone"),
            ("m", "past incidents like this one, and what healed them"),
            ("F2", "all incidents"),
            ("R", "read the record again"),
            ("y", "copy the timeline"),
        )

    def compose(self) -> ComposeResult:
        """Title, facts, timeline, the event under its cursor, what is to be said, words to find, keys."""
        yield self.title_line
        yield self._heading
        yield self._rows
        yield self._preview
        yield self.note
        yield self.filter_line
        yield self.key_line

    def on_mount(self) -> None:
        """Draw what is known, read the rest, and look again each second."""
        self._draw()
        self.run_worker(self._look(), group="incident-read")
        self.set_interval(_TICK, self.tick)

    # -- reading ---------------------------------------------------------------------------------

    def tick(self) -> None:
        """Let the clock go on, and look whether anything was written."""
        self._draw_title()
        if not self._looking:
            self.run_worker(self._look(), group="incident-read")

    async def _look(self) -> None:
        self._looking = True
        try:
            seen = await self._records.store.changed(self._seen)
            if seen != self._seen:
                await self.read()
                self._seen = seen
        except OpsConsoleError as error:
            self._complain(str(error))
        finally:
            self._looking = False

    async def read(self, incident: Incident | None = None) -> None:
        """Read the incident and its events anew, or from now on another `incident`. Raises `StoreError`."""
        store, name = self._records.store, (incident or self._incident).id
        self._incident, self._events = await store.incident(name), await store.events(name)
        await self._doubling.look(self._incident)
        await self._liken()
        self._complain("")
        self._draw()

    async def _liken(self) -> None:
        """Find the past incident that is most like this one; anew when there are other alerts or services."""
        incident = self._incident
        basis = (incident.title, *incident.services, *(one.fingerprint for one in incident.alerts))
        if basis == self._likened:
            return
        self._likened = basis
        found = await self._records.store.similar(incident, 1)
        best = next((one for one in found if one.score >= _ALIKE), None)
        if best is None:
            self._like = SafeText("")
            return
        day = clock_text(best.incident.opened_at, self.zone, "%d %b %Y")
        healed = f", healed by: {best.incident.healing}" if best.incident.healing else ""
        self._like = SafeText(f"{best.incident.name} of {day}: {best.incident.title}{healed} (m shows more)")

    def _complain(self, sentence: str) -> None:
        words = f"{self.glyphs.down} {sentence}; below is what was read before" if sentence else ""
        self.note.say(Content.assemble((words, "$level-error")))

    # -- drawing ---------------------------------------------------------------------------------

    def _draw(self) -> None:
        incident = self._incident
        self._draw_title()
        self._heading.show(
            heading_lines(incident, zone=self.zone, glyphs=self.glyphs, like=self._like, double=self._doubling.words)
        )
        rows = event_rows(self._events, self._groups)
        if self._wanted:
            rows = tuple(row for row in rows if self._wanted.passes(row.text.casefold()))
        self._shown_rows = rows
        narrowed = bool(self._groups) or len(rows) < len(self._events)
        nothing = "no event like that; F and / narrow the timeline" if narrowed else "reading the record"
        self._rows.show(rows, now=self.clock.now(), placeholder=(Content.assemble((nothing, "$muted")),))
        self._preview.look_at(self._under_cursor, self.clock.now())

    def _draw_title(self) -> None:
        narrowed = f"only {', '.join(sorted(one.value for one in self._groups))}" if self._groups else ""
        current = self._records.book.current
        left = "" if current is not None and current.id == self._incident.id else "not worked on here"
        offered = self._telling.offered(self._incident, self._events)
        about = f" {self.glyphs.dot} ".join(text for text in (offered, self._incident.title, left, narrowed) if text)
        self.title_line.show(
            self._incident.name, SafeText(about), standing(self._incident, self.clock.now(), self.glyphs)
        )

    # -- keys ------------------------------------------------------------------------------------

    def action_edit(self, what: str) -> None:
        """Open a dialog of `editing` or `duties`."""
        self.run_worker(self._dialogs[what](), group="incident-dialog", exclusive=True)

    def action_groups(self) -> None:
        """Narrow the timeline to one kind of event, or take all."""

        def chosen(value: str | None) -> None:
            if value is not None:
                self._groups = frozenset({EventGroup(value)} if value else ())
                self._draw()

        counts = {group: sum(group_of(one.what) is group for one in self._events) for group in EventGroup}
        kinds = (Choice(one.value, SafeText(f"{one.value:<10} {count}")) for one, count in counts.items() if count)
        everything = Choice("", SafeText(f"{'all kinds':<10} {len(self._events)}"))
        current = next(iter(self._groups)).value if self._groups else ""
        self.app.push_screen(
            ChoiceScreen(SafeText("Show"), (everything, *kinds), "type to narrow", current=current), chosen
        )

    def narrow(self, wanted: TextFilter) -> None:
        """Only events with certain words."""
        self._wanted = wanted
        self._draw()

    def action_again(self) -> None:
        """Read it again."""
        self._seen = -1
        self.tick()

    def action_list(self) -> None:
        """All incidents."""
        self._show_list()

    def action_similar(self) -> None:
        """Past incidents like this one."""
        self._show_similar(self._incident)

    def action_open(self) -> None:
        """The event under the cursor, whole."""
        self._rows.action_choose()

    def on_row_list_chosen(self, event: RowList.Chosen) -> None:
        """Enter opens."""
        event.stop()
        if (under := self._under_cursor) is not None:
            self.app.push_screen(self._opened(under))

    def on_row_list_highlighted(self, event: RowList.Highlighted) -> None:
        """Another event is under the cursor."""
        event.stop()
        self._preview.look_at(self._under_cursor, self.clock.now())

    @property
    def _under_cursor(self) -> IncidentEvent | None:
        return next((one.event for one in self._shown_rows if one.key == self._rows.cursor_key), None)

    def on_resize(self) -> None:
        """Show the event under the cursor where there is room for it."""
        self._preview.display = self.app.size.height >= SCREEN_ROWS

    def _opened(self, event: IncidentEvent) -> DetailScreen:
        page = partial(self._page, event)
        title = SafeText(f"{self._incident.name}: {group_of(event.what).value}")
        return DetailScreen(DetailAsked(title, page), self.glyphs, self.clock)

    def _page(self, event: IncidentEvent, width: int, now: float) -> tuple[Content, ...]:
        return whole_event(event, width, now=now, zone=self.zone, glyphs=self.glyphs)

    def copied(self) -> str:
        """The timeline as it is narrowed, oldest first, a line each."""
        return "\n".join(
            f"{clock_text(row.event.at, self.zone, '%Y-%m-%d %H:%M:%S %Z')}\t{row.group.value}\t{row.words}\t{row.by}"
            for row in reversed(self._shown_rows)
        )
