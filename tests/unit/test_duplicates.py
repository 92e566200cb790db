"""Two incidents about one alert, from two machines that had not seen each other's."""

from __future__ import annotations

from pathlib import Path

import pytest

from book_stage import BookStage
from incident_samples import INCIDENT, event, fired, note, opened
from opsconsole.domain.event_words import told
from opsconsole.domain.incident import Incident, IncidentField, IncidentSeverity, IncidentState
from opsconsole.domain.incident_event import DuplicateOf, Fact
from opsconsole.domain.text import SafeText
from opsconsole.incidents.book import Book
from opsconsole.incidents.duplicates import close_duplicate, find_pair, pair_of
from opsconsole.incidents.folding import fold
from opsconsole.incidents.records import Records

OTHER = "inc-20270115-zzzz"
P2 = IncidentSeverity.P2


def incident(name: str, at: float, *, fingerprint: str = "f1", drill: bool = False, cluster: str = "prod") -> Incident:
    first = event(opened(drill=drill, cluster=cluster), at, incident=name)
    return fold([first, event(fired(fingerprint=fingerprint), at, incident=name)])


def test_the_older_of_two_with_one_alert_counts_wherever_it_is_seen() -> None:
    older, younger = incident(OTHER, 10), incident(INCIDENT, 20)
    for seen, others in ((older, [younger, older]), (younger, [younger, older])):
        pair = pair_of(seen, others)
        assert pair is not None
        assert (pair.older.id, pair.younger.id, pair.alert.fingerprint) == (OTHER, INCIDENT, "f1")
    same_time = pair_of(incident(OTHER, 10), [incident(INCIDENT, 10)])
    assert same_time is not None
    assert same_time.older.id == INCIDENT


@pytest.mark.parametrize(
    "other",
    [incident(OTHER, 1, fingerprint="f2"), incident(OTHER, 1, drill=True), incident(OTHER, 1, cluster="staging")],
)
def test_what_is_about_something_else_is_no_double(other: Incident) -> None:
    assert pair_of(incident(INCIDENT, 10), [other]) is None


class Team:
    """Two consoles whose records have been put together."""

    def __init__(self, folder: Path) -> None:
        self.stage = BookStage(folder)
        self.ann, self.bob = self.stage.book("ann@one"), self.stage.book("bob@two")

    def records(self, book: Book) -> Records:
        return Records(self.stage.store, book)

    async def opened(self) -> tuple[Incident, Incident]:
        store, clock = self.stage.store, self.stage.clock
        beginning = event(opened("of ann", services=("checkout",)), incident=OTHER)
        await store.append([beginning, event(fired(), incident=OTHER)])
        await clock.advance(10)
        younger = event(opened("of bob", services=("checkout", "cart")), 5, incident=INCIDENT)
        alerts = [event(fired(), 5, incident=INCIDENT), event(fired("Slow", "f2"), 6, incident=INCIDENT)]
        await store.append([younger, *alerts, event(note("bob's words"), 7, incident=INCIDENT)])
        await self.ann.attach(OTHER)
        await self.bob.attach(INCIDENT)
        return await store.incident(OTHER), await store.incident(INCIDENT)


@pytest.fixture
def team(tmp_path: Path) -> Team:
    return Team(tmp_path)


@pytest.mark.parametrize("by", ["ann", "bob"])
async def test_the_younger_is_closed_and_both_go_on_with_the_older(team: Team, by: str) -> None:
    _, younger = await team.opened()
    books = {"ann": team.ann, "bob": team.bob}
    pair = await find_pair(team.records(books[by]), younger)
    assert pair is not None
    kept = await close_duplicate(team.records(books[by]), pair)
    assert kept.id == OTHER
    assert {one.fingerprint for one in kept.alerts} == {"f1", "f2"}
    assert kept.services == ("checkout", "cart")
    closed = await team.stage.store.incident(INCIDENT)
    assert (closed.state, closed.duplicate_of) == (IncidentState.CANCELLED, OTHER)
    (said,) = [one.what for one in await team.stage.store.events(INCIDENT) if isinstance(one.what, DuplicateOf)]
    assert told(said) == "the same as INC-zzzz: work goes on there"
    for book in books.values():
        current = await book.refresh()
        assert current is not None
        assert current.id == OTHER
    resumed = team.stage.book("bob@two")
    assert (await resumed.resume() or closed).id == OTHER
    assert await find_pair(team.records(team.ann), kept) is None


async def test_both_at_once_and_again_after_a_crash_write_it_once(team: Team) -> None:
    older, _ = await team.opened()
    pair = await find_pair(team.records(team.ann), older)
    assert pair is not None
    await close_duplicate(team.records(team.ann), pair)
    written = len(team.stage.store.written)
    await close_duplicate(team.records(team.bob), pair)
    assert len(team.stage.store.written) == written


async def test_one_that_is_mitigated_is_closed_as_well(team: Team) -> None:
    _, younger = await team.opened()
    for state in ("started", "mitigated"):
        younger = await team.bob.set_field(IncidentField.STATE, SafeText(state))
    pair = await find_pair(team.records(team.bob), younger)
    assert pair is not None
    await close_duplicate(team.records(team.bob), pair)
    assert (await team.stage.store.incident(INCIDENT)).state is IncidentState.CANCELLED


async def test_where_the_older_is_not_known_here_yet_nothing_is_worked_on(team: Team) -> None:
    await team.opened()
    gone = Fact(DuplicateOf("inc-20270115-xxxx", SafeText("INC-xxxx")))
    await team.bob.write_facts([gone], incident=INCIDENT)
    await team.bob.set_field(IncidentField.STATE, SafeText("cancelled"))
    assert await team.bob.refresh() is None
