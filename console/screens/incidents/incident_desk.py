"""From a key to an incident's record."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import tzinfo

from textual.screen import Screen

from opsconsole.clock import Clock
from opsconsole.domain.alert import Alert
from opsconsole.domain.errors import OpsConsoleError
from opsconsole.domain.evidence import Pinned
from opsconsole.domain.incident import Incident
from opsconsole.domain.incident_event import EvidencePinned, Noted, What
from opsconsole.domain.text import SafeText
from opsconsole.feeds import topic as topics
from opsconsole.incidents.pinning import NO_LINKS, WebLinks, with_link
from opsconsole.incidents.protocols import IncidentQuery, StoreError
from opsconsole.incidents.records import Records
from opsconsole.screens.incidents.drafting import alert_meant, drafted
from opsconsole.screens.incidents.form_screen import FormField, FormScreen
from opsconsole.screens.incidents.incident_view import IncidentView
from opsconsole.screens.incidents.list_view import IncidentListView, SimilarView
from opsconsole.screens.incidents.opening import OpeningScreen
from opsconsole.screens.incidents.pinning import first_evidence
from opsconsole.screens.incidents.record_watch import RecordWatch
from opsconsole.screens.pane import PaneView
from opsconsole.widgets.glyphs import Glyphs

NO_INCIDENT = "no incident is worked on: i opens one"


class IncidentDesk:
    """Opens incidents, shows the one that is worked on, and writes down what the panes keep."""

    def __init__(
        self,
        screen: Screen[None],
        watch: RecordWatch,
        *,
        clock: Clock,
        zone: tzinfo,
        glyphs: Glyphs,
        cluster: SafeText,
        production: bool = False,
        links: WebLinks = NO_LINKS,
    ) -> None:
        """Dialogs are pushed on the app of `screen`; a critical alert makes a P1 on a `production` cluster.

        What is kept gets its link by `links`.
        """
        self.watch = watch
        self._screen = screen
        self._clock = clock
        self._zone = zone
        self._glyphs = glyphs
        self._cluster = cluster
        self._production = production
        self._links = links

    @property
    def current(self) -> Incident | None:
        """The incident that is worked on, as last read; None when there is none."""
        return self.watch.current

    async def records(self) -> Records:
        """The records, opened now if they were not. Raises `StoreError`."""
        return await self.watch.records()

    # -- keys ------------------------------------------------------------------------------------

    def begin(self, view: PaneView, under_cursor: Alert | None = None) -> None:
        """Open an incident from what is selected, or show the one that is worked on."""
        self._screen.run_worker(self._begin(view, under_cursor), group="incident", exclusive=True)

    async def _begin(self, view: PaneView, under_cursor: Alert | None) -> None:
        try:
            records = await self.records()
            current = await records.book.refresh()
            if current is not None:
                self.show(records, current)
            elif not await self._join(records, under_cursor):
                await self._open(records, view, under_cursor)
        except OpsConsoleError as error:
            self._say(str(error), wrong=True)

    async def _join(self, records: Records, alert: Alert | None) -> bool:
        """Work on the incident that `alert` belongs to, if there is one."""
        known = await records.book.open_for((alert.fingerprint,)) if alert is not None else None
        if known is None or alert is None:
            return False
        joined = await records.book.attach(known.id)
        if joined is not None:
            self._say(f"{alert.name} belongs to {known.name} already: you work on that one now")
            self.show(records, joined)
        return True

    async def open_from(self, view: PaneView) -> Incident | None:
        """Ask for an incident about what is selected in `view` and open it; None when that was left.

        Raises `StoreError`.
        """
        return await self._open(await self.records(), view, alert_meant(view))

    async def _open(self, records: Records, view: PaneView, under_cursor: Alert | None) -> Incident | None:
        alerts: tuple[Alert, ...] = view.feeds.snapshot(topics.ALERTS).value or ()
        draft = drafted(under_cursor, alerts, view.scope.selection, production=self._production)
        found = first_evidence(view, draft.about)
        evidence = tuple(with_link(one, self._links) for one in found)
        others = await records.store.incidents(IncidentQuery(open_only=True, cluster=self._cluster))
        dialog = OpeningScreen(
            draft, evidence, records.book, self._glyphs, others=others, show_list=lambda: self.show_list(records)
        )
        if await self._screen.app.push_screen_wait(dialog) and dialog.opened is not None:
            opened, count = dialog.opened, len(dialog.opened.alerts)
            if dialog.joined:
                self._say(f"{opened.name} was opened for the same alert in between: you work on that one now")
                return opened
            alerts_told = f" with {count} alert{'s' * (count != 1)}" if count else ""
            self._say(f"{opened.name} is open{alerts_told}; i shows it, e keeps evidence, J writes a note")
        return dialog.opened

    def list_all(self) -> None:
        """Show all incidents."""
        self._screen.run_worker(self._list_all(), group="incident", exclusive=True)

    async def _list_all(self) -> None:
        try:
            self.show_list(await self.records())
        except OpsConsoleError as error:
            self._say(str(error), wrong=True)

    def jot(self) -> None:
        """Ask for a note to the current incident."""
        self._screen.run_worker(self._jot(), group="incident", exclusive=True)

    async def _jot(self) -> None:
        try:
            await self.watch.resume()
        except OpsConsoleError as error:
            self._say(str(error), wrong=True)
            return
        current = self.current
        if current is None:
            self._say(NO_INCIDENT)
            return

        async def submit(values: Mapping[str, SafeText]) -> None:
            await self._write(Noted(values["words"]))

        line = FormField("words", SafeText("note"), hint="what you see, think, did", required=True)
        dialog = FormScreen(SafeText(f"{current.name}: note"), (line,), submit)
        if await self._screen.app.push_screen_wait(dialog):
            self._say(f"written into {current.name}")

    def pin(self, pinned: Pinned) -> None:
        """Keep `pinned` in the current incident."""
        self._screen.run_worker(self._pin(pinned), group="incident-pin")

    async def _pin(self, pinned: Pinned) -> None:
        current = self.current
        if current is None:
            self._say(f"{NO_INCIDENT}, then e keeps this")
            return
        try:
            await self._write(EvidencePinned(with_link(pinned, self._links)))
        except OpsConsoleError as error:
            self._say(f"not kept: {error}", wrong=True)
        else:
            self._say(f"kept in {current.name}: {pinned.title}")

    async def _write(self, what: What) -> None:
        """Raises `StoreError`, also when the incident was closed in between."""
        records = await self.records()
        if records.book.current is None:
            raise StoreError("the incident was closed in between; open another one, or take one up (F2)")
        await records.book.write(what)

    # -- screens ---------------------------------------------------------------------------------

    def show(self, records: Records, incident: Incident) -> None:
        """The incident's own screen."""
        self._screen.app.push_screen(
            IncidentView(
                records,
                incident,
                self._glyphs,
                self._clock,
                self._zone,
                show_list=lambda: self.show_list(records),
                show_similar=lambda one: self._show_similar(records, one),
            )
        )

    def show_list(self, records: Records) -> None:
        """All incidents."""
        self._screen.app.push_screen(
            IncidentListView(
                records.store,
                self._glyphs,
                self._clock,
                self._zone,
                open_one=lambda one: self.show(records, one),
                cluster=self._cluster,
            )
        )

    def _show_similar(self, records: Records, incident: Incident) -> None:
        self._screen.app.push_screen(
            SimilarView(
                incident,
                records.store,
                self._glyphs,
                self._clock,
                self._zone,
                open_one=lambda one: self.show(records, one),
            )
        )

    def _say(self, sentence: str, *, wrong: bool = False) -> None:
        self._screen.notify(sentence, severity="error" if wrong else "information", markup=False)
