"""What every incident store promises: the one in a file, and the one that other tests use instead."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hostile.corpus import HOSTILE
from incident_samples import INCIDENT, T0, cleared, event, field, fired, note, opened
from memory_incidents import MemoryIncidents
from opsconsole.domain.incident import IncidentField, IncidentSeverity, IncidentState
from opsconsole.domain.incident_event import IncidentEvent, ServiceAdded, Unreadable
from opsconsole.domain.text import SafeText
from opsconsole.incidents.protocols import (
    FieldConflictError,
    IncidentQuery,
    IncidentStore,
    StoreError,
    TransitionError,
)
from opsconsole.incidents.store.sqlite_incidents import SqliteIncidents
from opsconsole.safe_text import safe_text

F = IncidentField
PROD = SafeText("prod")
START = event(opened(services=("checkout",)), id="open")


@pytest.fixture(params=["in a file", "in memory"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[IncidentStore]:
    made: IncidentStore = SqliteIncidents(tmp_path / "incidents.db") if "file" in request.param else MemoryIncidents()
    yield made
    await made.close()


async def test_what_was_appended_is_read_in_order(store: IncidentStore) -> None:
    late, early = event(note("late"), 9), event(note("early"), -9)
    assert await store.append([START, late, early]) == (START, late, early)
    assert await store.events(INCIDENT) == (early, START, late)
    incident = await store.incident(INCIDENT)
    assert (incident.title, incident.events, incident.changed_at) == ("Checkout fails", 3, T0 + 9)


async def test_a_fact_that_is_there_already_is_left_out(store: IncidentStore) -> None:
    fact = event(fired(), 1, id="fact-1")
    await store.append([START, fact])
    again = event(fired(), 1, id="fact-1", recorded=70)
    more = event(cleared(), 60, id="fact-2")
    assert await store.append([again, more, more]) == (more,)
    assert await store.events(INCIDENT) == (START, fact, more)


async def test_an_incident_is_found_by_its_id_its_name_and_its_end(store: IncidentStore) -> None:
    await store.append([START])
    await store.append([event(opened("Another"), incident="inc-20270116-zzq4")])
    for name in (INCIDENT, "INC-7kq4", "7KQ4"):
        assert (await store.incident(name)).id == INCIDENT
    with pytest.raises(StoreError, match="are 2 incidents"):
        await store.incident("q4")
    for name in ("nope", ""):
        with pytest.raises(StoreError, match="there is no incident"):
            await store.events(name)


async def test_a_field_that_somebody_set_in_between_is_a_conflict_to_look_at(store: IncidentStore) -> None:
    await store.append([START, event(field(F.SEVERITY, "P1"), 1, id="mine", replaces=("open",))])
    lost = event(note("not kept either"), 2)
    with pytest.raises(FieldConflictError, match="severity was set to 'P1' in between") as told:
        await store.append([lost, event(field(F.SEVERITY, "P3"), 2, replaces=("open",))])
    assert (told.value.field, told.value.wanted, told.value.incident.severity) == (
        F.SEVERITY, "P3", IncidentSeverity.P1,
    )  # fmt: skip
    assert (await store.incident(INCIDENT)).events == 2
    await store.append([event(field(F.SEVERITY, "P3"), 2, replaces=("mine",))])
    assert (await store.incident(INCIDENT)).severity is IncidentSeverity.P3


async def test_what_two_machines_wrote_is_merged_with_its_conflict_and_can_be_decided(store: IncidentStore) -> None:
    await store.append([START, event(field(F.STATE, "started"), 1, id="ours", replaces=("open",))])
    theirs = event(field(F.STATE, "cancelled"), 2, id="theirs", replaces=("open",))
    assert await store.merge([START, theirs]) == (theirs,)
    incident = await store.incident(INCIDENT)
    assert (incident.state, [one.value for one in incident.conflicts[0].versions]) == (
        IncidentState.STARTED, ["started", "cancelled"],
    )  # fmt: skip
    with pytest.raises(FieldConflictError):
        await store.append([event(field(F.STATE, "resolved"), 3, replaces=("ours",))])
    with pytest.raises(TransitionError):
        await store.append([event(field(F.STATE, "closed"), 3, replaces=("ours", "theirs"))])
    await store.append([event(field(F.STATE, "started"), 3, replaces=("ours", "theirs"))])
    incident = await store.incident(INCIDENT)
    assert (incident.state, incident.conflicts) == (IncidentState.STARTED, ())


@pytest.mark.parametrize(
    ("walked", "wanted", "words"),
    [
        ([], "resolved", "INC-7kq4 is triage, so it can't become resolved; it can become started or cancelled"),
        (["started"], "started", "is started, so it can't become started; it can become mitigated or resolved or"),
        (["started", "resolved"], "mitigated", "is resolved, so it can't become mitigated; it can become closed or"),
        (["cancelled"], "started", "is cancelled, which is the end, so it can't become started; open another"),
    ],
)
async def test_a_state_is_entered_from_those_before_it_alone(
    store: IncidentStore, walked: list[str], wanted: str, words: str
) -> None:
    names = ["open", *(f"s{number}" for number in range(len(walked) + 1))]
    whole = [
        event(field(F.STATE, state), number, id=names[number + 1], replaces=(names[number],))
        for number, state in enumerate([*walked, wanted])
    ]
    await store.append([START, *whole[:-1]])
    with pytest.raises(TransitionError, match=words):
        await store.append(whole[-1:])


async def test_no_state_begins_before_the_one_it_follows(store: IncidentStore) -> None:
    await store.append([START, event(field(F.STATE, "started"), 60, id="s", replaces=("open",))])
    with pytest.raises(TransitionError, match=r"can't be mitigated at 08:00:30Z: it is started since 08:01:00Z"):
        await store.append([event(field(F.STATE, "mitigated"), 30, replaces=("s",))])


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (event(note("x"), incident="inc-2"), "there is no incident 'inc-2' to add to; open it first"),
        (event(note("x"), float("nan")), "without a time"),
        (event(note("x"), 1e12), "without a time"),
        (event(field(F.SEVERITY, "P9"), replaces=("open",)), "severity can't be 'P9'; it is one of P1, P2, P3, P4"),
        (event(field(F.STATE, "exploded"), replaces=("open",)), "state can't be 'exploded'"),
        (event(note("x"), incident=""), "of no incident"),
    ],
)
async def test_what_makes_no_sense_is_refused_and_nothing_of_it_kept(
    store: IncidentStore, bad: IncidentEvent, words: str
) -> None:
    await store.append([START])
    with pytest.raises(StoreError, match=words):
        await store.append([event(note("beside it")), bad])
    assert await store.events(INCIDENT) == (START,)


def story(name: str, title: str, *, at: float = 0.0, state: str = "", **more: object) -> list[IncidentEvent]:
    severity = more.pop("severity", IncidentSeverity.P2)
    events = [event(opened(title, severity=severity, **more), at, id=f"{name}-0", incident=name)]  # type: ignore[arg-type]
    steps = {"": [], "started": ["started"], "resolved": ["started", "resolved"]}[state]
    for number, step in enumerate(steps, 1):
        last, this = f"{name}-{number - 1}", f"{name}-{number}"
        events.append(event(field(F.STATE, step), at + number, id=this, incident=name, replaces=(last,)))
    return events


async def test_open_incidents_come_first_the_worst_on_top_then_the_newest(store: IncidentStore) -> None:
    for events in (
        story("old", "Old", at=-900, state="resolved", severity=IncidentSeverity.P1),
        story("new", "New", state="resolved"),
        story("mild", "Mild", severity=IncidentSeverity.P4), story("bad", "Bad", at=-50, severity=IncidentSeverity.P1),
        story("drill", "Drill", drill=True),
    ):  # fmt: skip
        await store.append(events)
    assert [one.id for one in await store.incidents()] == ["bad", "mild", "new", "old"]
    assert [one.id for one in await store.incidents(IncidentQuery(limit=2))] == ["bad", "mild"]
    assert [one.id for one in await store.incidents(IncidentQuery(open_only=True))] == ["bad", "mild"]
    assert [one.id for one in await store.incidents(IncidentQuery(drills=True))] == ["drill"]
    assert len(await store.incidents(IncidentQuery(drills=None))) == 5
    resolved = IncidentQuery(states=(IncidentState.RESOLVED,), severity=IncidentSeverity.P1)
    assert [one.id for one in await store.incidents(resolved)] == ["old"]


async def test_incidents_are_filtered_by_cluster_and_service(store: IncidentStore) -> None:
    await store.append(story("a", "A", services=("checkout",)))
    await store.append(story("b", "B", cluster="qa", services=("orders",)))
    await store.append([event(ServiceAdded(SafeText("db")), 3, incident="a")])
    for query, found in (
        (IncidentQuery(cluster=PROD), ["a"]), (IncidentQuery(service=SafeText("orders")), ["b"]),
        (IncidentQuery(service=SafeText("db")), ["a"]), (IncidentQuery(cluster=PROD, service=SafeText("orders")), []),
    ):  # fmt: skip
        assert [one.id for one in await store.incidents(query)] == found


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("pool", True), ("POOL", True), ("ool ful", True), ("full pool", True), ("poolful", False),
        ("连接池", True), ("连接", True), ("池", True), ("池满 7", True), ("连满", False),
        ("checkout", True), ("P4", False), ("%", False), ("_", False), ("a%b", False), ('"', False), ("\\", False),
        ("AND", False), ("pool OR nope", False), ("words:pool", False), ("po*", False), ("ERRORRATE", True),
    ],
)  # fmt: skip
async def test_words_are_found_in_everything_that_was_written(store: IncidentStore, words: str, found: bool) -> None:
    await store.append(
        [START, event(note("the pool is full"), 1), event(fired(), 2), event(note("数据库连接池满了 7"), 3)]
    )
    await store.append(story("other", "Quiet"))
    answer = await store.incidents(IncidentQuery(words=SafeText(words)))
    assert [one.id for one in answer] == ([INCIDENT] if found else [])


async def test_whoever_writes_the_number_of_changes_grows(store: IncidentStore) -> None:
    assert await store.changed() == 0
    await store.append([START])
    first = await store.changed()
    assert first > 0
    assert await store.changed(first) == first
    await store.append([START])
    assert await store.changed(first) == first
    await store.merge([event(note("from afar"), 2)])
    assert await store.changed(first) > first


async def test_what_the_team_does_not_have_yet_is_sent_once(store: IncidentStore) -> None:
    await store.append([START, event(note("one"), 1, id="n1"), event(note("two"), 2, id="n2")])
    await store.append(story("qa", "Q", cluster="qa"))
    await store.merge([event(note("theirs"), 3, id="t1")])
    assert [one.id for one in await store.unshared(PROD)] == ["open", "n1", "n2"]
    assert [one.id for one in await store.unshared(PROD, limit=2)] == ["open", "n1"]
    await store.mark_shared(["open", "n1", "unheard of"])
    assert [one.id for one in await store.unshared(PROD)] == ["n2"]
    await store.merge([event(note("two"), 2, id="n2")])
    assert await store.unshared(PROD) == ()
    assert [one.id for one in await store.unshared(SafeText("qa"))] == ["qa-0"]


async def test_what_came_before_its_opening_waits_for_it(store: IncidentStore) -> None:
    await store.merge([event(note("early news"), 3)])
    assert (await store.incident(INCIDENT)).title == "(its first event is missing)"
    await store.merge([START])
    assert (await store.incident(INCIDENT)).title == "Checkout fails"
    assert [one.id for one in await store.incidents(IncidentQuery(cluster=PROD))] == [INCIDENT]


async def test_what_a_newer_console_wrote_stays_and_is_not_sent_by_this_one(store: IncidentStore) -> None:
    strange = event(Unreadable(SafeText("hologram"), '{"type":"hologram","depth":3}'), 2, id="h")
    await store.append([START, strange])
    assert (await store.events(INCIDENT))[1] == strange
    assert [one.id for one in await store.unshared(PROD)] == ["open"]


async def test_where_reading_goes_on_is_kept_for_each_cluster(store: IncidentStore) -> None:
    await store.set_watermark(PROD, 7)
    await store.set_watermark(PROD, 9)
    assert (await store.watermark(PROD), await store.watermark(SafeText("qa"))) == (9, 0)


async def test_similar_incidents_say_what_they_have_in_common(store: IncidentStore) -> None:
    await store.append([*story("past", "Pool is full", state="resolved", services=("checkout",)),
                        event(fired(), 1, incident="past")])  # fmt: skip
    await store.append(story("open", "Pool is full", services=("checkout",)))
    await store.append([event(opened("Pool is full again", services=("checkout",))), event(fired(), 1)])
    found = await store.similar(await store.incident(INCIDENT))
    assert [(one.incident.id, one.reasons) for one in found] == [
        ("past", ("same alert: ErrorRateHigh", "same service: checkout", "words in common: full, pool")),
    ]  # fmt: skip
    assert 0.9 < found[0].score <= 1.0


@pytest.mark.parametrize("text", HOSTILE)
async def test_hostile_words_come_back_as_they_were_made_safe(store: IncidentStore, text: str) -> None:
    written = event(note(safe_text(text)), 1)
    await store.append([START, written])
    assert (await store.events(INCIDENT))[1] == written
    await store.incidents(IncidentQuery(words=safe_text(text)))
