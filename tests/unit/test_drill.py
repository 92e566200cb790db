"""A drill while it goes on: its clock, its calm, its way, what is drawn for it, and its end in the record."""

from __future__ import annotations

import msgspec
import pytest

from book_stage import BookStage
from drill_samples import drill
from incident_samples import fired
from opsconsole.domain.alert import Alert, AlertState
from opsconsole.domain.drill import ActionUsed, DrillEnding
from opsconsole.domain.incident import IncidentField, IncidentSeverity, IncidentState
from opsconsole.domain.incident_event import DrillEnded
from opsconsole.domain.series import Severity
from opsconsole.domain.text import SafeText
from opsconsole.drills.choosing import QUIET, chosen, quiet_time
from opsconsole.drills.drill import STEADY
from opsconsole.drills.ending import end_drill
from opsconsole.drills.key_path import KeyPath
from opsconsole.incidents.protocols import IncidentQuery
from opsconsole.incidents.records import Records

NAMES = ("bad-release", "gc-surge", "slow-start")


def alert(
    name: str = "ErrorRateHigh", at: float = 100.0, state: AlertState = AlertState.FIRING,
    severity: Severity = Severity.WARNING, query: str = "x > 1",
) -> Alert:  # fmt: skip
    labels = {SafeText("service"): SafeText("checkout")}
    return Alert(SafeText(name), SafeText(name), state, severity, at, labels, {}, query=SafeText(query))


def test_the_clock_starts_with_the_first_alert_that_fires() -> None:
    one = drill()
    one.see((alert("Watchdog", 1.0, severity=Severity.INFO), alert("A", 40.0, AlertState.PENDING)), 50.0)
    assert one.alerted_at is None
    one.see((alert("A", 60.0), alert("B", 58.0)), 70.0)
    one.see((alert("C", 20.0),), 80.0)
    assert one.alerted_at == 58.0


def test_it_is_calm_once_nothing_has_fired_for_a_while() -> None:
    one = drill()
    one.see((), 10.0)
    assert not one.calm
    one.see((alert(at=20.0),), 25.0)
    assert one.waiting == ("ErrorRateHigh",)
    one.see((), 100.0)
    one.see((alert(at=105.0),), 110.0)
    one.see((), 120.0)
    one.see((), 120.0 + STEADY - 1)
    assert not one.calm
    one.see((), 120.0 + STEADY)
    assert one.calm
    ended = one.ended(DrillEnding.HEALED)
    assert ended is not None
    assert (ended.alerted_at, ended.calm_at) == (20.0, 120.0)


@pytest.mark.parametrize("state", [AlertState.SILENCED, AlertState.INHIBITED])
def test_what_is_muted_is_not_healed(state: AlertState) -> None:
    one = drill()
    one.see((alert(),), 100.0)
    one.see((alert(state=state),), 200.0)
    one.see((alert(state=state),), 300.0)
    assert not one.calm


def test_alerts_that_count_back_are_not_waited_for() -> None:
    one = drill()
    one.see((alert(query="increase(restarts[10m]) > 0"),), 100.0)
    one.see((alert(query="increase(restarts[10m]) > 0"),), 100.0 + STEADY)
    assert one.alerted_at == 100.0
    assert one.calm


def test_before_anything_broke_there_is_no_end_to_tell() -> None:
    assert drill().ended(DrillEnding.ENDED) is None


# -- what is chosen --------------------------------------------------------------------------------


def test_the_same_seed_chooses_the_same_and_never_the_last_one() -> None:
    for seed in range(40):
        first = chosen(NAMES, seed, None)
        assert first == chosen(NAMES, seed, None)
        assert chosen(NAMES, seed, first) != first
    assert {chosen(NAMES, seed, None) for seed in range(40)} == set(NAMES)
    assert chosen(NAMES[:1], 1, NAMES[0]) == NAMES[0]


def test_it_is_quiet_for_half_a_minute_to_two() -> None:
    times = [quiet_time(seed) for seed in range(100)]
    assert min(times) >= QUIET[0]
    assert max(times) <= QUIET[1]
    assert len(set(times)) == 100
    assert quiet_time(3) == quiet_time(3)


# -- the way ---------------------------------------------------------------------------------------


def test_the_way_has_known_actions_repeated_ones_once_and_nothing_else() -> None:
    path = KeyPath({"operate('roll_back')": "roll_back", "travel('zoom_in')": "zoom_in"})
    for at, call in enumerate(("travel('zoom_in')", "travel('zoom_in')", "insert('secret')", "operate('roll_back')")):
        path.note(call, float(at))
    assert path.used == (ActionUsed("zoom_in", 0.0, 2), ActionUsed("roll_back", 3.0))


def test_the_way_is_bounded_and_counts_what_it_leaves_out() -> None:
    path = KeyPath({"a": "a", "b": "b"}, most=4)
    for at in range(10):
        path.note("ab"[at % 2], float(at))
    assert len(path.used) == 4
    assert path.unlisted == 6


# -- the record ------------------------------------------------------------------------------------


@pytest.fixture
def stage(tmp_path) -> BookStage:
    return BookStage(tmp_path / "state")


async def test_what_is_opened_in_a_drill_is_one_and_joins_nothing_that_was_there_before(stage: BookStage) -> None:
    real = stage.book()
    await real.open([fired()], title=SafeText("real"), severity=IncidentSeverity.P1)
    abandoned = await stage.book(drill_since=stage.clock.now()).open(
        [fired()], title=SafeText("a drill that was killed"), severity=IncidentSeverity.P1
    )
    await stage.clock.advance(100)
    book = stage.book(drill_since=stage.clock.now())
    assert await book.resume() is None
    opened = await book.open([fired()], title=SafeText("drill"), severity=IncidentSeverity.P2)
    assert abandoned.drill
    assert opened.drill
    assert opened.title == "drill"
    joined = await book.open([fired()], title=SafeText("again"), severity=IncidentSeverity.P2)
    assert joined.id == opened.id


@pytest.mark.parametrize("before", [(), ("started",), ("started", "mitigated"), ("started", "resolved")])
async def test_the_end_is_written_down_and_no_incident_stays_open(stage: BookStage, before: tuple[str, ...]) -> None:
    book = stage.book(drill_since=stage.clock.now())
    one = drill()
    one.see((alert(at=stage.clock.now()),), stage.clock.now())
    incident = await book.open([fired()], title=SafeText("drill"), severity=IncidentSeverity.P2)
    for state in before:
        incident = await book.set_field(IncidentField.STATE, SafeText(state))
    await end_drill(Records(stage.store, book), one, DrillEnding.ENDED, incident)
    kept = await stage.store.incident(incident.id)
    assert one.incident == incident.id
    assert kept.state is (IncidentState.RESOLVED if "resolved" in before else IncidentState.CANCELLED)
    (ended,) = [event.what for event in await stage.store.events(incident.id) if isinstance(event.what, DrillEnded)]
    assert (ended.scenario, ended.attended) == ("bad-release", True)


async def test_a_drill_in_which_nobody_opened_an_incident_is_kept_and_left_out_of_the_real_ones(
    stage: BookStage,
) -> None:
    book = stage.book(drill_since=stage.clock.now())
    one = drill()
    one.see((alert(at=stage.clock.now()),), stage.clock.now())
    await end_drill(Records(stage.store, book), one, DrillEnding.LEFT, None)
    (kept,) = await stage.store.incidents(IncidentQuery(drills=True))
    assert kept.id == one.incident
    assert kept.state is IncidentState.CANCELLED
    assert await stage.store.incidents() == ()
    assert await stage.store.similar(msgspec.structs.replace(kept, id="inc-20270115-zzzz")) == ()


async def test_nothing_is_written_when_nothing_broke(stage: BookStage) -> None:
    book = stage.book(drill_since=stage.clock.now())
    await end_drill(Records(stage.store, book), drill(), DrillEnding.LEFT, None)
    assert await stage.store.incidents(IncidentQuery(drills=None)) == ()
