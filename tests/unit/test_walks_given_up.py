"""A walk that nobody goes on with: told in the timeline, and not offered again."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from opsconsole.cli.entry import main
from opsconsole.clock import SystemClock
from opsconsole.config.settings import ClusterSettings, Settings
from opsconsole.domain.event_words import EventGroup, group_of, told
from opsconsole.domain.incident import IncidentSeverity
from opsconsole.domain.incident_event import WalkBegun, WalkGivenUp, WalkStepped
from opsconsole.domain.text import SafeText
from opsconsole.domain.walk import StepKind, StepOutcome, StepResult
from opsconsole.incidents.folding import walks
from opsconsole.record_keeping import late_records
from opsconsole.runbooks.protocols import WalkError
from walk_stage import WalkStage


@pytest.fixture
async def stage(tmp_path: Path) -> WalkStage:
    stage = WalkStage(tmp_path)
    await stage.open_incident()
    return stage


async def test_it_is_told_with_its_reason_and_not_offered_again(stage: WalkStage) -> None:
    stage.told.metrics.instant_values = ()
    walker = await stage.begun()
    await walker.close()
    (walk,) = await stage.again().unfinished()
    await stage.again().give_up(walk, "  it was\nthe network ")
    assert await stage.again().unfinished() == ()
    assert (stage.recorded.over, stage.recorded.given_up) == (True, "it was the network")
    (event,) = [one.what for one in stage.records.store.written if isinstance(one.what, WalkGivenUp)]
    assert told(event) == f"{walk.title} given up: it was the network"
    assert group_of(event) is EventGroup.RUNBOOK


async def test_it_may_be_given_up_without_its_file_and_twice_and_begun_anew(stage: WalkStage) -> None:
    stage.told.metrics.instant_values = ()
    await (await stage.begun()).close()
    (walk,) = await stage.again().unfinished()
    text = stage.path.read_text()
    stage.path.unlink()
    for reason in ("gone", "again"):
        await stage.again().give_up(walk, reason)
    assert stage.recorded.given_up == "gone"
    stage.path.write_text(text)
    await stage.clock.advance(5)
    anew = await stage.begun()
    await anew.close()
    assert [one.id for one in await stage.again().unfinished()] == [anew.walk.id]


async def test_without_a_reason_it_goes_on(stage: WalkStage) -> None:
    stage.told.metrics.instant_values = ()
    await (await stage.begun()).close()
    (walk,) = await stage.again().unfinished()
    with pytest.raises(WalkError, match="say why"):
        await stage.again().give_up(walk, " ")
    assert await stage.again().unfinished() == (walk,)


async def test_a_step_that_another_console_made_meanwhile_leads_nowhere(stage: WalkStage) -> None:
    stage.told.metrics.instant_values = ()
    walker = await stage.begun()
    await stage.again().give_up(walker.walk, "no use")
    await stage.clock.advance(5)
    await walker.skip(SafeText("I know it"))
    assert (stage.recorded.position, stage.recorded.results[-1].outcome) == (None, StepOutcome.SKIPPED)
    await walker.close()


# -- by command ------------------------------------------------------------------------------------


@pytest.fixture
def configured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("OPSCONSOLE_CONFIG", str(tmp_path / "config.toml"))
    (tmp_path / "config.toml").write_text('[clusters.prod]\nkubernetes = "http://k:1"\n')


async def left(*runbooks: str) -> str:
    """An incident that is worked on, with a walk of each that was left at its second step."""
    late = late_records(Settings(ClusterSettings("prod")), SystemClock())
    book = (await late()).book
    incident = await book.open([], title=SafeText("trouble"), severity=IncidentSeverity.P2)
    for name in runbooks:
        await book.write(WalkBegun(f"walk-{name}", SafeText(name), SafeText(name.title()), "00", f"/r/{name}.md"))
        result = StepResult(
            number=1, title=SafeText("Look"), kind=StepKind.NOTE, outcome=StepOutcome.DONE, at=SystemClock().now()
        )
        await book.write(WalkStepped(f"walk-{name}", result, 2))
    await late.close()
    return incident.id


async def given_up(incident: str) -> dict[str, str]:
    late = late_records(Settings(ClusterSettings("prod")), SystemClock())
    found = walks(await (await late()).store.events(incident))
    await late.close()
    return {str(one.runbook): str(one.given_up) for one in found}


@pytest.mark.usefixtures("configured")
def test_the_command_gives_up_the_one_there_is_and_asks_which_of_several(capsys: pytest.CaptureFixture[str]) -> None:
    incident = asyncio.run(left("gc", "net"))
    command = ["runbook", "give-up", "--cluster", "prod", "--reason", "no use"]
    assert main(command) == 1
    assert "has 2 walks that were left; name one of net, gc" in capsys.readouterr().err
    assert main([*command, "gc"]) == 0
    assert f"Gc at step 2 is given up, in {incident}" in capsys.readouterr().out
    assert asyncio.run(given_up(incident)) == {"gc": "no use", "net": ""}
    assert main([*command, "--incident", incident]) == 0
    assert main(command) == 1
    assert "has no walk that was left" in capsys.readouterr().err
