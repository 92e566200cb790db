"""Somebody is told of an incident by keys: previewed first, sent behind, told in the timeline."""

from __future__ import annotations

import contextlib
import random
from collections.abc import AsyncIterator, Sequence
from datetime import UTC
from pathlib import Path

import pytest
from console_case import ConsoleCase, console

from book_stage import BookStage
from opsconsole.domain.incident import Incident, IncidentField, IncidentSeverity
from opsconsole.domain.incident_event import NotificationAsked, Notified
from opsconsole.domain.notification import Address, DeliveryError, Notification
from opsconsole.domain.text import SafeText as S
from opsconsole.incidents.notifying import REFUSED, Notifier
from opsconsole.incidents.process_marks import ProcessMarks
from opsconsole.incidents.records import Records
from opsconsole.screens.incidents.incident_view import IncidentView
from opsconsole.widgets.glyphs import UNICODE

SLACK = Address(S("on-call"), S("slack"), S("on-call"))
MAIL = Address(S("mail"), S("email"), S("a@example.net, b@example.net"), ("payments",))


class Outlet:
    def __init__(self) -> None:
        self.sent: list[Notification] = []
        self.fails: DeliveryError | None = None

    async def send(self, notification: Notification) -> S:
        self.sent.append(notification)
        if self.fails is not None:
            raise self.fails
        return S("")


class Story:
    def __init__(self, case: ConsoleCase, stage: BookStage, outlet: Outlet, incident: Incident) -> None:
        self.case, self.stage, self.outlet, self.incident = case, stage, outlet, incident

    async def until(self, words: str) -> str:
        for _ in range(400):
            if words in self.case.text:
                return self.case.text
            await self.case.settle()
            await self.stage.clock.advance(0.5)
            await self.case.pilot.pause(0.02)
        pytest.fail(f"{words!r} is not on the screen:\n{self.case.text}", pytrace=False)

    @property
    def kept(self) -> list[object]:
        kinds = (NotificationAsked, Notified)
        return [one.what for one in self.stage.store.written if isinstance(one.what, kinds)]


@contextlib.asynccontextmanager
async def shown(
    folder: Path, addresses: Sequence[Address], *, title: str = "Checkout fails", size: tuple[int, int] = (120, 40)
) -> AsyncIterator[Story]:
    """The screen of an incident that `addresses` can be told of."""
    stage, outlet = BookStage(folder), Outlet()
    book = stage.book()
    incident = await book.open((), title=S(title), severity=IncidentSeverity.P2, services=(S("checkout"),))
    marks = ProcessMarks(folder / "notifying", REFUSED)
    notifier = Notifier(
        book, stage.store, addresses, lambda _: outlet, stage.clock, marks=marks, chance=random.Random(1)
    )
    async with console(size=size) as case:
        view = IncidentView(
            Records(stage.store, book, notifier), incident, UNICODE, stage.clock, UTC,
            show_list=lambda: None, show_similar=lambda _: None,
        )  # fmt: skip
        await case.app.push_screen(view)
        story = Story(case, stage, outlet, incident)
        await story.until("opened as")
        yield story
        await notifier.close()


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
async def test_the_text_and_whom_it_goes_to_are_shown_before_anything_is_sent(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    async with shown(tmp_path, [SLACK], size=size) as story:
        await story.case.press("N")
        seen = await story.until("It leaves the console")
        assert "slack to on-call" in seen
        assert f"P2 {story.incident.name} triage: Checkout fails" in seen
        assert "services: checkout" in seen
        assert (story.outlet.sent, story.kept) == ([], [])
        await story.case.press("y")
        await story.until("on-call was told of")
        (sent,) = story.outlet.sent
        assert all(line in seen for line in sent.lines)
        assert [type(one) for one in story.kept] == [NotificationAsked, Notified]
        await story.until("slack to on-call delivered")


@pytest.mark.parametrize("key", ["escape", "enter", "q"])
async def test_a_no_sends_nothing_and_is_what_enter_says(tmp_path: Path, key: str) -> None:
    async with shown(tmp_path, [SLACK]) as story:
        await story.case.press("N")
        await story.until("It leaves the console")
        await story.case.press(key)
        assert "It leaves the console" not in await story.case.settled()
        await story.stage.clock.advance(100.0)
        assert (story.outlet.sent, story.kept) == ([], [])


async def test_of_several_ways_the_owners_comes_first(tmp_path: Path) -> None:
    async with shown(tmp_path, [SLACK, MAIL]) as story:
        await story.stage.book().set_field(IncidentField.OWNER, S("payments"), shown=story.incident)
        await story.until("payments")
        await story.case.press("N")
        seen = await story.until("mail: email to a@example.net")
        assert seen.index("mail: email") < seen.index("on-call: slack")
        await story.case.press("enter")
        await story.until("It leaves the console")
        await story.case.press("y")
        await story.until("mail was told of")
        assert isinstance(story.kept[0], NotificationAsked)
        assert story.kept[0].address == "mail"


async def test_a_failure_is_said_and_stays_in_the_timeline(tmp_path: Path) -> None:
    async with shown(tmp_path, [SLACK]) as story:
        story.outlet.fails = DeliveryError(S("on-call refused the message (404); look at it"), lasting=True)
        await story.case.press("N")
        await story.until("It leaves the console")
        await story.case.press("y")
        await story.until("was not told of")
        await story.until("slack to on-call not delivered: on-call refused")


async def test_what_nobody_was_told_of_is_offered_and_never_sent_by_itself(tmp_path: Path) -> None:
    async with shown(tmp_path, [SLACK]) as story:
        await story.until("nobody was told (N)")
        await story.case.press("N")
        await story.until("It leaves the console")
        await story.case.press("y")
        await story.until("delivered")
        assert "nobody was told" not in await story.case.settled()
        story.stage.clock.turn_on(1.0)  # events of one moment have no order that tells which came first
        await story.stage.book().set_field(IncidentField.SEVERITY, S("P1"), shown=story.incident)
        await story.until("not told: P1 (N)")
        await story.stage.clock.advance(600.0)
        assert len(story.outlet.sent) == 1


async def test_with_nobody_to_tell_it_says_what_to_configure(tmp_path: Path) -> None:
    async with shown(tmp_path, []) as story:
        assert "nobody was told" not in story.case.text
        await story.case.press("N")
        await story.until("nobody to tell is configured")


async def test_a_hostile_title_is_only_read(tmp_path: Path) -> None:
    title = "[@click=app.boom]x[/] [link=http://evil]y[/link] <!channel>"
    async with shown(tmp_path, [SLACK], title=title) as story:
        await story.case.press("N")
        seen = " ".join((await story.until("It leaves the console")).split())
        assert "triage: [@click=app.boom]x[/] [link=http://evil]" in seen


async def test_what_a_console_before_left_is_sent_at_the_next_start(tmp_path: Path) -> None:
    async with shown(tmp_path, [SLACK]) as story:
        stage, incident = story.stage, story.incident
        story.outlet.fails = DeliveryError(S("busy"), retry_after=600.0)
        await story.case.press("N")
        await story.until("It leaves the console")
        await story.case.press("y")
        await story.until("not delivered: busy")
    outlet = Outlet()
    after = Notifier(
        stage.book(), stage.store, [SLACK], lambda _: outlet, stage.clock,
        marks=ProcessMarks(tmp_path / "notifying", REFUSED), chance=random.Random(2),
    )  # fmt: skip
    (name,) = await after.resume()
    assert (await after.outcome(name)).delivered
    assert [one.incident for one in outlet.sent] == [incident.id]
