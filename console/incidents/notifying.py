"""Tells somebody of an incident: asked for in the record, sent in the background, each outcome written there.

The record is what counts. An operator's word to send (`NotificationAsked`) is written before anything is; a
notification without a final `Notified` is not finished, and is taken up by the next console of this machine.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol

import msgspec

from opsconsole.clock import Clock
from opsconsole.domain.incident import Incident, IncidentField
from opsconsole.domain.incident_event import Fact, FieldSet, IncidentEvent, NotificationAsked, Notified
from opsconsole.domain.notification import Address, DeliveryError, Notification
from opsconsole.domain.text import SafeText
from opsconsole.incidents.naming import fact_id
from opsconsole.incidents.notification_text import notification_text
from opsconsole.incidents.process_marks import Mark, ProcessMarks
from opsconsole.incidents.protocols import IncidentBook, IncidentStore, StoreError

ATTEMPTS = 5
STALE = 3600.0
"""Seconds after which a notification is not sent by itself any more: what it says may not be true by now."""
LONGEST_WAIT = 900.0
"""Seconds that a server may ask us to wait; asked for more, nobody would be told in time."""
_BASE, _CAP = 2.0, 60.0
"""Seconds: the first delay is up to the base, each later one up to twice that of before, up to the cap."""

_NAME_BITS = 64
_LAST_WORDS = 5.0
"""Seconds that the console's end waits for an outcome to be written down."""


class Messenger(Protocol):
    """Sends by one way."""

    async def send(self, notification: Notification) -> SafeText:
        """Send it once; words worth keeping, else empty. Raises `DeliveryError`."""
        ...


class Unfinished(msgspec.Struct, frozen=True):
    """A notification that was asked for `at` (unix seconds) and is not finished after `attempts`."""

    asked: NotificationAsked
    at: float
    attempts: int


def unfinished(events: Iterable[IncidentEvent], asking: str) -> Unfinished | None:
    """The notification that the event of id `asking` asked for; None when it is finished, or not in `events`."""
    known = tuple(events)
    event = next((one for one in known if one.id == asking), None)
    if event is None or not isinstance(event.what, NotificationAsked):
        return None
    name = event.what.notification
    told = [one.what for one in known if isinstance(one.what, Notified) and one.what.notification == name]
    if any(one.final or one.delivered for one in told):
        return None
    return Unfinished(event.what, event.at, max((one.attempt for one in told), default=0))


def untold(events: Sequence[IncidentEvent]) -> SafeText:
    """What nobody was told of yet, in a few words; empty when everybody knows how it stands."""
    whats = [one.what for one in events]
    failed = {one.notification for one in whats if isinstance(one, Notified) and one.final and not one.delivered}
    asked = [
        place
        for place, one in enumerate(whats)
        if isinstance(one, NotificationAsked) and one.notification not in failed
    ]
    if not asked:
        return SafeText("nobody was told")
    fields = (IncidentField.STATE, IncidentField.SEVERITY)
    later = (one for one in whats[asked[-1] + 1 :] if isinstance(one, FieldSet) and one.field in fields)
    changed = dict.fromkeys(f"{what.value}" for what in later)
    return SafeText(f"not told: {', '.join(changed)}" if changed else "")


class Notifier:
    """Sends what an operator agreed to, and never anything else."""

    def __init__(
        self,
        book: IncidentBook,
        store: IncidentStore,
        addresses: Sequence[Address],
        connect: Callable[[str], Messenger],
        clock: Clock,
        *,
        marks: ProcessMarks,
        chance: random.Random,
    ) -> None:
        """`connect` makes what sends to the address of that name, when it is first needed."""
        self._book = book
        self._store = store
        self._addresses: Mapping[SafeText, Address] = {one.name: one for one in addresses}
        self._connect = connect
        self._clock = clock
        self._marks = marks
        self._chance = chance
        self._tasks: dict[str, asyncio.Task[Notified]] = {}
        self._held: dict[str, Mark] = {}
        self._writing: set[asyncio.Task[None]] = set()

    @property
    def addresses(self) -> tuple[Address, ...]:
        """Whom there is to tell."""
        return tuple(self._addresses.values())

    def addresses_for(self, incident: Incident) -> tuple[Address, ...]:
        """The same, those for its owner first, then those for everybody."""

        def rank(one: Address) -> int:
            if incident.owner and incident.owner.lower() in {owner.lower() for owner in one.owners}:
                return 0
            return 2 if one.owners else 1

        return tuple(sorted(self._addresses.values(), key=rank))

    def text(self, incident: Incident) -> tuple[SafeText, ...]:
        """What would be sent now, for the preview."""
        return notification_text(incident, teller=self._book.author.operator, now=self._clock.now())

    async def send(self, incident: str, address: Address, lines: tuple[SafeText, ...]) -> str:
        """Send `lines`, as they were shown, in the background; the notification's id.

        Raises `StoreError` when the wish can't be written down; then nothing is sent.
        """
        name = f"{self._chance.getrandbits(_NAME_BITS):016x}"
        mark = await asyncio.to_thread(self._marks.make, name, incident)
        asked = NotificationAsked(name, address.name, address.channel, address.recipient, lines)
        try:
            await self._book.write_facts([Fact(asked, key=_key(name))], incident=incident)
        except StoreError:
            mark.remove()
            raise
        self._begin(mark, Unfinished(asked, self._clock.now(), 0))
        return name

    async def outcome(self, notification: str) -> Notified:
        """How that one, which was sent or taken up here, came out at last."""
        return await asyncio.shield(self._tasks[notification])

    async def resume(self) -> tuple[str, ...]:
        """Take up what a console of this machine left unfinished and no other one has in hand; their ids.

        Raises `StoreError`; what could not be looked up in the record is left for another time.
        """
        taken: list[str] = []
        for mark in await asyncio.to_thread(self._marks.left):
            try:
                events = await self._store.events(mark.words) if mark.words else ()
            except StoreError:
                mark.release()
                continue
            left = unfinished(events, fact_id(mark.words, _key(mark.name)))
            if left is None:
                mark.remove()
            else:
                self._begin(mark, left, again=True)
                taken.append(mark.name)
        return tuple(taken)

    async def close(self) -> None:
        """Stop sending; what is not finished is left to the next console. Outcomes are still written down."""
        await _stopped(self._tasks.values())
        if self._writing:
            await asyncio.wait(self._writing, timeout=_LAST_WORDS)
        await _stopped(self._writing)
        for mark in self._held.values():
            mark.release()

    # -- in the background -----------------------------------------------------------------------

    def _begin(self, mark: Mark, left: Unfinished, *, again: bool = False) -> None:
        name = mark.name
        self._held[name] = mark
        self._tasks[name] = asyncio.create_task(self._carry(mark, left, again=again), name=f"notification {name}")

    async def _carry(self, mark: Mark, left: Unfinished, *, again: bool) -> Notified:
        """Send until it is delivered, refused for good, or given up; write down each outcome."""
        attempt = left.attempts
        while True:
            attempt += 1
            told, delay = await self._attempt(mark, left, attempt, again=again)
            writing = asyncio.create_task(self._write(mark, told))
            self._writing.add(writing)
            writing.add_done_callback(self._writing.discard)
            # What came out goes into the record even when the console ends at this moment.
            await asyncio.shield(writing)
            if told.final:
                self._held.pop(mark.name).remove()
                return told
            await self._clock.sleep(delay)

    async def _attempt(self, mark: Mark, left: Unfinished, attempt: int, *, again: bool) -> tuple[Notified, float]:
        """How the attempt came out, and the seconds to wait before the next one."""
        asked = left.asked

        def outcome(words: str, *, delivered: bool = False, final: bool = True) -> Notified:
            return Notified(
                asked.channel, asked.recipient, delivered, SafeText(words), asked.notification, attempt, final
            )

        if again and self._clock.now() - left.at > STALE:
            return outcome("the console ended before it was sent, over an hour ago; tell them anew"), 0.0
        if asked.address not in self._addresses:
            return outcome(f"{asked.address} is not configured any more; tell them anew"), 0.0
        # The outcome of what was under way when a console ended is nowhere to be read.
        twice = "a console ended meanwhile, so it may have come twice" if again else ""
        try:
            said = await self._connect(asked.address).send(Notification(asked.notification, mark.words, asked.lines))
        except DeliveryError as error:
            words = f"{error.words}{'; it may have been sent' if error.uncertain else ''}"
            delay = self._delay(attempt, error)
            if error.lasting or attempt >= ATTEMPTS or delay > LONGEST_WAIT:
                return outcome(f"{words}; given up after {_times(attempt)}"), 0.0
            return outcome(f"{words}; tried again in {delay:.0f} s", final=False), delay
        return outcome("; ".join(part for part in (said, twice) if part), delivered=True), 0.0

    def _delay(self, attempt: int, error: DeliveryError) -> float:
        """Seconds: what the server asked for, else full jitter (AWS, "Exponential Backoff And Jitter")."""
        if error.retry_after is not None:
            return max(0.0, error.retry_after)
        return self._chance.uniform(0.0, min(_CAP, _BASE * 2.0 ** (attempt - 1)))

    async def _write(self, mark: Mark, told: Notified) -> None:
        """Write an outcome down, however long that takes: what was delivered must not be sent again."""
        fact = Fact(told, origin=_ORIGIN, key=f"{_key(mark.name)}/{told.attempt}")
        while True:
            try:
                await self._book.write_facts([fact], incident=mark.words)
            except StoreError:
                await self._clock.sleep(_BASE)
            else:
                return


async def _stopped(tasks: Iterable[asyncio.Task[Any]]) -> None:
    ending = tuple(tasks)
    for task in ending:
        task.cancel()
    await asyncio.gather(*ending, return_exceptions=True)


REFUSED = "nobody is told"
"""What does not happen when a notification can't be marked as begun."""

_ORIGIN = SafeText("console")


def _key(notification: str) -> str:
    return f"notification/{notification}"


def _times(count: int) -> str:
    return "one attempt" if count == 1 else f"{count} attempts"
