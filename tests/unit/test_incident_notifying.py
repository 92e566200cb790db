"""Telling somebody of an incident: the word in the record first, sent in the background, each outcome written down."""

from __future__ import annotations

import asyncio
import random
import stat
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path

import msgspec
import pytest

from book_stage import BookStage
from incident_samples import INCIDENT, event, field, opened
from opsconsole.domain.incident import Incident, IncidentField, IncidentSeverity
from opsconsole.domain.incident_event import Fact, NotificationAsked, Notified, RoleTaken
from opsconsole.domain.notification import Address, DeliveryError, Notification
from opsconsole.domain.text import SafeText as S
from opsconsole.incidents.folding import fold
from opsconsole.incidents.notification_text import notification_text
from opsconsole.incidents.notifying import ATTEMPTS, REFUSED, STALE, Notifier, untold
from opsconsole.incidents.process_marks import ProcessMarks
from opsconsole.incidents.protocols import StoreError
from opsconsole.safe_text import safe_text

SLACK = Address(S("on-call"), S("slack"), S("on-call"))
MAIL = Address(S("mail"), S("email"), S("a@example.net"), ("Payments",))
LOST = DeliveryError(S("on-call did not answer in time; look at the network"), uncertain=True)
BUSY = DeliveryError(S("on-call takes no more messages for now; wait"), retry_after=7.0)
WRONG = DeliveryError(S("on-call refused the message (404); look at it"), lasting=True)
LINES = (S("P2 INC-7kq4 triage: Checkout fails"), S("since 13:12"))


class Outlet:
    """What was sent, and how each attempt ends: an error, or well when there is none left."""

    def __init__(self, *ends: DeliveryError) -> None:
        self.ends = list(ends)
        self.sent: list[Notification] = []
        self.gate = asyncio.Event()
        self.gate.set()

    async def send(self, notification: Notification) -> S:
        self.sent.append(notification)
        await self.gate.wait()
        if self.ends:
            raise self.ends.pop(0)
        return S("")


class Stage(BookStage):
    """Consoles of one machine on one store."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.open: list[Notifier] = []

    async def incident(self) -> Incident:
        facts: Sequence[Fact] = ()
        return await self.book().open(facts, title=S("Checkout fails"), severity=IncidentSeverity.P2)

    def notifier(self, outlet: Outlet, addresses: Sequence[Address] = (SLACK, MAIL)) -> Notifier:
        made = Notifier(
            self.book(), self.store, addresses, lambda _: outlet, self.clock,
            marks=ProcessMarks(self.folder / "notifying", REFUSED), chance=random.Random(len(self.open)),
        )  # fmt: skip
        self.open.append(made)
        return made

    @property
    def told(self) -> list[Notified]:
        return [one.what for one in self.store.written if isinstance(one.what, Notified)]

    @property
    def marks(self) -> list[Path]:
        folder = self.folder / "notifying"
        return sorted(folder.iterdir()) if folder.exists() else []

    async def until(self, done: Callable[[], bool], seconds: float = 1.0) -> None:
        """Let time pass until `done`, by `seconds` at each look."""
        for _ in range(2000):
            if done():
                return
            await self.clock.advance(seconds)
            await asyncio.sleep(0.001)
        pytest.fail("it never came", pytrace=False)


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    made = Stage(tmp_path / "state")
    yield made
    for one in made.open:
        await one.close()


async def test_the_wish_is_in_the_record_before_anything_is_sent(stage: Stage) -> None:
    incident, outlet = await stage.incident(), Outlet()
    outlet.gate.clear()
    notifier = stage.notifier(outlet)
    name = await notifier.send(incident.id, SLACK, LINES)
    (asked,) = (one for one in stage.store.written if isinstance(one.what, NotificationAsked))
    assert asked.what == NotificationAsked(name, S("on-call"), S("slack"), S("on-call"), LINES)
    assert (asked.incident, asked.author.operator) == (incident.id, "jane@laptop")
    await stage.until(lambda: bool(outlet.sent))
    assert stage.told == []
    outlet.gate.set()
    assert (await notifier.outcome(name)).delivered
    assert outlet.sent == [Notification(name, incident.id, LINES)]
    assert stage.told == [Notified(S("slack"), S("on-call"), delivered=True, notification=name, attempt=1)]
    assert stage.marks == []


async def test_what_can_not_be_written_down_is_not_sent(stage: Stage) -> None:
    incident, outlet = await stage.incident(), Outlet()
    notifier = stage.notifier(outlet)
    stage.store.broken = StoreError("the disk is full; free some room")
    with pytest.raises(StoreError, match="disk is full"):
        await notifier.send(incident.id, SLACK, LINES)
    await stage.clock.advance(100.0)
    assert outlet.sent == []
    assert stage.marks == []


async def test_each_failed_attempt_is_told_and_the_last_one_gives_up(stage: Stage) -> None:
    incident, outlet = await stage.incident(), Outlet(*[LOST] * 9)
    notifier = stage.notifier(outlet)
    name = await notifier.send(incident.id, SLACK, LINES)
    await stage.until(lambda: len(stage.told) == ATTEMPTS)
    last = await notifier.outcome(name)
    assert [one.attempt for one in stage.told] == [1, 2, 3, 4, 5]
    assert [one.final for one in stage.told] == [False, False, False, False, True]
    assert not any(one.delivered for one in stage.told)
    assert all("it may have been sent" in one.words for one in stage.told)
    assert "tried again in" in stage.told[0].words
    assert last.words.endswith("given up after 5 attempts")
    assert {one.id for one in outlet.sent} == {name}
    await stage.clock.advance(10_000.0)
    assert len(outlet.sent) == ATTEMPTS


async def test_a_refusal_for_good_is_not_repeated(stage: Stage) -> None:
    incident, outlet = await stage.incident(), Outlet(WRONG)
    name = await stage.notifier(outlet).send(incident.id, SLACK, LINES)
    told = await stage.open[0].outcome(name)
    assert (told.final, told.delivered) == (True, False)
    assert told.words == "on-call refused the message (404); look at it; given up after one attempt"
    assert "may have" not in told.words


async def test_a_server_that_says_when_to_come_back_is_obeyed(stage: Stage) -> None:
    incident, outlet = await stage.incident(), Outlet(BUSY)
    name = await stage.notifier(outlet).send(incident.id, SLACK, LINES)
    await stage.until(lambda: bool(stage.told), seconds=0.0)
    began = stage.clock.now()
    await stage.clock.advance(6.9)
    assert len(outlet.sent) == 1
    await stage.clock.advance(0.2)
    assert (await stage.open[0].outcome(name)).delivered
    assert len(outlet.sent) == 2
    assert stage.clock.now() - began < 10.0


async def test_a_server_that_asks_to_wait_for_hours_is_given_up(stage: Stage) -> None:
    incident, outlet = await stage.incident(), Outlet(DeliveryError(S("busy"), retry_after=7200.0))
    name = await stage.notifier(outlet).send(incident.id, SLACK, LINES)
    assert (await stage.open[0].outcome(name)).final


async def test_the_next_console_sends_what_the_one_before_left(stage: Stage) -> None:
    incident, before = await stage.incident(), Outlet(BUSY)
    first = stage.notifier(before)
    name = await first.send(incident.id, SLACK, LINES)
    await stage.until(lambda: len(stage.told) == 1)
    await first.close()
    after = Outlet()
    second = stage.notifier(after)
    assert await second.resume() == (name,)
    told = await second.outcome(name)
    assert after.sent == [Notification(name, incident.id, LINES)]
    assert (told.delivered, told.attempt) == (True, 2)
    assert "it may have come twice" in told.words
    assert stage.marks == []
    assert await stage.notifier(Outlet()).resume() == ()


async def test_what_was_delivered_is_never_sent_again(stage: Stage) -> None:
    incident = await stage.incident()
    first = stage.notifier(Outlet())
    name = await first.send(incident.id, SLACK, LINES)
    await first.outcome(name)
    mark = ProcessMarks(stage.folder / "notifying", REFUSED).make(name, incident.id)  # as if it could not be removed
    mark.release()
    after = Outlet()
    assert await stage.notifier(after).resume() == ()
    assert after.sent == []
    assert stage.marks == []


async def test_an_outcome_that_can_not_be_written_is_written_later_and_nothing_sent_again(stage: Stage) -> None:
    incident, outlet = await stage.incident(), Outlet()
    outlet.gate.clear()
    notifier = stage.notifier(outlet)
    name = await notifier.send(incident.id, SLACK, LINES)
    await stage.until(lambda: bool(outlet.sent))
    stage.store.broken = StoreError("the disk is full")
    outlet.gate.set()
    await stage.clock.advance(60.0)
    stage.store.broken = None
    await stage.until(lambda: bool(stage.told))
    assert (await notifier.outcome(name)).delivered
    assert len(outlet.sent) == 1


async def test_an_outcome_is_written_even_when_the_console_ends_at_that_moment(stage: Stage) -> None:
    incident, outlet = await stage.incident(), Outlet()
    outlet.gate.clear()
    notifier = stage.notifier(outlet)
    await notifier.send(incident.id, SLACK, LINES)
    await stage.until(lambda: bool(outlet.sent))
    stage.store.broken = StoreError("locked")
    outlet.gate.set()
    await stage.until(lambda: stage.clock.awaited)
    ending = asyncio.create_task(notifier.close())
    await asyncio.sleep(0)
    stage.store.broken = None
    await stage.until(ending.done)
    assert [one.delivered for one in stage.told] == [True]
    after = Outlet()
    assert await stage.notifier(after).resume() == ()
    assert after.sent == []


async def test_two_consoles_never_have_the_same_one_in_hand(stage: Stage) -> None:
    incident, outlet = await stage.incident(), Outlet()
    outlet.gate.clear()
    await stage.notifier(outlet).send(incident.id, SLACK, LINES)
    assert await stage.notifier(Outlet()).resume() == ()
    outlet.gate.set()


async def test_what_is_too_old_is_not_sent_by_itself(stage: Stage) -> None:
    incident, before = await stage.incident(), Outlet(BUSY)
    first = stage.notifier(before)
    name = await first.send(incident.id, SLACK, LINES)
    await stage.until(lambda: len(stage.told) == 1)
    await first.close()
    stage.clock.turn_on(STALE + 60)
    after = Outlet()
    second = stage.notifier(after)
    await second.resume()
    told = await second.outcome(name)
    assert (told.final, told.delivered) == (True, False)
    assert "over an hour ago" in told.words
    assert after.sent == []


async def test_an_address_that_is_configured_no_more_is_said_to_be_so(stage: Stage) -> None:
    incident = await stage.incident()
    first = stage.notifier(Outlet(BUSY))
    name = await first.send(incident.id, SLACK, LINES)
    await stage.until(lambda: len(stage.told) == 1)
    await first.close()
    after = Outlet()
    second = stage.notifier(after, (MAIL,))
    await second.resume()
    assert "on-call is not configured any more" in (await second.outcome(name)).words
    assert after.sent == []


async def test_what_came_from_the_teams_store_makes_nobody_send(stage: Stage) -> None:
    incident = await stage.incident()
    asked = NotificationAsked("00000000000000aa", S("on-call"), S("slack"), S("on-call"), (S("click http://evil"),))
    await stage.store.merge([event(asked, incident=incident.id)])
    outlet = Outlet()
    assert await stage.notifier(outlet).resume() == ()
    await stage.clock.advance(100.0)
    assert outlet.sent == []


async def test_the_owners_way_is_offered_first(stage: Stage) -> None:
    notifier = stage.notifier(Outlet())
    incident = fold([event(opened())])
    assert notifier.addresses_for(incident) == (SLACK, MAIL)
    first = event(opened())
    owned = fold([first, event(field(IncidentField.OWNER, "payments"), 1, replaces=(first.id,))])
    assert notifier.addresses_for(owned) == (MAIL, SLACK)


def test_a_mark_is_private_and_given_up_with_its_process(tmp_path: Path) -> None:
    folder = tmp_path / "notifying"
    program = (
        "import pathlib, sys\n"
        "from opsconsole.incidents.process_marks import ProcessMarks\n"
        f"mark = ProcessMarks(pathlib.Path(sys.argv[1]), '').make('00000000000000bb', {INCIDENT!r})\n"
    )
    subprocess.run([sys.executable, "-c", program, str(folder)], check=True)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "00000000000000bb").stat().st_mode) == 0o600
    marks = ProcessMarks(folder, REFUSED)
    assert marks.any()
    (mark,) = marks.left()
    assert (mark.name, mark.words) == ("00000000000000bb", INCIDENT)
    assert ProcessMarks(folder, REFUSED).left() == ()
    mark.remove()
    assert not marks.any()


def test_a_folder_that_can_not_be_written_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "notifying").write_text("in the way")
    with pytest.raises(StoreError, match="so nobody is told"):
        ProcessMarks(tmp_path / "notifying", REFUSED).make("00000000000000cc", INCIDENT)


def test_what_nobody_was_told_of_is_offered() -> None:
    first = event(opened())
    assert untold([first]) == "nobody was told"
    asked = event(NotificationAsked("n", S("a"), S("slack"), S("a"), LINES), 1)
    assert untold([first, asked]) == ""
    noted = event(field(IncidentField.TITLE, "other"), 2)
    assert untold([first, asked, noted]) == ""
    worse = event(field(IncidentField.SEVERITY, "P1"), 3)
    over = event(field(IncidentField.STATE, "resolved"), 4)
    assert untold([first, asked, noted, worse, over]) == "not told: P1, resolved"
    failed = Notified(S("slack"), S("a"), delivered=False, notification="n", attempt=1)
    assert untold([first, asked, event(msgspec.structs.replace(failed, final=False), 5)]) == ""
    assert untold([first, asked, event(failed, 5)]) == "nobody was told"


# -- the text --------------------------------------------------------------------------------------


def text_of(*events: object, now: float = 300.0, **opening: object) -> tuple[S, ...]:
    first = event(opened(**opening))  # type: ignore[arg-type]
    whats = [event(one, 10 + place) for place, one in enumerate(events)]  # type: ignore[arg-type]
    return notification_text(fold([first, *whats]), teller=S("bo@desk"), now=first.at + now)


def test_it_says_what_how_bad_since_when_where_why_and_who() -> None:
    lines = text_of(
        field(IncidentField.CAUSE, "pool exhausted"),
        field(IncidentField.OWNER, "payments"),
        RoleTaken(S("commander"), S("jane")),
        services=("checkout", "orders"),
    )
    assert lines == (
        "P2 INC-7kq4 triage: Checkout fails",
        "since 2027-01-15 08:00 UTC, for 5 min",
        "cluster prod / shop",
        "services: checkout, orders",
        "cause: pool exhausted",
        "owner payments, commander jane, told by bo@desk",
    )


def test_a_drill_says_so_first_and_an_end_has_its_time() -> None:
    first = event(opened(drill=True))
    started = event(field(IncidentField.STATE, "started"), 60, replaces=(first.id,))
    resolved = event(field(IncidentField.STATE, "resolved"), 660, replaces=(started.id,))
    lines = notification_text(fold([first, started, resolved]), teller=S("bo@desk"), now=first.at + 90_000)
    assert lines[0].startswith("DRILL P2 INC-7kq4 resolved")
    assert lines[1].startswith("from 2027-01-15 08:00 UTC to 2027-01-15 08:11 UTC, 11 min")


@pytest.mark.parametrize("title", ["x" * 10_000, "a\r\nBcc: evil@example.net", "\x1b[2Jgone", "订单" * 5000])
def test_it_fits_a_phone_whatever_was_typed(title: str) -> None:
    safe = safe_text(title)
    lines = text_of(
        *(field(name, safe) for name in (IncidentField.CAUSE, IncidentField.IMPACT, IncidentField.OWNER)),
        title=safe,
        services=tuple(safe for _ in range(50)),
    )
    assert len(lines) <= 8
    assert all(len(line) <= 160 for line in lines)
    assert len(lines[0]) <= 120
    assert not any(char in line for line in lines for char in "\r\n\x1b")


def test_a_secret_in_a_title_stays_here() -> None:
    lines = text_of(title="login fails with password=hunter2-canary")
    assert "canary" not in "".join(lines)
