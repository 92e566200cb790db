"""Two consoles that open an incident for one alert in the same instant open one."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from pathlib import Path

import apsw
import pytest

from fake_clock import FakeClock
from incident_samples import event, fired
from incident_samples import opened as opened_by
from opsconsole.domain.incident import Incident, IncidentSeverity
from opsconsole.domain.incident_event import Fact, IncidentEvent, Noted
from opsconsole.domain.text import SafeText
from opsconsole.incidents.attachment import attachment_of
from opsconsole.incidents.book import Book
from opsconsole.incidents.protocols import OPEN_AND_PAST, Opening, StoreError
from opsconsole.incidents.store.opening import Opening as OpenFile
from opsconsole.incidents.store.opening import open_record
from opsconsole.incidents.store.record_file import RecordFile
from opsconsole.incidents.store.sqlite_incidents import SqliteIncidents

PROD = SafeText("prod")


class Machine:
    """One record, and consoles on it."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "incidents.db"
        self.clock = FakeClock()
        self._chance = random.Random(3)
        self.stores: list[SqliteIncidents] = []

    def console(self, operator: str) -> Book:
        store = SqliteIncidents(self.path, opener=self._opened, refuges=())
        self.stores.append(store)
        return Book(
            store, self.clock, cluster=PROD, operator=SafeText(operator),
            attachment=attachment_of(self.path.parent / operator, PROD), chance=self._chance.getrandbits,
        )  # fmt: skip

    def _opened(self, path: Path) -> OpenFile:
        return open_record(path, self.clock.now)

    async def close(self) -> None:
        for store in self.stores:
            await store.close()


async def opened(book: Book, title: str) -> Opening:
    alert = Fact(fired(), 1_800_000_000.0, SafeText("alertmanager"), "alert/f1")
    words = Fact(Noted(SafeText(f"words of {title}")))
    return await book.open_or_join([alert, words], title=SafeText(title), severity=IncidentSeverity.P2)


async def test_the_second_joins_the_first_and_is_told_so(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    books = [machine.console(f"user{number}") for number in range(4)]
    for round_ in range(5):
        openings = await asyncio.gather(*(opened(book, f"{round_}") for book in books))
        assert {one.incident.id for one in openings} == {openings[0].incident.id}
        assert [one.joined for one in openings].count(False) == (1 if round_ == 0 else 0)
        assert {book.current.id for book in books if book.current is not None} == {openings[0].incident.id}
    incident = openings[0].incident.id
    events = await machine.stores[0].events(incident)
    assert [type(one.what).__name__ for one in events].count("Opened") == 1
    assert [type(one.what).__name__ for one in events].count("AlertFired") == 1
    assert sum(isinstance(one.what, Noted) for one in events) == 20
    await machine.close()


async def test_nobody_writes_between_the_look_and_the_writing(tmp_path: Path) -> None:
    path = tmp_path / "incidents.db"
    store = SqliteIncidents(path)
    other = RecordFile(open_record(path, FakeClock().now, busy_milliseconds=0))
    attempts: list[str] = []

    def decide(_: Sequence[Incident]) -> Sequence[IncidentEvent]:
        try:
            other.append([event(opened_by(f"other {len(attempts)}"), incident=f"inc-20270115-oth{len(attempts)}")])
            attempts.append("written")
        except apsw.BusyError:
            attempts.append("held")
        return [event(opened_by("mine"))]

    await store.append_decided(OPEN_AND_PAST, decide)
    assert attempts == ["written", "held"]  # first it is asked what would be lost, and nothing is held yet
    other.close()
    await store.close()


async def test_what_can_not_be_written_opens_nothing_and_its_words_are_kept(tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    book = machine.console("a")
    await book.open([], title=SafeText("before"), severity=IncidentSeverity.P4)
    await book.attach(None)

    def full(path: Path) -> OpenFile:
        opening = open_record(path, machine.clock.now)
        opening.connection.pragma("max_page_count", int(opening.connection.pragma("page_count")))
        return opening

    store = SqliteIncidents(machine.path, opener=full, refuges=())
    machine.stores.append(store)
    attachment = attachment_of(tmp_path / "full", PROD)
    other = Book(store, machine.clock, cluster=PROD, operator=SafeText("b"), attachment=attachment)
    with pytest.raises(StoreError, match="the disk is full"):
        await other.open(
            [Fact(fired()), Fact(Noted(SafeText("much " * 9000)))],
            title=SafeText("lost"),
            severity=IncidentSeverity.P2,
        )
    assert other.current is None
    assert "much much" in machine.path.with_name("unwritten-notes.jsonl").read_text()
    assert [one.title for one in await store.incidents()] == ["before"]
    await machine.close()
