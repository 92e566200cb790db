"""The one door to the record of a cluster's incidents."""

from __future__ import annotations

import re
import stat
from pathlib import Path

import pytest

from book_stage import PROD, BookStage
from incident_samples import cleared, fired, note
from opsconsole.domain.incident import Incident, IncidentField, IncidentSeverity, IncidentState, Milestone
from opsconsole.domain.incident_event import Fact
from opsconsole.domain.text import SafeText
from opsconsole.incidents.attachment import attachment_of
from opsconsole.incidents.book import Book
from opsconsole.incidents.naming import EventNames, fact_id, incident_id
from opsconsole.incidents.protocols import FieldConflictError, StoreError

P2 = IncidentSeverity.P2
TITLE = SafeText("Checkout fails")
CHECKOUT = (SafeText("checkout"),)


@pytest.fixture
def stage(tmp_path: Path) -> BookStage:
    return BookStage(tmp_path / "state")


async def opened(book: Book, *facts: Fact) -> Incident:
    return await book.open(facts, title=TITLE, severity=P2, namespace=SafeText("shop"), services=CHECKOUT)


async def walked(book: Book, *states: IncidentState) -> Incident:
    last = book.current
    for state in states:
        last = await book.set_field(IncidentField.STATE, SafeText(state.value))
    assert last is not None
    return last


async def test_an_incident_begins_with_who_opened_it_and_when_it_was_detected(stage: BookStage) -> None:
    book = stage.book()
    book.identify(SafeText("jane@example.com"))
    alert = Fact(fired(), stage.clock.now() - 240, SafeText("alertmanager"), "alert/f1")
    incident = await opened(book, alert)
    assert re.fullmatch(r"inc-20270115-[0-9abcdefghjkmnpqrstvwxyz]{4}", incident.id)
    assert (incident.title, incident.severity, incident.state) == (TITLE, P2, IncidentState.TRIAGE)
    assert (incident.cluster, incident.namespace, incident.services) == ("prod", "shop", CHECKOUT)
    now = stage.clock.now()
    assert incident.milestones == {Milestone.DETECTED: now - 240, Milestone.ACKNOWLEDGED: now}
    assert book.current == incident
    events = await stage.store.events(incident.id)
    assert [one.what.__class__.__name__ for one in events] == ["AlertFired", "Opened", "MilestoneReached"]
    assert {one.author.operator for one in events} == {"jane@laptop"}
    assert {one.author.identity for one in events} == {"jane@example.com"}


async def test_an_alert_of_an_open_incident_joins_it_instead_of_opening_another(stage: BookStage) -> None:
    first = await opened(stage.book(), Fact(fired(), 100.0, key="alert/f1"))
    other = stage.book("sam@bastion")
    joined = await opened(other, Fact(fired(), 100.0, key="alert/f1"), Fact(note("me too")))
    assert joined.id == first.id
    assert other.current == joined
    assert len(joined.alerts) == 1
    assert joined.events == first.events + 1
    assert await other.open_for({SafeText("f1"), SafeText("f9")}) == joined
    assert await other.open_for({SafeText("f9")}) is None


async def test_an_alert_of_an_incident_that_is_over_or_elsewhere_opens_a_new_one(stage: BookStage) -> None:
    book = stage.book()
    first = await opened(book, Fact(fired(), 100.0, key="alert/f1"))
    elsewhere = stage.book(cluster=SafeText("staging"))
    assert (await opened(elsewhere, Fact(fired()))).id != first.id
    await walked(book, IncidentState.STARTED, IncidentState.RESOLVED)
    assert await book.open_for({SafeText("f1")}) is None
    assert (await opened(book, Fact(fired()))).id != first.id


async def test_drills_and_real_incidents_do_not_join_each_other(stage: BookStage) -> None:
    book = stage.book()
    drill = await book.open([fired()], title=TITLE, severity=P2, drill=True)
    assert drill.drill
    assert await book.open_for({SafeText("f1")}) is None
    assert (await book.open_for({SafeText("f1")}, drill=True)) == drill


async def test_the_incident_is_gone_on_with_after_the_next_start(stage: BookStage) -> None:
    incident = await opened(stage.book())
    again = stage.book("sam@bastion")
    assert again.current is None
    assert await again.resume() == incident
    assert again.current == incident
    assert await stage.book(cluster=SafeText("staging")).resume() is None


def test_what_is_remembered_is_private_and_one_file_whatever_the_cluster_is_called(tmp_path: Path) -> None:
    for cluster in ("../../etc", "a/b", "x" * 400):
        attachment = attachment_of(tmp_path, cluster)
        assert attachment.read() is None
        attachment.write("inc-20270115-7kq4")
        assert attachment_of(tmp_path, cluster).read() == "inc-20270115-7kq4"
    files = [one for one in tmp_path.rglob("*") if one.is_file()]
    assert {one.parent for one in files} == {tmp_path / "attached"}
    assert {stat.S_IMODE(one.stat().st_mode) for one in files} == {0o600}
    assert len(files) == 3
    attachment_of(tmp_path, "a/b").write(None)
    assert attachment_of(tmp_path, "a/b").read() is None


async def test_a_place_that_can_not_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "attached").write_text("in the way")
    with pytest.raises(StoreError, match=r"attached/prod can't be written \(.*\); free it first"):
        attachment_of(tmp_path, "prod").write("inc-20270115-7kq4")


@pytest.mark.parametrize("end", [IncidentState.CLOSED, IncidentState.CANCELLED])
async def test_a_closed_incident_is_let_go(stage: BookStage, end: IncidentState) -> None:
    book = stage.book()
    incident = await opened(book)
    way = [IncidentState.STARTED, IncidentState.RESOLVED] if end is IncidentState.CLOSED else []
    assert (await walked(book, *way)).state is (way[-1] if way else IncidentState.TRIAGE)
    assert book.current is not None
    assert (await walked(book, end)).state is end
    assert book.current is None
    assert await stage.book().resume() is None
    with pytest.raises(StoreError, match=f"is {end.value}"):
        await book.attach(incident.id)


async def test_one_closed_by_somebody_else_is_let_go_when_it_is_read_anew(stage: BookStage) -> None:
    mine, theirs = stage.book(), stage.book("sam@bastion")
    incident = await opened(mine)
    await theirs.attach(incident.id)
    await walked(theirs, IncidentState.CANCELLED)
    assert mine.current is not None
    assert await mine.refresh() is None
    assert await mine.write(note("too late")) is None


async def test_an_incident_of_another_cluster_is_not_worked_on(stage: BookStage) -> None:
    incident = await opened(stage.book(cluster=SafeText("staging")))
    with pytest.raises(StoreError, match="is of cluster staging"):
        await stage.book(cluster=PROD).attach(incident.id)


async def test_leaving_an_incident_is_remembered_too(stage: BookStage) -> None:
    book = stage.book()
    await opened(book)
    assert await book.attach(None) is None
    assert book.current is None
    assert await book.write(note("into nothing")) is None
    assert await stage.book().resume() is None


async def test_whoever_sees_the_same_fact_writes_one_event(stage: BookStage) -> None:
    mine, theirs = stage.book(), stage.book("sam@bastion")
    incident = await opened(mine)
    await theirs.attach(incident.id)
    written = await mine.write(cleared(), at=100.0, key="cleared/f1/100")
    assert written is not None
    assert written.at == 100.0
    assert await theirs.write(cleared(), at=100.0, key="cleared/f1/100") is None
    assert await theirs.write(note("a note")) is not None
    assert await mine.write(note("a note")) is not None
    assert (await mine.refresh()) == await theirs.refresh()


async def test_facts_go_to_the_incident_they_were_seen_for(stage: BookStage) -> None:
    book = stage.book()
    first = await opened(book)
    second = await opened(book)
    await book.write_facts([Fact(note("late news"))], incident=first.id)
    assert (await stage.store.incident(first.id)).events == first.events + 1
    assert book.current == second


async def test_a_field_set_in_between_is_shown_before_it_is_replaced(stage: BookStage) -> None:
    mine, theirs = stage.book(), stage.book("sam@bastion")
    shown = await opened(mine)
    await theirs.attach(shown.id)
    await theirs.set_field(IncidentField.SEVERITY, SafeText("P1"))
    await mine.refresh()
    with pytest.raises(FieldConflictError):
        await mine.set_field(IncidentField.SEVERITY, SafeText("P3"), shown=shown)
    now = mine.current
    assert now is not None
    assert now.severity is IncidentSeverity.P1
    assert (await mine.set_field(IncidentField.SEVERITY, SafeText("P3"), shown=now)).severity is IncidentSeverity.P3
    assert (await mine.set_field(IncidentField.SEVERITY, SafeText("P3"))).events == now.events + 1


async def test_a_state_has_the_time_at_which_it_was_reached(stage: BookStage) -> None:
    book = stage.book()
    await opened(book)
    stage.clock.turn_on(600)
    then = stage.clock.now() - 120
    incident = await book.set_field(IncidentField.STATE, SafeText("started"), at=then)
    assert incident.state_times[-1] == (IncidentState.STARTED, then)


async def test_without_an_incident_there_is_no_field_to_set(stage: BookStage) -> None:
    with pytest.raises(StoreError, match="open one first"):
        await stage.book().set_field(IncidentField.TITLE, TITLE)


async def test_what_fails_leaves_the_incident_as_it_was(stage: BookStage) -> None:
    book = stage.book()
    incident = await opened(book)
    stage.store.broken = StoreError("no space left")
    with pytest.raises(StoreError):
        await book.write(note("lost"))
    assert book.current == incident


def test_names_sort_as_they_were_made_and_have_no_look_alikes() -> None:
    names = EventNames(lambda bits: (1 << bits) - 1)
    made = [names.next(at) for at in (10.0, 10.0, 10.001, 9.0, 10.0005, 1_800_000_000.0)]
    assert made == sorted(made)
    assert len(set(made)) == len(made)
    assert not set("".join(made)) & set("ilou")
    assert incident_id(1_800_000_000.0, lambda bits: (1 << bits) - 1) == "inc-20270115-zzzz"


def test_a_fact_has_its_own_name_in_each_incident() -> None:
    assert fact_id("inc-1", "alert/f1") == fact_id("inc-1", "alert/f1")
    assert [fact_id("inc-1", "op", at) for at in range(200)] == sorted(fact_id("inc-1", "op", at) for at in range(200))
    assert len({fact_id("inc-1", "alert/f1"), fact_id("inc-2", "alert/f1"), fact_id("inc-1", "alert/f2")}) == 3
