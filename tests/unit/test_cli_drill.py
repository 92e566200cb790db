"""`opsconsole drill`: what it starts, what it tells afterwards, and which drill is next."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import pytest

from opsconsole.cli.entry import main
from opsconsole.cli.parts import Parts, PracticeOrder
from opsconsole.clock import SystemClock
from opsconsole.config.settings import Settings
from opsconsole.domain.alert import Alert, AlertState
from opsconsole.domain.drill import DrillEnding
from opsconsole.domain.incident import IncidentField, IncidentSeverity
from opsconsole.domain.series import Severity
from opsconsole.domain.text import SafeText
from opsconsole.drills.choosing import QUIET
from opsconsole.drills.drill import Drill
from opsconsole.drills.ending import end_drill
from opsconsole.practice.scenarios import SCENARIOS
from opsconsole.record_keeping import late_records

TABLE = '[clusters.practice]\nenvironment = "practice"\nnamespace = "shop"\nprometheus = "http://127.0.0.1:1"\n'


@dataclass
class Stage:
    """Parts whose console is an operator that names a cause at once, or leaves before anything breaks."""

    breaks: bool = True
    practised: list[PracticeOrder] = field(default_factory=list)
    opened: list[Settings] = field(default_factory=list)

    @contextmanager
    def practice(self, order: PracticeOrder) -> Iterator[str]:
        self.practised.append(order)
        yield TABLE

    def open(self, settings: Settings, drill: Drill) -> int:
        self.opened.append(settings)
        if self.breaks:
            asyncio.run(self._drilled(settings, drill))
        return 0

    async def _drilled(self, settings: Settings, drill: Drill) -> None:
        clock = SystemClock()
        late = late_records(settings, clock, drill_since=clock.now())
        records = await late()
        now = clock.now()
        alert = Alert(SafeText("f1"), SafeText("A"), AlertState.FIRING, Severity.WARNING, now, {}, {})
        drill.see((alert,), now)
        await records.book.open((), title=SafeText("something fails"), severity=IncidentSeverity.P2)
        incident = await records.book.set_field(IncidentField.CAUSE, SafeText("no idea"))
        await end_drill(records, drill, DrillEnding.LEFT, incident)
        await late.close()

    def run(self, *words: str) -> int:
        return main(["drill", *words], Parts(lambda: None, practice=self.practice, open_drill=self.open))


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("OPSCONSOLE_CONFIG", str(tmp_path / "none.toml"))
    (tmp_path / "none.toml").write_text("")
    return Stage()


def test_it_opens_on_a_cluster_that_is_well_first_and_whose_name_tells_nothing(stage: Stage) -> None:
    assert stage.run("--scenario", "gc-surge", "--seed", "5") == 0
    (order,) = stage.practised
    assert (order.scenario, order.seed) == ("gc-surge", 5)
    assert order.breaks_in is not None
    assert QUIET[0] <= order.breaks_in <= QUIET[1]
    assert stage.opened[0].cluster.name == "drill"
    stage.run("--scenario", "gc-surge", "--soon")
    assert (stage.practised[1].breaks_in or 0) < QUIET[0]


def test_how_it_went_is_printed_once_the_console_has_ended(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    stage.run("--scenario", "gc-surge", "--seed", "5")
    out = capsys.readouterr().out
    assert "gc-surge, seed 5: left with the console" in out
    assert "  you wrote         no idea" in out
    assert "nothing was done; what heals: roll payments back" in out


def test_nothing_is_told_of_a_drill_in_which_nothing_broke(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    stage.breaks = False
    assert stage.run("--scenario", "gc-surge") == 0
    assert capsys.readouterr().out == ""


def test_random_plays_anything_that_breaks_and_not_the_last_one_again(stage: Stage) -> None:
    for seed in range(6):
        stage.run("--seed", str(seed))
    played = [order.scenario for order in stage.practised]
    assert set(played) <= {one.id for one in SCENARIOS if one.truth is not None}
    assert all(one != other for one, other in pairwise(played))


def test_former_drills_are_listed_newest_first_and_begin_none(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    assert stage.run("--list") == 0
    assert "no drill has come to its end yet" in capsys.readouterr().out
    stage.run("--scenario", "gc-surge", "--seed", "5")
    stage.run("--scenario", "slow-start", "--seed", "6")
    capsys.readouterr()
    assert stage.run("--list") == 0
    head, *rows = capsys.readouterr().out.splitlines()
    assert head.split()[:2] == ["began", "scenario"]
    assert [row.split()[2:4] for row in rows] == [["slow-start", "6"], ["gc-surge", "5"]]
    assert len(stage.practised) == 2


def test_drills_are_no_incidents_unless_asked_for(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    stage.run("--scenario", "gc-surge")
    capsys.readouterr()
    main(["incident", "list"])
    assert "something fails" not in capsys.readouterr().out
    main(["incident", "list", "--drills"])
    assert "something fails" in capsys.readouterr().out


def test_a_drill_can_be_written_up(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    stage.run("--scenario", "gc-surge")
    incident = next(word for word in capsys.readouterr().out.split() if word.startswith("inc-"))
    assert main(["incident", "export", incident, "--output", "-"]) == 0
    out = capsys.readouterr().out
    assert "This was a drill." in out
    assert "it was gc-surge" in out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--scenario", "healthy"), "nothing breaks in healthy"),
        (("--scenario", "gc-surg"), "gc-surge"),
        (("--seed", "-1"), "--seed"),
    ],
)
def test_what_can_not_be_drilled_is_said(
    stage: Stage, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], said: str
) -> None:
    assert stage.run(*words) == 2
    assert said in capsys.readouterr().err
    assert not stage.practised
