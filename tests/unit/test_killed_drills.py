"""A drill whose console was killed: ended by the next start, listed as broken off, and counted in no figure."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from drill_samples import ended
from incident_samples import T0, event, fired, note, opened
from opsconsole.cli.entry import main
from opsconsole.clock import SystemClock
from opsconsole.config.settings import ClusterSettings, IncidentSettings, Settings
from opsconsole.domain.incident import IncidentState
from opsconsole.domain.incident_event import DrillBrokenOff, IncidentEvent
from opsconsole.domain.text import SafeText
from opsconsole.drills.history import BrokenOff, former_drills, last_played
from opsconsole.drills.judging import judged
from opsconsole.incidents.drill_marks import BegunDrill, DrillMarks
from opsconsole.incidents.folding import fold
from opsconsole.incidents.protocols import IncidentQuery
from opsconsole.incidents.store.sqlite_incidents import SqliteIncidents
from opsconsole.record_keeping import late_records

KILLED = "inc-20270115-dddd"
REAL = "inc-20270115-rrrr"

_BEGIN_AND_DIE = """
import os, pathlib, signal, sys
from opsconsole.incidents.drill_marks import BegunDrill, DrillMarks
DrillMarks(pathlib.Path(sys.argv[1])).begin(BegunDrill(float(sys.argv[2]), "gc-surge", 5))
os.kill(os.getpid(), signal.SIGKILL)
"""


def begin_and_die(path: Path, since: float = T0 - 10) -> None:
    program = [sys.executable, "-c", _BEGIN_AND_DIE, str(path), str(since)]
    assert subprocess.run(program, check=False).returncode == -signal.SIGKILL


def drill_events(incident: str = KILLED, at: float = 0.0) -> list[IncidentEvent]:
    return [
        event(opened("payments is slow", cluster="drill", drill=True), at, incident=incident),
        event(fired(), at + 5, incident=incident),
        event(note("GC?"), at + 60, incident=incident),
    ]


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("OPSCONSOLE_CONFIG", str(tmp_path / "none.toml"))
    (tmp_path / "none.toml").write_text("")
    return tmp_path / "state" / "opsconsole" / "incidents.db"


async def filled(path: Path, *events: IncidentEvent) -> None:
    store = SqliteIncidents(path)
    await store.append(events)
    await store.close()


def settings(path: Path) -> Settings:
    return Settings(cluster=ClusterSettings("prod"), incidents=IncidentSettings(path))


async def test_the_next_console_ends_it_at_its_last_event_and_says_so_once(path: Path) -> None:
    await filled(path, *drill_events(), event(opened("real"), 1, incident=REAL))
    begin_and_die(path)
    late = late_records(settings(path), SystemClock())
    records = await late.if_needed()
    assert records is not None
    assert records.news == ("INC-dddd: the drill was broken off: its console was killed",)
    kept = await records.store.incident(KILLED)
    assert (kept.state, kept.ends_at) == (IncidentState.CANCELLED, T0 + 60)
    (told,) = [one for one in await records.store.events(KILLED) if isinstance(one.what, DrillBrokenOff)]
    assert (told.at, told.what) == (T0 + 60, DrillBrokenOff(SafeText("gc-surge"), 5))
    assert [one.id for one in await records.store.incidents()] == [REAL]
    await late.close()
    again = late_records(settings(path), SystemClock())
    assert await again.if_needed() is None
    assert (await again()).news == ()
    await again.close()


async def test_one_that_is_under_way_and_one_that_has_its_end_are_left_alone(path: Path) -> None:
    over, living = "inc-20270115-vvvv", "inc-20270115-wwww"
    await filled(path, *drill_events(over, -500), event(ended(-490), -400, incident=over), *drill_events())
    mark = DrillMarks(path).begin(BegunDrill(T0 + 1000, SafeText("slow-start"), 1))
    await filled(path, *drill_events(living, 1010))
    begin_and_die(path, T0 - 600)
    late = late_records(settings(path), SystemClock())
    records = await late()
    states = {one.id: one.state for one in await records.store.incidents(IncidentQuery(drills=True))}
    assert states[KILLED] is IncidentState.CANCELLED
    assert states[over] is IncidentState.TRIAGE
    assert states[living] is IncidentState.TRIAGE
    await late.close()
    mark.remove()


async def test_a_crash_between_its_end_and_its_cancelling_is_made_good(path: Path) -> None:
    await filled(path, *drill_events(), event(DrillBrokenOff(), 60, incident=KILLED))
    begin_and_die(path)
    late = late_records(settings(path), SystemClock())
    assert (await (await late()).store.incident(KILLED)).state is IncidentState.CANCELLED
    await late.close()


async def test_a_record_that_can_not_be_written_keeps_nobody_from_working(path: Path) -> None:
    await filled(path, *drill_events())
    marks = DrillMarks(path)
    marks.begin(BegunDrill(T0 - 10, SafeText("gc-surge"), 5)).release()
    path.with_name("drilling").rename(path.with_name("away"))
    path.with_name("drilling").write_text("in the way")
    late = late_records(settings(path), SystemClock())
    assert "a drill that was killed is not ended" in (await late()).news[0]
    await late.close()


def test_the_list_shows_it_and_no_figure_counts_it(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    whole = "inc-20270115-eeee"
    asyncio.run(filled(path, *drill_events(whole, -500), event(ended(-490), -100, incident=whole), *drill_events()))
    begin_and_die(path)
    assert main(["drill", "--list"]) == 0
    said = capsys.readouterr()
    assert f"{KILLED}: the drill was broken off" in said.err
    _, first, second = said.out.splitlines()
    assert "gc-surge" in first
    assert "broken off" in first
    assert "healed" in second
    assert main(["drill", "--list", "--json"]) == 0
    said = capsys.readouterr()
    assert said.err == ""
    bodies = [json.loads(line) for line in said.out.splitlines()]
    assert {one["schema"] for one in bodies} == {"opsconsole.drill/1"}
    assert [(one["drill"]["ending"], one["drill"]["counts"]) for one in bodies] == [
        ("broken off", False),
        ("healed", True),
    ]
    assert (bodies[0]["drill"]["seed"], bodies[0]["drill"]["cause_named"]) == (5, None)

    async def figures() -> list[str]:
        store = SqliteIncidents(path)
        found = [one.incident.id for one in await former_drills(store)]
        assert judged(await store.incident(KILLED), await store.events(KILLED)) is None
        await store.close()
        return found

    assert asyncio.run(figures()) == [whole]


def test_one_of_which_nothing_tells_any_more_is_ended_as_well(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asyncio.run(filled(path, *drill_events()))
    main(["drill", "--list"])
    assert capsys.readouterr().out.splitlines()[1].split()[2:6] == ["–", "–", "broken", "off"]


def test_json_goes_with_the_list_alone(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["drill", "--json"]) == 2
    assert "--json: it goes with --list" in capsys.readouterr().err
    assert not path.exists()


def test_the_scenario_of_one_that_was_broken_off_counts_as_played() -> None:
    incident = fold(drill_events())
    broken_off = (
        BrokenOff(incident, DrillBrokenOff(SafeText("gc-surge"), 5), T0),
        BrokenOff(incident, DrillBrokenOff(), T0 + 100),
    )
    former = judged(incident, [event(ended(-500), -100)])
    assert former is not None
    assert last_played((former,), broken_off) == "gc-surge"
    assert last_played((former,), ()) == "bad-release"
    assert last_played((), ()) is None
