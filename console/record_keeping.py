"""Puts the records of a cluster's incidents together from the settings."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import msgspec

from opsconsole.clock import Clock
from opsconsole.config.secrets_in_use import secrets_in_use
from opsconsole.config.settings import IncidentSettings, NotificationKind, NotificationSettings, Settings
from opsconsole.domain.notification import Address
from opsconsole.domain.text import SafeText
from opsconsole.incidents.attachment import attachment_of
from opsconsole.incidents.book import Book
from opsconsole.incidents.drill_marks import BROKEN_OFF, DrillMarks, break_off
from opsconsole.incidents.late_records import LateRecords
from opsconsole.incidents.notifying import REFUSED, Messenger, Notifier
from opsconsole.incidents.process_marks import ProcessMarks
from opsconsole.incidents.protocols import StoreError
from opsconsole.incidents.records import Records
from opsconsole.incidents.store.place import usual_path
from opsconsole.incidents.store.sqlite_incidents import SqliteIncidents
from opsconsole.incidents.store.unwritten import folders_with_notes
from opsconsole.machine_user import operator
from opsconsole.safe_text import safe_text

ConnectMessenger = Callable[[NotificationSettings, Clock], Messenger]
"""Makes what sends by these settings; called when the first one is to be sent."""


def late_records(
    settings: Settings,
    clock: Clock,
    *,
    drill_since: float | None = None,
    messenger: ConnectMessenger | None = None,
) -> LateRecords:
    """The records of the settings' cluster, in this user's file unless the settings name another.

    With `drill_since` (unix seconds) everything opened belongs to the drill that began then, and nobody is told of it.
    Without `messenger` nobody is, either. Nothing is read or made before they are asked for.
    """
    path = settings.incidents.store or usual_path()
    cluster = safe_text(settings.cluster.name, 200)
    attachment = attachment_of(path.parent, cluster)

    tells = messenger if settings.incidents.notifications and drill_since is None else None

    async def opened() -> Records:
        user = await asyncio.to_thread(operator)
        store = SqliteIncidents(path)
        known = await asyncio.to_thread(secrets_in_use, settings)
        book = Book(
            store, clock, cluster=cluster, operator=user, attachment=attachment, drill_since=drill_since, known=known
        )
        records = Records(store, book, news=await _cleared_up(store, book, drills))
        if tells is None:
            return records
        notifier = notifier_of(settings.incidents, records, clock, path, tells)
        return msgspec.structs.replace(records, notifier=notifier)

    drills, undelivered = DrillMarks(path), _marks(path)

    def left() -> bool:
        return drills.any() or bool(folders_with_notes(path)) or (tells is not None and undelivered.any())

    return LateRecords(opened, attachment, left=left)


async def _cleared_up(store: SqliteIncidents, book: Book, drills: DrillMarks) -> tuple[SafeText, ...]:
    """Finish what was left, and tell. What can't be written now waits for the next time, and keeps nobody off."""
    return (*await _brought_back(store), *await _broken_off(Records(store, book), drills))


async def _brought_back(store: SqliteIncidents) -> tuple[SafeText, ...]:
    try:
        done = await store.bring_back()
    except StoreError as error:
        return (safe_text(error, 2000),)
    if done is None:
        return ()
    return (*((done.words,) if done.brought else ()), *done.broken)


async def _broken_off(records: Records, drills: DrillMarks) -> tuple[SafeText, ...]:
    try:
        ended = await break_off(records, drills)
    except StoreError as error:
        return (safe_text(f"a drill that was killed is not ended: {error}", 2000),)
    return tuple(SafeText(f"{one.name}: {BROKEN_OFF}") for one in ended)


def notifier_of(
    settings: IncidentSettings, records: Records, clock: Clock, path: Path, messenger: ConnectMessenger
) -> Notifier:
    """What tells somebody of the incidents in the file at `path`, by the ways of the settings."""
    ways = {safe_text(one.name): one for one in settings.notifications}
    return Notifier(
        records.book,
        records.store,
        [address(one) for one in ways.values()],
        partial(_connected, messenger, ways, clock),
        clock,
        marks=_marks(path),
        chance=random.SystemRandom(),  # no two consoles may give a notification the same name
    )


def _marks(path: Path) -> ProcessMarks:
    return ProcessMarks(path.parent / "notifying", REFUSED)


def _connected(
    messenger: ConnectMessenger, ways: Mapping[SafeText, NotificationSettings], clock: Clock, name: str
) -> Messenger:
    return messenger(ways[safe_text(name)], clock)


def address(way: NotificationSettings) -> Address:
    """Whom `way` reaches, without anything secret."""
    name = safe_text(way.name)
    recipient = safe_text(", ".join(way.recipients)) if way.kind is NotificationKind.EMAIL else name
    return Address(name, safe_text(way.kind.value), recipient, way.owners)
