"""The record of one cluster's incidents, as screens, the engine and runbooks write to it."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Collection, Iterable, Sequence

import msgspec

from opsconsole.clock import Clock
from opsconsole.domain.incident import Incident, IncidentField, IncidentSeverity, IncidentState, Milestone
from opsconsole.domain.incident_event import (
    AlertFired,
    Author,
    EvidencePinned,
    Fact,
    FieldSet,
    IncidentEvent,
    MilestoneReached,
    Opened,
    What,
)
from opsconsole.domain.known_secrets import NOTHING_KNOWN, KnownSecrets
from opsconsole.domain.text import SafeText
from opsconsole.incidents.attachment import Attachment
from opsconsole.incidents.cleansing import as_recorded
from opsconsole.incidents.naming import Chance, EventNames, fact_id, incident_id
from opsconsole.incidents.protocols import FieldConflictError, IncidentQuery, IncidentStore, Opening, StoreError

OPERATOR = SafeText("operator")

_LAID_BY = (IncidentState.CLOSED, IncidentState.CANCELLED)
"""States in which nothing is added by itself any more. A resolved incident may still break again."""


class Book:
    """Implements `IncidentBook` over a store."""

    def __init__(
        self,
        store: IncidentStore,
        clock: Clock,
        *,
        cluster: SafeText,
        operator: SafeText,
        attachment: Attachment,
        chance: Chance = secrets.randbits,
        drill_since: float | None = None,
        known: KnownSecrets = NOTHING_KNOWN,
    ) -> None:
        """`operator` is the user of this machine; the API server may take them for somebody else (`identify`).

        None of the `known` secrets is written down, nor what looks like one.
        With `drill_since` (unix seconds) a drill has begun then: what is opened is one, whatever the caller says, and
        nothing that was opened before has to do with it.
        """
        self._store = store
        self._clock = clock
        self._cluster = cluster
        self._author = Author(operator)
        self._attachment = attachment
        self._chance = chance
        self._drill_since = drill_since
        self._secrets = known
        self._names = EventNames(chance)
        self._current: Incident | None = None
        self._seen = 0
        self._reading = asyncio.Lock()

    @property
    def author(self) -> Author:
        """As `IncidentBook.author`."""
        return self._author

    def identify(self, identity: SafeText) -> None:
        """As `IncidentBook.identify`."""
        if identity:
            self._author = Author(self._author.operator, identity)

    @property
    def current(self) -> Incident | None:
        """As `IncidentBook.current`."""
        return self._current

    # -- which incident --------------------------------------------------------------------------

    async def resume(self) -> Incident | None:
        """As `IncidentBook.resume`; a drill begins with none."""
        if self._drill_since is not None:
            return None
        remembered = await asyncio.to_thread(self._attachment.read)
        if remembered is None:
            return None
        found = await self._store.incidents(IncidentQuery(cluster=self._cluster, drills=None))
        known = next((one for one in found if one.id == remembered), None)
        if known is None or known.state in _LAID_BY:
            await asyncio.to_thread(self._attachment.write, None)
            return None
        self._current = known
        return known

    async def attach(self, incident: str | None) -> Incident | None:
        """As `IncidentBook.attach`."""
        if incident is None:
            await asyncio.to_thread(self._attachment.write, None)
            self._current = None
            return None
        wanted = await self._store.incident(incident)
        if wanted.cluster != self._cluster:
            raise StoreError(f"{wanted.name} is of cluster {wanted.cluster}; open the console on that one")
        if wanted.state in _LAID_BY:
            raise StoreError(f"{wanted.name} is {wanted.state.value}; it can be read, and a new one can be opened")
        await asyncio.to_thread(self._attachment.write, wanted.id)
        self._current = wanted
        return wanted

    async def open_for(self, fingerprints: Collection[SafeText], *, drill: bool = False) -> Incident | None:
        """As `IncidentBook.open_for`."""
        found = await self._store.incidents(self._open_ones(drill=drill))
        return self._about(frozenset(fingerprints), found)

    def _open_ones(self, *, drill: bool) -> IncidentQuery:
        drills = drill or self._drill_since is not None
        return IncidentQuery(open_only=True, cluster=self._cluster, drills=drills)

    def _about(self, fingerprints: Collection[SafeText], incidents: Iterable[Incident]) -> Incident | None:
        """The one of `incidents` that one of these alerts belongs to."""
        since = self._drill_since or 0.0
        possible = (one for one in incidents if one.opened_at >= since and not one.state.over)
        return next((one for one in possible if any(alert.fingerprint in fingerprints for alert in one.alerts)), None)

    async def open(
        self,
        facts: Sequence[What | Fact],
        *,
        title: SafeText,
        severity: IncidentSeverity,
        namespace: SafeText = SafeText(""),
        services: Sequence[SafeText] = (),
        drill: bool = False,
    ) -> Incident:
        """As `IncidentBook.open`."""
        opening = await self.open_or_join(
            facts, title=title, severity=severity, namespace=namespace, services=services, drill=drill
        )
        return opening.incident

    async def open_or_join(
        self,
        facts: Sequence[What | Fact],
        *,
        title: SafeText,
        severity: IncidentSeverity,
        namespace: SafeText = SafeText(""),
        services: Sequence[SafeText] = (),
        drill: bool = False,
    ) -> Opening:
        """As `IncidentBook.open_or_join`."""
        drill = drill or self._drill_since is not None
        first = [one if isinstance(one, Fact) else Fact(one) for one in facts]
        alerts = {one.what.fingerprint for one in first if isinstance(one.what, AlertFired)}
        incident = incident_id(self._clock.now(), self._chance)
        opened = Fact(Opened(title, severity, self._cluster, namespace, tuple(services), drill))
        beginning = await self._events(incident, [opened, Fact(MilestoneReached(Milestone.ACKNOWLEDGED))])
        events = await self._events(incident, first)
        chosen = incident

        def decide(incidents: Sequence[Incident]) -> Sequence[IncidentEvent]:
            nonlocal chosen
            known = self._about(alerts, incidents) if alerts else None
            chosen = incident if known is None else known.id
            if known is None:
                return [*beginning, *events]
            return [_of(known.id, event, fact) for event, fact in zip(events, first, strict=True)]

        await self._store.append_decided(self._open_ones(drill=drill), decide)
        return Opening(await self._attached(chosen), chosen != incident)

    async def _attached(self, incident: str) -> Incident:
        attached = await self.attach(incident)
        if attached is None:
            raise TypeError(incident)
        return attached

    # -- writing ---------------------------------------------------------------------------------

    async def write(
        self, what: What, *, at: float | None = None, origin: SafeText = OPERATOR, key: str = ""
    ) -> IncidentEvent | None:
        """As `IncidentBook.write`."""
        written = await self.write_facts([Fact(what, at, origin, key)])
        return written[0] if written else None

    async def write_facts(self, facts: Sequence[Fact], *, incident: str | None = None) -> tuple[IncidentEvent, ...]:
        """As `IncidentBook.write_facts`."""
        if incident is None and self._current is not None:
            incident = self._current.id
        if incident is None or not facts:
            return ()
        written = await self._store.append(await self._events(incident, facts))
        await self._read()
        return written

    async def set_field(
        self,
        field: IncidentField,
        value: SafeText,
        words: SafeText = SafeText(""),
        *,
        shown: Incident | None = None,
        at: float | None = None,
    ) -> Incident:
        """As `IncidentBook.set_field`; a value that stands there unopposed is not written again."""
        seen = shown or self._current
        if seen is None:
            raise StoreError("no incident is open; open one first")
        heads = seen.heads.get(field, ())
        if _value(seen, field) == value and len(heads) <= 1 and not words:
            return await self._store.incident(seen.id)
        if at is None and field is IncidentField.STATE:
            # The clock may have been set back since: a state begins no earlier than the one it follows.
            at = max(self._clock.now(), seen.state_times[-1][1])
        (event,) = await self._events(seen.id, [Fact(FieldSet(field, value, words), at)])
        try:
            await self._store.append([msgspec.structs.replace(event, replaces=heads)])
        except FieldConflictError:
            # What the operator sees next is what they were not shown.
            await self._read()
            raise
        await self._read()
        return await self._store.incident(seen.id)

    async def refresh(self) -> Incident | None:
        """As `IncidentBook.refresh`."""
        if self._current is not None and await self._store.changed(self._seen) != self._seen:
            await self._read()
        return self._current

    async def _read(self) -> None:
        """Read the current incident; one that is closed by now is let go."""
        async with self._reading:
            wanted = self._current
            if wanted is None:
                return
            # Counted before it is read: what comes in between is read once more, never missed.
            seen = await self._store.changed(self._seen)
            found = await self._store.incident(wanted.id)
            still = self.current
            if still is None or still.id != found.id:
                return
            self._seen = seen
            if found.state in _LAID_BY:
                self._current = await self._in_its_place(found)
                following = None if self._current is None else self._current.id
                await asyncio.to_thread(self._attachment.write, following)
            else:
                self._current = found

    async def _in_its_place(self, closed: Incident) -> Incident | None:
        """The incident that `closed` is a duplicate of, while that one is open; None else."""
        if not closed.duplicate_of:
            return None
        try:
            other = await self._store.incident(closed.duplicate_of)
        except StoreError:  # it has not come from the other machine yet
            return None
        return None if other.state in _LAID_BY or other.cluster != self._cluster else other

    async def _events(self, incident: str, facts: Sequence[Fact]) -> list[IncidentEvent]:
        """What is written down of `facts`. Whatever enters the record passes here, and its secrets stay outside."""
        if any(isinstance(one.what, EvidencePinned) for one in facts):
            # Hundreds of lines may take a tenth of a second, and keys are not to wait for it.
            facts = await asyncio.to_thread(self._hidden, facts)
        else:
            facts = self._hidden(facts)
        return [self._event(incident, one) for one in facts]

    def _hidden(self, facts: Sequence[Fact]) -> Sequence[Fact]:
        return [msgspec.structs.replace(one, what=as_recorded(one.what, self._secrets)) for one in facts]

    def _event(self, incident: str, fact: Fact) -> IncidentEvent:
        now = self._clock.now()
        return IncidentEvent(
            id=fact_id(incident, fact.key, fact.place) if fact.key else self._names.next(now),
            incident=incident,
            at=now if fact.at is None else fact.at,
            recorded_at=now,
            author=fact.author or self._author,
            origin=fact.origin,
            what=fact.what,
        )


def _of(incident: str, event: IncidentEvent, fact: Fact) -> IncidentEvent:
    """`event`, which tells `fact`, as an event of another incident: a fact has another name there."""
    name = fact_id(incident, fact.key, fact.place) if fact.key else event.id
    return msgspec.structs.replace(event, id=name, incident=incident)


def _value(incident: Incident, field: IncidentField) -> str:
    value = getattr(incident, field.value)
    return str(value.value if hasattr(value, "value") else value)
