"""All incidents, or those that are like one, as a screen of rows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import tzinfo
from typing import ClassVar

import msgspec
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget

from opsconsole.clock import Clock
from opsconsole.domain.errors import OpsConsoleError
from opsconsole.domain.incident import Incident, IncidentSeverity
from opsconsole.domain.text import SafeText
from opsconsole.incidents.protocols import IncidentQuery, IncidentStore
from opsconsole.safe_text import safe_text
from opsconsole.screens.choice_screen import Choice, ChoiceScreen
from opsconsole.screens.full_view import FullView
from opsconsole.widgets.glyphs import Glyphs
from opsconsole.widgets.incidents.incident_rows import IncidentRow
from opsconsole.widgets.rows.row_list import RowList
from opsconsole.widgets.text_filter import TextFilter

_TICK = 1.0


class IncidentRows(FullView):
    """Rows of incidents; Enter opens one."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("o", "open", "open", id="incidents.open")]

    def __init__(
        self,
        store: IncidentStore,
        glyphs: Glyphs,
        clock: Clock,
        zone: tzinfo,
        *,
        open_one: Callable[[Incident], object],
    ) -> None:
        """`open_one` shows an incident's own screen."""
        super().__init__(glyphs, clock, zone)
        self.store = store
        self._open_one = open_one
        self._rows = RowList(glyphs=glyphs, zone=zone)
        self.listed: tuple[IncidentRow, ...] = ()
        self._seen = -1
        self._looking = False

    @property
    def body(self) -> Widget:
        """The rows."""
        return self._rows

    def on_mount(self) -> None:
        """Read, and look each second whether anything was written."""
        self.look()
        self.set_interval(_TICK, self.look)

    async def find(self) -> tuple[IncidentRow, ...]:
        """The rows there are now. Raises `StoreError`."""
        raise NotImplementedError

    def say(self, count: int) -> None:
        """Title, and how many rows there are."""
        raise NotImplementedError

    @property
    def nothing(self) -> str:
        """What stands there when there is no row."""
        raise NotImplementedError

    def look(self) -> None:
        """Read anew if anything was written."""
        if not self._looking:
            self.run_worker(self._look(), group="incidents-read")

    async def _look(self) -> None:
        self._looking = True
        try:
            seen = await self.store.changed(self._seen)
            if seen != self._seen:
                self.listed = await self.find()
                self._seen = seen
                self.note.say(Content(""))
        except OpsConsoleError as error:
            self.note.say(Content.assemble((f"{self.glyphs.down} {error}", "$level-error")))
        finally:
            self._looking = False
        self.say(len(self.listed))
        self._rows.show(self.listed, now=self.clock.now(), placeholder=(Content.assemble((self.nothing, "$muted")),))

    def action_again(self) -> None:
        """Read again."""
        self._seen = -1
        self.look()

    def action_open(self) -> None:
        """The incident under the cursor."""
        self._rows.action_choose()

    def on_row_list_chosen(self, event: RowList.Chosen) -> None:
        """Enter opens it."""
        event.stop()
        row = next((one for one in self.listed if one.key == event.row_key), None)
        if row is not None:
            self._open_one(row.incident)

    def narrow(self, wanted: TextFilter) -> None:
        """Read with other words."""
        del wanted
        self.action_again()

    def copied(self) -> str:
        """A line each."""
        return "\n".join(
            f"{one.incident.id}\t{one.incident.severity.value}\t{one.incident.state.value}\t{one.incident.title}"
            for one in self.listed
        )


class IncidentListView(IncidentRows):
    """Every incident of this machine's store, open ones first; searched in everything that was written."""

    FIND: ClassVar[str] = "words in anything that was written"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("E", "open_only", "open ones", id="incidents.open_only"),
        Binding("p", "severity", "severity", id="incidents.severity"),
        Binding("d", "drills", "drills", id="incidents.drills"),
        Binding("C", "cluster", "cluster", id="incidents.cluster"),
        Binding("f2", "dismiss", "back", show=False, id="incidents.back"),
    ]

    def __init__(
        self,
        store: IncidentStore,
        glyphs: Glyphs,
        clock: Clock,
        zone: tzinfo,
        *,
        open_one: Callable[[Incident], object],
        cluster: SafeText,
    ) -> None:
        """Of `cluster` at first."""
        super().__init__(store, glyphs, clock, zone, open_one=open_one)
        self._cluster = cluster
        self._query = IncidentQuery(cluster=cluster)

    @property
    def key_pairs(self) -> tuple[tuple[str, str], ...]:
        """Keys of the list."""
        query = self._query
        return (
            ("Esc", "back"),
            ("Enter", "open"),
            ("/", "search"),
            ("E", "all states" if query.open_only else "open ones alone"),
            ("p", "severity"),
            ("d", "no drills" if query.drills is None else "drills, too"),
            ("C", "all clusters" if query.cluster else "this cluster"),
        )

    @property
    def nothing(self) -> str:
        """In words, with what to do."""
        if self._query == IncidentQuery(cluster=self._cluster):
            return "no incident was opened yet; i in the panes opens one"
        return "no incident like that; the title says what is looked for"

    async def find(self) -> tuple[IncidentRow, ...]:
        """As the query says."""
        words = safe_text(self.filter_line.typed.strip(), 200)
        self._query = msgspec.structs.replace(self._query, words=words)
        return tuple(IncidentRow(one.id, one) for one in await self.store.incidents(self._query))

    def say(self, count: int) -> None:
        """What is looked for, and how many there are."""
        query = self._query
        parts = (
            f"of {query.cluster}" if query.cluster else "of all clusters",
            "open" if query.open_only else "",
            query.severity.value if query.severity else "",
            "with drills" if query.drills is None else "",
            f"with {str(query.words)!r}" if query.words else "",
        )
        shown = f"{count}{'+' if count >= query.limit else ''} found"
        about = f" {self.glyphs.dot} ".join(part for part in parts if part)
        self.title_line.show(SafeText("Incidents"), SafeText(about), Content.assemble((shown, "$muted")))
        self.draw_keys()

    def _ask(self, query: IncidentQuery) -> None:
        self._query = query
        self.action_again()

    def action_open_only(self) -> None:
        """Open ones alone, or all."""
        self._ask(msgspec.structs.replace(self._query, open_only=not self._query.open_only))

    def action_drills(self) -> None:
        """Drills as well, or not."""
        self._ask(msgspec.structs.replace(self._query, drills=False if self._query.drills is None else None))

    def action_cluster(self) -> None:
        """Every cluster, or this one."""
        self._ask(msgspec.structs.replace(self._query, cluster=None if self._query.cluster else self._cluster))

    def action_severity(self) -> None:
        """One severity, or all."""

        def chosen(value: str | None) -> None:
            if value is not None:
                self._ask(msgspec.structs.replace(self._query, severity=IncidentSeverity(value) if value else None))

        choices = (
            Choice("", SafeText("any severity")),
            *(Choice(one.value, SafeText(one.value)) for one in IncidentSeverity),
        )
        current = self._query.severity.value if self._query.severity else ""
        self.app.push_screen(ChoiceScreen(SafeText("Severity"), choices, "type to narrow", current=current), chosen)


class SimilarView(IncidentRows):
    """Past incidents that are like one, best first, with what healed them."""

    def __init__(
        self,
        incident: Incident,
        store: IncidentStore,
        glyphs: Glyphs,
        clock: Clock,
        zone: tzinfo,
        *,
        open_one: Callable[[Incident], object],
    ) -> None:
        """Like `incident`."""
        super().__init__(store, glyphs, clock, zone, open_one=open_one)
        self._incident = incident

    @property
    def key_pairs(self) -> tuple[tuple[str, str], ...]:
        """Keys of the list."""
        return (("Esc", "back"), ("Enter", "open"), ("R", "read again"), ("y", "copy"))

    @property
    def nothing(self) -> str:
        """In words."""
        return "no past incident is like this one"

    async def find(self) -> tuple[IncidentRow, ...]:
        """As the store finds them."""
        found = await self.store.similar(self._incident, 20)
        return tuple(IncidentRow(one.incident.id, one.incident, one.reasons) for one in found)

    def say(self, count: int) -> None:
        """Like which."""
        self.title_line.show(
            SafeText(f"Like {self._incident.name}"),
            self._incident.title,
            Content.assemble((f"{count} found", "$muted")),
        )
