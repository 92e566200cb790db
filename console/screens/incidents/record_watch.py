"""The records of a console while it is open: read each second, and shared."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from textual.screen import Screen

from opsconsole.domain.errors import OpsConsoleError
from opsconsole.domain.incident import Incident
from opsconsole.domain.sharing import SharingState
from opsconsole.domain.text import SafeText
from opsconsole.incidents.duplicates import Pair, find_pair
from opsconsole.incidents.notifying import Notifier
from opsconsole.incidents.protocols import IncidentStore, StoreError
from opsconsole.incidents.records import Records
from opsconsole.widgets.incidents.header_tag import IncidentStanding

NO_RECORDS = "this console keeps no incidents"


class OpenRecords(Protocol):
    """Opens the records at the first call and returns the same ones ever after. All raise `StoreError`."""

    async def __call__(self) -> Records:
        """The records."""
        ...

    async def if_needed(self) -> Records | None:
        """The records if an incident was worked on before, or they are open; None otherwise."""
        ...

    async def close(self) -> None:
        """Give them back."""
        ...


class Sharer(Protocol):
    """Exchanges incidents with the team."""

    @property
    def state(self) -> SharingState:
        """How it stands."""
        ...

    async def run(self) -> None:
        """Exchange until cancelled."""
        ...

    async def close(self) -> None:
        """Give connections back."""
        ...


Share = Callable[[IncidentStore], Sharer | None]
"""Makes what shares a store. Raises `ConfigError`."""


def double_words(pair: Pair, incident: str) -> str:
    """That there is another about the same alert, and what may be done, as it is said in `incident`."""
    return (
        f"{pair.other(incident).name} has the same alert, {pair.alert.name}:"
        f" i, then D closes {pair.younger.name} as a duplicate of {pair.older.name}"
    )


class RecordWatch:
    """Opens the records when they are needed, and says in the header how they stand."""

    def __init__(self, screen: Screen[None], records: OpenRecords | None, share: Share | None = None) -> None:
        """`records` None keeps none; with `share` they are opened at the start, for others may have written."""
        self._screen = screen
        self._open = records
        self._share = share
        self._records: Records | None = None
        self._sharer: Sharer | None = None
        self._trouble = ""
        self._looking = False
        self._seen = -1
        self._doubles: set[str] = set()

    @property
    def opened(self) -> Records | None:
        """The records while they are open."""
        return self._records

    @property
    def current(self) -> Incident | None:
        """The incident that is worked on, as last read; None when there is none."""
        return self._records.book.current if self._records is not None else None

    @property
    def standing(self) -> IncidentStanding:
        """What the header tells. That sharing works is not worth a word there."""
        state = self._sharer.state if self._sharer is not None else None
        quiet = state is None or (state.live and not state.waiting)
        shared = SafeText("" if state is None or quiet else f"shared: {state.words}")
        return IncidentStanding(self.current, SafeText("no record" if self._trouble else ""), shared)

    async def records(self) -> Records:
        """The records, opened now if they were not. Raises `StoreError`."""
        if self._open is None:
            raise StoreError(NO_RECORDS)
        opened = await self._open()
        self._have(opened)
        return opened

    def _have(self, records: Records) -> None:
        if self._records is records:
            return
        self._records = records
        for sentence in records.news:
            self._screen.notify(sentence, markup=False, timeout=12)
        if records.notifier is not None:
            self._screen.run_worker(self._deliver(records.notifier), group="incident-notifying")
        if self._share is not None and self._sharer is None:
            self._sharer = self._share(records.store)
            if self._sharer is not None:
                self._screen.run_worker(self._sharer.run(), group="incident-sharing")

    async def _deliver(self, notifier: Notifier) -> None:
        """Send what a console before this one could not."""
        try:
            taken = await notifier.resume()
        except OpsConsoleError as error:
            self._screen.notify(f"what was to be told is not sent: {error}", severity="error", markup=False)
            return
        if taken:
            count = "a notification" if len(taken) == 1 else f"{len(taken)} notifications"
            self._screen.notify(f"{count} of before is sent now; the timeline says how it comes out", markup=False)

    def look(self) -> None:
        """See what others wrote; called each second."""
        if self._open is not None and not self._looking:
            self._looking = True
            self._screen.run_worker(self._look(), group="incident-look")

    async def resume(self) -> None:
        """Open the records if there is an incident to go on with. Raises `StoreError`."""
        if self._open is not None and self._records is None:
            opened = await (self._open() if self._share is not None else self._open.if_needed())
            if opened is not None:
                self._have(opened)

    async def _look(self) -> None:
        try:
            await self.resume()
            if self._records is not None:
                await self._refresh(self._records)
            self._trouble = ""
        except OpsConsoleError as error:
            if not self._trouble:
                self._screen.notify(
                    f"the incident's record can't be kept: {error}", severity="error", markup=False, timeout=12
                )
            self._trouble = str(error)
        finally:
            self._looking = False

    async def _refresh(self, records: Records) -> None:
        """Read what is worked on; say when it has a double, or was closed as one. Raises `StoreError`."""
        before = records.book.current
        after = await records.book.refresh()
        if before is not None and after is not None and after.id != before.id:
            self._say(f"{before.name} was closed as a duplicate of {after.name}: you work on that one now")
        if after is None:
            return
        seen = await records.store.changed()
        if seen == self._seen:
            return
        self._seen = seen
        pair = await find_pair(records, after)
        if pair is not None and pair.other(after.id).id not in self._doubles:
            self._doubles.add(pair.other(after.id).id)
            self._say(double_words(pair, after.id))

    def _say(self, sentence: str) -> None:
        self._screen.notify(sentence, markup=False, timeout=12)

    async def close(self) -> None:
        """Stop sharing, and give the records back."""
        if self._sharer is not None:
            await self._sharer.close()
        if self._open is not None:
            await self._open.close()
