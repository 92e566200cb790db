"""Keeps a machine's incidents and the team's the same: local first, sent when the server answers, merged by event."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Callable, Iterable, Sequence

import msgspec

from opsconsole.clock import Clock
from opsconsole.domain.errors import ErrorKind, SourceError
from opsconsole.domain.incident_event import EvidencePinned, IncidentEvent, Unreadable
from opsconsole.domain.known_secrets import NOTHING_KNOWN, KnownSecrets
from opsconsole.domain.sharing import SharingState
from opsconsole.domain.text import SafeText
from opsconsole.incidents.cleansing import Cleansing
from opsconsole.incidents.protocols import (
    IncidentQuery,
    IncidentStore,
    SharedIncidents,
    SharedReader,
    StoreError,
)
from opsconsole.safe_text import safe_text

PACE = 2.0
"""Seconds between two looks at the team's store while an incident is open: what others write is seen within five."""

QUIET_PACE = 3.0
"""The same while none is: somebody may open one."""

LOOK = 0.5
"""Seconds between two looks at whether anything was written here, which is sent at once."""

AT_ONCE = 500
"""Events asked of the local store in one go."""

REMEMBERED = 20_000
"""Ids of events that are both here and there, so that they are not read again."""

EVERYTHING = 1_000_000

Delay = Callable[[int, SourceError, random.Random], float]
"""Seconds to wait after failure number n (from 0) in a row."""


class Outcome(msgspec.Struct, frozen=True):
    """What one exchange did: events that went there, that are new here, and documents that could not be read."""

    sent: int = 0
    received: int = 0
    skipped: int = 0


class Sharing:
    """Exchanges the incidents of `cluster` between `store` and `shared`, until `run` is cancelled.

    Nobody waits for it: whatever it meets is told by `state`.
    """

    def __init__(
        self,
        store: IncidentStore,
        shared: SharedIncidents,
        cluster: SafeText,
        clock: Clock,
        *,
        delay: Delay,
        chance: random.Random,
        on_change: Callable[[SharingState], None] = lambda _: None,
        known: Callable[[], KnownSecrets] | None = None,
    ) -> None:
        """`on_change` is called with each new state.

        `known` reads, in a thread and once, the secrets that are sent to nobody; nor is what looks like one.
        """
        self._store = store
        self._shared = shared
        self._cluster = cluster
        self._clock = clock
        self._delay = delay
        self._chance = chance
        self._on_change = on_change
        self._secrets = known
        self._cleansing: Cleansing | None = None
        self._state = SharingState()
        self._reader: SharedReader | None = None
        self._known: dict[str, None] = {}
        self._untold: dict[str, None] = {}
        self._skipped = 0
        self._refused = SafeText("")
        self._failures = 0
        self._changed = 0
        self._nudged = asyncio.Event()

    @property
    def state(self) -> SharingState:
        """How sharing stands."""
        return self._state

    def nudge(self) -> None:
        """Something was written here: send it now, unless the server is being left alone."""
        self._nudged.set()

    async def run(self) -> None:
        """Exchange, and exchange again, until cancelled."""
        while True:
            try:
                await self.exchange()
            except SourceError as error:
                pause = self._delay(self._failures, error, self._chance)
                await self._failed(error.sentence)
                await self._clock.sleep(pause)
            except StoreError as error:
                self._reader = None
                await self._failed(safe_text(error))
                await self._clock.sleep(QUIET_PACE)
            else:
                await self._rest(PACE if await self._is_open() else QUIET_PACE)

    async def exchange(self) -> Outcome:
        """Read what came, and send what waits, until there is no more of either. Raises SourceError and StoreError."""
        sent = received = 0
        more = True
        while more:
            new, more = await self._read()
            received += new
            sent += await self._send()
        await self._tell()
        self._failures = 0
        self._changed = await self._store.changed(self._changed)
        waiting = await self._store.unshared(self._cluster, AT_ONCE)
        problem = self._refused or _said(self._skipped)
        self._show(SharingState(len(waiting), len(waiting) < AT_ONCE, self._clock.now(), problem=problem))
        return Outcome(sent, received, self._skipped)

    async def close(self) -> None:
        """Give connections back. What waits is sent by the next console."""
        await self._shared.close()

    async def _read(self) -> tuple[int, bool]:
        """How many events are new here, and whether there are more to be had at once."""
        if self._reader is None:
            self._skipped = 0
            self._reader = self._shared.reader(await self._store.watermark(self._cluster))
        part = await self._reader.read(self._known)
        try:
            new = await self._store.merge(part.events) if part.events else ()
            if part.anew:
                await self._send_all()
            await self._store.set_watermark(self._cluster, part.watermark)
        except (SourceError, StoreError):
            self._reader = None  # it believes that all this was done
            raise
        self._remember(event.id for event in part.events)
        self._untold |= dict.fromkeys(event.incident for event in new)
        self._skipped += part.skipped
        return len(new), part.more

    async def _send(self) -> int:
        sent = 0
        self._refused = SafeText("")
        while waiting := await self._store.unshared(self._cluster, AT_ONCE):
            try:
                there = await self._sent(waiting)
            except SourceError as error:
                if error.kind is not ErrorKind.UNPROCESSABLE:
                    raise
                self._refused = error.sentence  # these alone: the server answers, and the rest goes on
                break
            sent += len(there)
            if not there:
                break
        return sent

    async def _send_all(self) -> None:
        """The team's store has lost what was there: everything that is here is sent again."""
        every = IncidentQuery(cluster=self._cluster, drills=None, limit=EVERYTHING)
        for incident in await self._store.incidents(every):
            events = await self._store.events(incident.id)
            for first in range(0, len(events), AT_ONCE):
                await self._sent(events[first : first + AT_ONCE])

    async def _sent(self, events: Sequence[IncidentEvent]) -> tuple[str, ...]:
        there = await self._shared.send(await self._cleansed(events))
        await self._store.mark_shared(there)
        self._remember(there)
        accepted = set(there)
        self._untold |= dict.fromkeys(event.incident for event in events if event.id in accepted)
        return there

    async def _cleansed(self, events: Sequence[IncidentEvent]) -> Sequence[IncidentEvent]:
        """`events` as they may be read by a team: an older console kept some as they were seen."""
        hiding = await self._hiding()
        if any(isinstance(event.what, EvidencePinned) for event in events):
            return await asyncio.to_thread(_hidden, events, hiding)  # lines take a while
        return _hidden(events, hiding)

    async def _hiding(self) -> Cleansing:
        if self._cleansing is None:
            known = NOTHING_KNOWN if self._secrets is None else await asyncio.to_thread(self._secrets)
            self._cleansing = Cleansing(known)
        return self._cleansing

    async def _tell(self) -> None:
        """Show the incidents that changed to those who look at the team's store without a console."""
        while self._untold:
            name = next(iter(self._untold))
            # Without its first event there is nothing to show yet; it makes the incident untold again when it comes.
            with contextlib.suppress(StoreError):
                shown = await self._store.incident(name)
                await self._shared.tell((await self._hiding()).cleansed(shown))
            del self._untold[name]

    async def _failed(self, problem: SafeText) -> None:
        self._failures += 1
        waiting, exactly = self._state.waiting, self._state.waiting_exactly
        with contextlib.suppress(StoreError):
            events = await self._store.unshared(self._cluster, AT_ONCE)
            waiting, exactly = len(events), len(events) < AT_ONCE
        since = self._clock.now() if self._state.down_since is None else self._state.down_since
        self._show(SharingState(waiting, exactly, self._state.as_of, since, problem))

    async def _is_open(self) -> bool:
        try:
            query = IncidentQuery(open_only=True, cluster=self._cluster, drills=None, limit=1)
            return bool(await self._store.incidents(query))
        except StoreError:
            return False  # the next exchange meets it, and says so

    async def _rest(self, seconds: float) -> None:
        """Wait so long, until something is written here, or until nudged."""
        end = self._clock.monotonic() + seconds
        while not self._nudged.is_set() and (left := end - self._clock.monotonic()) > 0:
            await self._sleep_or_nudge(min(left, LOOK))
            if await self._wrote():
                break
        self._nudged.clear()

    async def _sleep_or_nudge(self, seconds: float) -> None:
        waits = [asyncio.ensure_future(self._clock.sleep(seconds)), asyncio.ensure_future(self._nudged.wait())]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
            await asyncio.gather(*waits, return_exceptions=True)

    async def _wrote(self) -> bool:
        """Whether anything was written on this machine since the last exchange, by whatever console."""
        with contextlib.suppress(StoreError):  # the next exchange meets it, and says so
            return await self._store.changed(self._changed) != self._changed
        return False

    def _remember(self, names: Iterable[str]) -> None:
        self._known |= dict.fromkeys(names)
        while len(self._known) > REMEMBERED:
            del self._known[next(iter(self._known))]

    def _show(self, state: SharingState) -> None:
        self._state = state
        self._on_change(state)


def _hidden(events: Sequence[IncidentEvent], hiding: Cleansing) -> list[IncidentEvent]:
    return [event if isinstance(event.what, Unreadable) else hiding.cleansed(event) for event in events]


def _said(count: int) -> SafeText:
    if not count:
        return SafeText("")
    return SafeText(
        f"{count} documents of the team's store could not be read; see whether a newer console is to be had"
    )
