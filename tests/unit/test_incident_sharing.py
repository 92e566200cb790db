"""Records of several machines become the same, whatever happens to the team's store between them."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator

import pytest

from fake_clock import FakeClock, settle
from memory_incidents import MemoryIncidents
from memory_shared_incidents import DOWN, MemoryShared
from opsconsole.domain.errors import SourceError
from opsconsole.domain.incident import IncidentField, IncidentSeverity, IncidentState
from opsconsole.domain.incident_event import Author, FieldSet, IncidentEvent, Noted, Opened, What
from opsconsole.domain.sharing import SharingState
from opsconsole.domain.text import SafeText
from opsconsole.feeds.backoff import Backoff
from opsconsole.incidents.protocols import StoreError
from opsconsole.incidents.sharing import AT_ONCE, LOOK, PACE, QUIET_PACE, Sharing

PROD = SafeText("prod")
INCIDENT = "inc-20261128-7kq4"


def event(name: str, what: What, *, at: float = 1_800_000_000.0, replaces: tuple[str, ...] = ()) -> IncidentEvent:
    author = Author(SafeText("ann@laptop"))
    return IncidentEvent(
        id=name,
        incident=INCIDENT,
        at=at,
        recorded_at=at,
        author=author,
        origin=SafeText("operator"),
        what=what,
        replaces=replaces,
    )


OPENED = event("ev-0", Opened(SafeText("checkout fails"), IncidentSeverity.P1, PROD))


def note(name: str) -> IncidentEvent:
    return event(name, Noted(SafeText(f"note {name}")), at=1_800_000_001.0)


def state(name: str, value: IncidentState, *replaces: str) -> IncidentEvent:
    what = FieldSet(IncidentField.STATE, SafeText(value.value))
    return event(name, what, at=1_800_000_002.0, replaces=replaces)


class Machine:
    """A console with a store of its own, sharing with the team."""

    def __init__(self, shared: MemoryShared, clock: FakeClock, *events: IncidentEvent) -> None:
        self.store = MemoryIncidents(*events)
        self.states: list[SharingState] = []
        self.sharing = Sharing(
            self.store,
            shared,
            PROD,
            clock,
            delay=Backoff().delay,
            chance=random.Random(1),
            on_change=self.states.append,
        )

    @property
    def names(self) -> list[str]:
        return sorted(one.id for one in self.store.written)


@pytest.fixture
def shared() -> MemoryShared:
    return MemoryShared()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def running() -> AsyncIterator[set[asyncio.Task[None]]]:
    tasks: set[asyncio.Task[None]] = set()
    yield tasks
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_what_one_machine_writes_the_other_has(shared: MemoryShared, clock: FakeClock) -> None:
    ann, bob = Machine(shared, clock, OPENED, note("ev-1")), Machine(shared, clock)
    assert (await ann.sharing.exchange()).sent == 2
    assert (await bob.sharing.exchange()).received == 2
    await bob.store.append([note("ev-2")])
    await bob.sharing.exchange()
    await ann.sharing.exchange()
    assert ann.names == bob.names == ["ev-0", "ev-1", "ev-2"]
    assert (await ann.sharing.exchange()).received == 0
    assert [one.id for one in shared.events] == ["ev-0", "ev-1", "ev-2"]


async def test_both_see_each_other_within_five_seconds(
    shared: MemoryShared, clock: FakeClock, running: set[asyncio.Task[None]]
) -> None:
    ann, bob = Machine(shared, clock, OPENED), Machine(shared, clock)
    running |= {asyncio.create_task(ann.sharing.run()), asyncio.create_task(bob.sharing.run())}
    await clock.advance(5.0)
    assert bob.names == ["ev-0"]
    await bob.store.append([note("ev-1")])
    await clock.advance(5.0)
    assert ann.names == ["ev-0", "ev-1"]


async def test_an_open_incident_is_looked_at_twice_as_often(
    shared: MemoryShared, clock: FakeClock, running: set[asyncio.Task[None]]
) -> None:
    open_one, quiet = Machine(shared, clock, OPENED), Machine(MemoryShared(), clock)
    running |= {asyncio.create_task(open_one.sharing.run()), asyncio.create_task(quiet.sharing.run())}
    await clock.advance(QUIET_PACE * 4 + 0.1)
    assert len(quiet.states) == 5
    assert len(open_one.states) == 1 + int(QUIET_PACE * 4 / PACE)


async def test_what_is_written_is_sent_at_once(
    shared: MemoryShared, clock: FakeClock, running: set[asyncio.Task[None]]
) -> None:
    ann = Machine(shared, clock, OPENED)
    running.add(asyncio.create_task(ann.sharing.run()))
    await settle()
    await ann.store.append([note("ev-1")])
    await clock.advance(LOOK)
    assert [one.id for one in shared.events] == ["ev-0", "ev-1"]


async def test_a_nudge_sends_at_once(shared: MemoryShared, clock: FakeClock, running: set[asyncio.Task[None]]) -> None:
    ann = Machine(shared, clock, OPENED)
    running.add(asyncio.create_task(ann.sharing.run()))
    await settle()
    await ann.store.append([note("ev-1")])
    ann.sharing.nudge()
    await settle()
    assert [one.id for one in shared.events] == ["ev-0", "ev-1"]


async def test_while_it_is_down_everybody_writes_on_and_then_has_everything(
    shared: MemoryShared, clock: FakeClock, running: set[asyncio.Task[None]]
) -> None:
    ann, bob = Machine(shared, clock, OPENED), Machine(shared, clock)
    running |= {asyncio.create_task(ann.sharing.run()), asyncio.create_task(bob.sharing.run())}
    await clock.advance(5.0)
    shared.down = DOWN
    await clock.advance(5.0)
    for number in range(1, 4):
        await ann.store.append([note(f"ev-a{number}")])
        await bob.store.append([note(f"ev-b{number}")])
    await clock.advance(60.0)
    assert ann.sharing.state.waiting == 3
    assert not ann.sharing.state.live
    shared.down = None
    await clock.advance(70.0)
    assert ann.names == bob.names
    assert len(ann.names) == 7
    assert ann.sharing.state.live
    assert ann.sharing.state.waiting == 0


async def test_a_server_that_is_down_is_left_alone_more_and_more(
    shared: MemoryShared, clock: FakeClock, running: set[asyncio.Task[None]]
) -> None:
    shared.down = DOWN
    ann = Machine(shared, clock, OPENED)
    running.add(asyncio.create_task(ann.sharing.run()))
    await clock.advance(600.0)
    assert 20 <= shared.asked <= 60
    ann.sharing.nudge()
    before = shared.asked
    await settle()
    assert shared.asked == before


async def test_the_state_says_since_when_it_is_down_and_why(
    shared: MemoryShared, clock: FakeClock, running: set[asyncio.Task[None]]
) -> None:
    ann = Machine(shared, clock, OPENED)
    assert ann.sharing.state.words == "connecting"
    running.add(asyncio.create_task(ann.sharing.run()))
    await settle()
    assert ann.sharing.state == SharingState(as_of=clock.now())
    assert ann.sharing.state.words == "live"
    shared.down = DOWN
    await ann.store.append([note("ev-1")])
    await clock.advance(LOOK)
    since = clock.now()
    assert ann.sharing.state.words == "down, 1 event waits"
    await clock.advance(100.0)
    assert ann.sharing.state.down_since == since
    assert ann.sharing.state.problem == DOWN.sentence


async def test_a_field_that_both_set_meanwhile_is_a_conflict_on_both(shared: MemoryShared, clock: FakeClock) -> None:
    started = state("ev-1", IncidentState.STARTED, "ev-0")
    ann, bob = Machine(shared, clock, OPENED, started), Machine(shared, clock)
    await ann.sharing.exchange()
    await bob.sharing.exchange()
    await ann.store.append([state("ev-a", IncidentState.MITIGATED, "ev-1")])
    await bob.store.append([state("ev-b", IncidentState.RESOLVED, "ev-1")])
    for machine in (ann, bob, ann):
        await machine.sharing.exchange()
    for machine in (ann, bob):
        (conflict,) = (await machine.store.incident(INCIDENT)).conflicts
        assert [version.event for version in conflict.versions] == ["ev-a", "ev-b"]


async def test_a_lost_answer_doubles_nothing(shared: MemoryShared, clock: FakeClock) -> None:
    ann, bob = Machine(shared, clock, OPENED), Machine(shared, clock)
    shared.answers_are_lost = True
    with pytest.raises(SourceError):
        await ann.sharing.exchange()
    shared.answers_are_lost = False
    await ann.sharing.exchange()
    await bob.sharing.exchange()
    assert [one.id for one in shared.events] == ["ev-0"]
    assert ann.names == bob.names == ["ev-0"]
    assert await ann.store.unshared(PROD) == ()


async def test_a_new_machine_reads_everything(shared: MemoryShared, clock: FakeClock) -> None:
    many = [note(f"ev-{number:04}") for number in range(2 * AT_ONCE)]
    ann, new = Machine(shared, clock, OPENED, *many), Machine(shared, clock)
    await ann.sharing.exchange()
    await new.sharing.exchange()
    assert new.names == ann.names
    assert len(new.names) == 2 * AT_ONCE + 1


async def test_what_could_not_be_kept_is_read_again(shared: MemoryShared, clock: FakeClock) -> None:
    ann, bob = Machine(shared, clock, OPENED, note("ev-1")), Machine(shared, clock)
    await ann.sharing.exchange()

    def disk_full() -> None:
        bob.store.broken = StoreError("no space is left on the disk; free some")

    shared.before_reading = disk_full
    with pytest.raises(StoreError):
        await bob.sharing.exchange()
    shared.before_reading = lambda: None
    bob.store.broken = None
    await bob.sharing.exchange()
    assert bob.names == ["ev-0", "ev-1"]


async def test_a_store_that_fails_is_told_and_tried_again(
    shared: MemoryShared, clock: FakeClock, running: set[asyncio.Task[None]]
) -> None:
    ann = Machine(shared, clock, OPENED)
    ann.store.broken = StoreError("no space is left on the disk; free some")
    running.add(asyncio.create_task(ann.sharing.run()))
    await settle()
    assert ann.sharing.state.problem == "no space is left on the disk; free some"
    ann.store.broken = None
    await clock.advance(QUIET_PACE)
    assert ann.sharing.state.live
    assert [one.id for one in shared.events] == ["ev-0"]


async def test_a_store_that_was_lost_is_filled_again(shared: MemoryShared, clock: FakeClock) -> None:
    ann, bob = Machine(shared, clock, OPENED), Machine(shared, clock)
    await ann.sharing.exchange()
    await bob.sharing.exchange()
    shared.lose_everything()
    shared.answers_are_lost = True
    with pytest.raises(SourceError):
        await ann.sharing.exchange()
    shared.events.clear()
    shared.answers_are_lost = False
    await ann.sharing.exchange()
    assert [one.id for one in shared.events] == ["ev-0"]


async def test_one_event_that_is_refused_holds_up_no_other(
    shared: MemoryShared, clock: FakeClock, running: set[asyncio.Task[None]]
) -> None:
    ann, bob = Machine(shared, clock, OPENED, note("ev-bad"), note("ev-1")), Machine(shared, clock)
    shared.refused = {"ev-bad"}
    running.add(asyncio.create_task(ann.sharing.run()))
    await clock.advance(1.0)
    assert "refused" in ann.sharing.state.problem
    assert ann.sharing.state.words == "live, 1 event waits"
    await bob.store.append([event("ev-b", Opened(SafeText("b"), IncidentSeverity.P2, PROD))])
    await bob.sharing.exchange()
    await clock.advance(60.0)
    assert "ev-b" in ann.names
    assert bob.names == ["ev-0", "ev-1", "ev-b"]


async def test_people_without_a_console_see_each_incident_as_it_stands(shared: MemoryShared, clock: FakeClock) -> None:
    ann, bob = Machine(shared, clock, OPENED), Machine(shared, clock)
    await ann.sharing.exchange()
    assert shared.heads[INCIDENT].title == "checkout fails"
    await bob.sharing.exchange()
    await bob.store.append([state("ev-1", IncidentState.STARTED, "ev-0")])
    await bob.sharing.exchange()
    assert shared.heads[INCIDENT].state is IncidentState.STARTED
    assert shared.heads[INCIDENT].events == 2


async def test_many_waiting_events_are_not_counted_to_the_last(
    shared: MemoryShared, clock: FakeClock, running: set[asyncio.Task[None]]
) -> None:
    shared.down = DOWN
    ann = Machine(shared, clock, OPENED, *(note(f"ev-{number}x") for number in range(AT_ONCE + 9)))
    running.add(asyncio.create_task(ann.sharing.run()))
    await settle()
    assert ann.sharing.state.words == f"down, {AT_ONCE} or more events wait"


async def test_closing_gives_the_connection_back(shared: MemoryShared, clock: FakeClock) -> None:
    await Machine(shared, clock).sharing.close()
    assert shared.closed
