"""Two engineers on two machines share one record through a real Elasticsearch, which dies between them."""

from __future__ import annotations

import asyncio
import re
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest

from faulty_server import served
from opsconsole.clock import SystemClock
from opsconsole.config.settings import ClusterSettings, ElasticsearchSettings, SharedIncidentSettings
from opsconsole.domain.incident import IncidentField, IncidentSeverity, IncidentState
from opsconsole.domain.incident_event import Author, FieldSet, IncidentEvent, Noted, Opened, What
from opsconsole.domain.text import SafeText
from opsconsole.incident_sharing import sharing_of
from opsconsole.incidents.sharing import Sharing
from opsconsole.incidents.store.sqlite_incidents import SqliteIncidents
from servers.elasticsearch import Elasticsearch, run_elasticsearch

pytestmark = [pytest.mark.real, pytest.mark.long]

PATIENCE = 120.0
"""Seconds that a busy machine may take."""

PROD = SafeText("prod")
INCIDENT = "inc-20261128-7kq4"


class Machine:
    """A console with a record of its own on the disk, sharing with the team in the background."""

    def __init__(self, folder: Path, url: str, index: str, operator: str) -> None:
        cluster = ClusterSettings(
            "prod", elasticsearch=ElasticsearchSettings(url), incidents=SharedIncidentSettings(index)
        )
        self.store = SqliteIncidents(folder / f"{operator}.db")
        self.operator = operator
        made = sharing_of(cluster, self.store, SystemClock())
        assert made is not None
        self.sharing: Sharing = made
        self._running = asyncio.create_task(made.run())
        self._written = 0

    async def write(self, what: What, *replaces: str) -> str:
        self._written += 1
        now = time.time()
        name = f"ev-{self.operator}-{self._written:04}"
        event = IncidentEvent(
            id=name,
            incident=INCIDENT,
            at=now,
            recorded_at=now,
            author=Author(SafeText(self.operator)),
            origin=SafeText("operator"),
            what=what,
            replaces=replaces,
        )
        await self.store.append([event])
        return name

    async def note(self, words: str) -> str:
        return await self.write(Noted(SafeText(words)))

    async def state(self, state: IncidentState) -> str:
        known = await self.store.incident(INCIDENT)
        what = FieldSet(IncidentField.STATE, SafeText(state.value))
        return await self.write(what, *known.heads[IncidentField.STATE])

    async def names(self) -> list[str]:
        """Ids of all events, sorted; none before the incident is known. Raises what ended the sharing."""
        if self._running.done():
            self._running.result()
        if not await self.store.changed():
            return []
        return sorted(event.id for event in await self.store.events(INCIDENT))

    async def leave(self) -> None:
        self._running.cancel()
        await asyncio.gather(self._running, return_exceptions=True)
        await self.sharing.close()
        await self.store.close()


Begin = Callable[..., Machine]


class Mortal(NamedTuple):
    """A server to kill, while the machines go on."""

    elasticsearch: Elasticsearch
    thread: ThreadPoolExecutor
    """A server dies with the thread that started it, so this one lives as long as the tests."""

    async def kill(self) -> None:
        await asyncio.get_running_loop().run_in_executor(self.thread, self.elasticsearch.kill)

    async def start(self) -> None:
        await asyncio.get_running_loop().run_in_executor(self.thread, self.elasticsearch.start)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mortal]:
    with (
        ThreadPoolExecutor(1) as thread,
        run_elasticsearch(tmp_path_factory.mktemp("incident-sharing")) as running,
    ):
        yield Mortal(running, thread)


@pytest.fixture
async def begin(server: Mortal, tmp_path: Path) -> AsyncIterator[Begin]:
    """Begins a machine by the name of its operator; each ends with the test."""
    index = f"incidents-{uuid.uuid4().hex[:8]}"
    begun: list[Machine] = []

    def machine(operator: str, url: str = "") -> Machine:
        begun.append(Machine(tmp_path, url or server.elasticsearch.url, index, operator))
        return begun[-1]

    yield machine
    for one in begun:
        await one.leave()


async def until(condition: Callable[[], Awaitable[bool]], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not await condition():
        assert time.monotonic() < deadline, what
        await asyncio.sleep(0.05)


async def same(*machines: Machine, count: int) -> None:
    """All have the same `count` events."""

    async def are_the_same() -> bool:
        names = [await one.names() for one in machines]
        return all(one == names[0] and len(one) == count for one in names)

    try:
        await until(are_the_same, f"{count} events everywhere")
    except AssertionError as error:
        told = [(one.operator, len(await one.names()), one.sharing.state) for one in machines]
        raise AssertionError(f"{error}: {told}") from error


async def is_down(machine: Machine) -> bool:
    return machine.sharing.state.down_since is not None


async def all_sent(machine: Machine) -> bool:
    await machine.names()
    return machine.sharing.state.live and not await machine.store.unshared(PROD)


async def opened(machine: Machine) -> None:
    name = await machine.write(Opened(SafeText("checkout fails"), IncidentSeverity.P1, PROD))
    started = FieldSet(IncidentField.STATE, SafeText(IncidentState.STARTED.value))
    await machine.write(started, name)


async def test_each_sees_what_the_other_writes(begin: Begin) -> None:
    ann, bob = begin("ann"), begin("bob")
    await opened(ann)
    await same(ann, bob, count=2)
    for number in range(5):
        await ann.note(f"ann's {number}")
        await bob.note(f"bob's {number}")
    await same(ann, bob, count=12)
    assert await ann.store.events(INCIDENT) == await bob.store.events(INCIDENT)
    assert await ann.store.incident(INCIDENT) == await bob.store.incident(INCIDENT)


async def test_both_write_on_while_the_server_is_dead_and_have_everything_when_it_comes_back(
    begin: Begin, server: Mortal
) -> None:
    ann, bob = begin("ann"), begin("bob")
    await opened(ann)
    await same(ann, bob, count=2)
    await asyncio.gather(*(one.note("as it dies") for one in (ann, bob)))
    await server.kill()
    try:
        for one in (ann, bob):
            await until(lambda one=one: is_down(one), "it is noticed")  # type: ignore[misc]
        mitigated = await ann.state(IncidentState.MITIGATED)
        resolved = await bob.state(IncidentState.RESOLVED)
        for number in range(20):
            await ann.note(f"ann's {number}")
            await bob.note(f"bob's {number}")
        assert len(await ann.store.unshared(PROD)) >= 21
    finally:
        await server.start()
    await same(ann, bob, count=46)
    for one in (ann, bob):
        await until(lambda one=one: all_sent(one), "nothing waits any more")  # type: ignore[misc]
        (conflict,) = (await one.store.incident(INCIDENT)).conflicts
        assert conflict.field is IncidentField.STATE
        assert {version.event for version in conflict.versions} == {mitigated, resolved}
    assert await ann.store.events(INCIDENT) == await bob.store.events(INCIDENT)


async def test_nothing_is_lost_or_doubled_however_often_the_server_is_killed(begin: Begin, server: Mortal) -> None:
    ann, bob = begin("ann"), begin("bob")
    await opened(ann)
    await same(ann, bob, count=2)
    enough = asyncio.Event()
    writing = asyncio.create_task(notes_until(enough, ann, bob))
    for _ in range(2):
        await until(lambda: all_sent(ann), "it is reached")
        await server.kill()
        await server.start()
    enough.set()
    await writing
    written = ann._written + bob._written
    await same(ann, bob, count=written)
    carol = begin("carol")
    await same(ann, carol, count=written)


async def notes_until(enough: asyncio.Event, *machines: Machine) -> None:
    while not enough.is_set():
        for one in machines:
            await one.note("on and on")
        await asyncio.sleep(0.1)


async def test_a_new_machine_reads_everything(begin: Begin) -> None:
    ann = begin("ann")
    await opened(ann)
    for number in range(700):
        await ann.note(f"note {number}")
    await until(lambda: all_sent(ann), "all is sent")
    bob = begin("bob")
    await same(ann, bob, count=702)
    assert await ann.store.incident(INCIDENT) == await bob.store.incident(INCIDENT)


async def test_a_record_that_is_begun_while_the_server_is_away_is_sent_later(begin: Begin, tmp_path: Path) -> None:
    ann = begin("ann", "http://127.0.0.1:9")
    await opened(ann)
    await until(lambda: is_down(ann), "nobody answers")
    await ann.leave()
    again, bob = begin("ann"), begin("bob")
    await same(again, bob, count=2)
    assert (tmp_path / "ann.db").exists()


async def test_an_answer_that_is_lost_doubles_nothing(begin: Begin, server: Mortal) -> None:
    lossy = LossyWay(server.elasticsearch.url)
    async with served(lossy.pass_on) as url:
        ann, bob = begin("ann", url), begin("bob")
        await opened(ann)
        await until(lossy.has_lost_one, "an answer is lost")
        await same(ann, bob, count=2)
        # Either it was sent again, or it came back among what others wrote.
        await until(lambda: all_sent(ann), "all is known to be there")
        await ann.note("and on")
        lossy.mends = True
        await same(ann, bob, count=3)
        await ann.leave()


class LossyWay:
    """Passes requests on, and loses the answers to those that write events until it `mends`."""

    def __init__(self, url: str) -> None:
        address = urlsplit(url)
        self.mends = False
        self._host, self._port = address.hostname, address.port
        self._lost = 0

    async def has_lost_one(self) -> bool:
        return self._lost > 0

    async def pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"(?i)content-length: (\d+)", head)
        body = await reader.readexactly(int(length[1])) if length else b""
        once = re.sub(rb"(?i)connection: [^\r]+", b"Connection: close", head)
        answers, request = await asyncio.open_connection(self._host, self._port)
        request.write(once + body)
        answer = await answers.read()
        request.close()
        if b"_bulk" in head and not self.mends:
            self._lost += 1
            return
        writer.write(answer)
